package main

import (
	"errors"
	"log/slog"
	"strconv"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/store/disk"
)

// scrubbed is what a scrub read and found.
type scrubbed struct {
	OK      bool     `json:"ok"`
	Batches uint64   `json:"batches"`
	Bytes   int64    `json:"bytes"`
	Entries uint64   `json:"entries"` // of the ledger
	Broken  []broken `json:"broken"`
	Damage  string   `json:"damage,omitempty"` // of the database itself, or the ledger
}

// broken is one batch that was put into quarantine.
type broken struct {
	Batch  string `json:"batch"`
	Reason string `json:"reason"`
}

func (a *app) scrubCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "scrub",
		Short: "Read again all that is stored, and name what is broken",
		Long: `Scrub reads every table, every batch and the ledger of the directory as a stranger
would: checksums, hashes, signatures. A broken batch is named and put into quarantine.
The node must not run. It ends with 1 when something is broken.`,
		Example: `  ringfence scrub --dir acme`,
		Args:    slip.Exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.scrub(cmd) },
	}
}

func (a *app) scrub(cmd *cobra.Command) error {
	cfg, err := a.settings(cmd)
	if err != nil {
		return err
	}
	if runs(cfg.Socket) {
		return api.Errorf(api.Refused, "a node runs on %s; stop it before its directory is scrubbed", cfg.Socket)
	}
	n, err := a.open(cfg, asks, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	report, err := n.Store().Scrub(cmd.Context(), nil)
	closed := n.Close()
	s := scrubbed{Batches: report.Batches, Bytes: report.Bytes, Entries: report.Entries, Broken: []broken{}}
	if errors.Is(err, disk.ErrDamaged) {
		s.Damage, err = err.Error(), nil
	}
	if err = errors.Join(err, closed); err != nil {
		return err
	}
	for _, q := range report.Quarantined {
		s.Broken = append(s.Broken, broken{q.Batch.String(), q.Reason})
	}
	s.OK = len(s.Broken) == 0 && s.Damage == ""
	err = answer(a, cmd, s, func(p *show.Page, s scrubbed) {
		for _, b := range s.Broken {
			p.Line(b.Batch + ": " + b.Reason)
		}
		if s.Damage != "" {
			p.Line(s.Damage)
		}
		p.Say("scrubbed", strconv.FormatUint(s.Batches, 10), strconv.Itoa(len(s.Broken)))
	})
	if err == nil && !s.OK {
		return errNo
	}
	return err
}
