// Package auditor has everything that a node holds judged anew from the genesis, and tells
// what was found in words and fields.
//
// What is judged, and how, is consensus/audit's. It reads the store as it is at the moment:
// a node that runs goes on meanwhile, and what comes after the audit began is none of its
// business.
//
// Floor 10.
package auditor

import (
	"context"
	"sync/atomic"
	"time"

	"ringfence/consensus/audit"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Auditor audits what a running node holds, for one who asks at a time: an audit takes a
// processor and the memory of a list.
type Auditor struct{ busy atomic.Bool }

// Audit is Run, or api.Unavailable while another one is on its way.
func (a *Auditor) Audit(ctx context.Context, cfg audit.Config, name string) (api.Audit, error) {
	if !a.busy.CompareAndSwap(false, true) {
		return api.Audit{}, api.Tell(api.Unavailable, phrase.New("audit.busy", "this node is being audited already; ask again when that is done"))
	}
	defer a.busy.Store(false)
	feeds, err := newBegun(cfg.Feeds)
	if err != nil {
		return api.Audit{}, err
	}
	cfg.Feeds = feeds
	return Run(ctx, cfg, name)
}

// Run audits what is held of the federation of that name. The error says why it could not:
// what is wrong with what is held is no error but told.
func Run(ctx context.Context, cfg audit.Config, name string) (api.Audit, error) {
	began := time.Now()
	report, err := audit.Run(ctx, cfg)
	if err != nil {
		return api.Audit{}, err
	}
	told := tell(report, name)
	told.Seconds = int64(time.Since(began).Round(time.Second) / time.Second)
	return told, nil
}

// tell puts a report into the fields that people and programs read.
func tell(r *audit.Report, name string) api.Audit {
	t := api.Audit{
		OK: r.Clean(), Federation: r.Federation.String(), Name: name,
		LedgerSize: r.Size, Judged: r.Judged, Motions: r.Motions, Votes: r.Votes, Ticks: r.Ticks, Settlements: r.Settlements,
		Ratified: r.Ratified, OpeningsErased: r.OpeningsErased,
		Cosigners: r.Cosigned, Quorum: r.Quorum, Regulators: r.Regulators,
		Feeds: r.Feeds, Batches: r.Batches, Statements: r.Statements, StatementsErased: r.StatementsErased, ForkProofs: r.ForkProofs,
		Anchors: r.Anchors, Right: r.Right, NotRecomputable: []api.AuditMoment{}, Findings: []api.AuditFinding{}, More: r.More,
	}
	if r.Size > 1 {
		t.LedgerRoot = r.Root.String()
	}
	if r.Fresh != 0 {
		t.Certified = time.Unix(r.Fresh, 0).UTC().Format(time.RFC3339)
	}
	for _, m := range r.Moments {
		if m.NotRecomputable {
			t.NotRecomputable = append(t.NotRecomputable, api.AuditMoment{Index: m.Index, Size: m.Size, Day: m.Day.String(), Root: m.Root.String()})
		}
	}
	for _, f := range r.Findings {
		t.Findings = append(t.Findings, Told(f))
	}
	return t
}

// Told is a finding in words, with what to do.
func Told(f audit.Finding) api.AuditFinding {
	return api.AuditFinding{Code: f.Code.String(), Where: f.Where, What: what(f), Detail: f.Why, Do: remedy(f.Code)}
}
