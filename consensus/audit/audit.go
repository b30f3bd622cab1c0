package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Ledger is the ledger that is held.
type Ledger interface {
	ledger.Source
	// Checkpoint returns the newest checkpoint that was kept, nil for none.
	Checkpoint() []byte
}

// Feeds are the feeds that are held.
type Feeds interface {
	view.Source
	// Header returns the signed header at a place of a feed.
	Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error)
	Tips() ([]feed.Head, error)
	Forks() ([]feed.ForkProof, error)
	Quarantined() ([]feed.Quarantined, error)
}

// Config is what is gone through.
type Config struct {
	Genesis *charter.Genesis
	Ledger  Ledger
	Feeds   Feeds
	// Progress hears how far it is, one call at a time, some thousand in all; nil: nobody.
	Progress func(Phase, uint64, uint64)
}

// Phase is what is gone through.
type Phase uint8

// The phases, in their order.
const (
	Reading     Phase = 1 // feeds and ledger: batches and entries
	Recomputing Phase = 2 // list roots: anchors
)

// Report is what was gone through, and what was found.
type Report struct {
	Federation cid.Cid

	Size   uint64      // of the ledger by its kept checkpoint; 1 where the genesis alone is held
	Root   merkle.Hash // zero without a checkpoint
	Judged uint64      // entries that were judged: less than Size, or 1, where something ended that before

	Motions, Votes, Ticks, Settlements int
	Ratified                           uint64 // entries
	OpeningsErased                     uint64 // of all kinds of items

	Cosigned           []string // members in force that cosigned the kept checkpoint
	Quorum, Regulators int
	Fresh              int64 // Unix seconds since when the checkpoint is known to stand; 0: it is not certified

	Feeds            int // epochs of issuers
	Batches          uint64
	Statements       uint64
	StatementsErased uint64
	ForkProofs       int

	Anchors  int      // list roots that were to be computed
	Right    int      // of them: the root follows
	Moments  []Moment // the others, by index
	Findings []Finding
	More     int // findings that are not named
}

// Clean reports whether nothing is wrong. Moments that cannot be recomputed are not.
func (r *Report) Clean() bool { return len(r.Findings) == 0 }

// Moment is an anchor whose list root did not come out.
type Moment struct {
	Index           uint64 // of the anchor's entry
	Size            uint64 // of the ledger that it names
	Day             taxonomy.Day
	Root            merkle.Hash // that the anchor names
	NotRecomputable bool        // what may have counted then was erased since; else there is a finding
}

// auditor is one audit on its way.
type auditor struct {
	cfg    Config
	begins *charter.State
	*books
	*folded

	mu     sync.Mutex
	report Report
	done   uint64 // of the phase
	total  uint64
}

// Run goes through all that is held. The error says why it could not: what is wrong with
// what is held is no error but a finding.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	past, entry, err := enact.Begin(cfg.Genesis)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	a := &auditor{cfg: cfg, begins: past.State(), folded: &folded{past: past}, books: &books{}}
	a.report.Federation, a.report.Size, a.report.Judged = past.State().Federation(), 1, 1
	if err := a.openLedger(ctx); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	tips, err := cfg.Feeds.Tips()
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	a.total = a.report.Size
	for _, h := range tips {
		a.total += h.Tip.Sequence + 1
	}
	err = together(ctx, a.readFeeds, a.checkRows, func(ctx context.Context) error { return a.fold(ctx, entry.Data) })
	if err == nil {
		a.judgeFeeds()
		err = a.recompute(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	slices.SortStableFunc(a.report.Findings, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Where, b.Where)) })
	return &a.report, nil
}

// together does several things at once, and none of them any longer once one has failed.
func together(ctx context.Context, all ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var under sync.WaitGroup
	for _, do := range all {
		under.Go(func() {
			if err := do(ctx); err != nil {
				cancel(err)
			}
		})
	}
	under.Wait()
	return context.Cause(ctx)
}

// told is how often in a phase progress is told, about.
const told = 1000

// went notes that so much more was gone through.
func (a *auditor) went(p Phase, n uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.done
	a.done += n
	step := max(a.total/told, 1)
	if a.cfg.Progress != nil && (before/step != a.done/step) {
		a.cfg.Progress(p, min(a.done, a.total), a.total)
	}
}
