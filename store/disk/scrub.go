package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"ringfence/store/checkpoint"
	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/proof"
	"ringfence/store/feed"
	"ringfence/store/ledger"
)

// ScrubReport is what a scrub has read and found.
type ScrubReport struct {
	Batches     uint64             // read, sound or not
	Bytes       int64              // of headers and bodies read
	Tables      int                // of the database verified
	Entries     uint64             // of the ledger verified
	Quarantined []feed.Quarantined // found broken by this scrub
}

// Scrub reads again all that is stored: every table by its checksums, every batch
// as a stranger would, header, signature and each statement's leaf up to the root,
// and the ledger up to the root of the checkpoint that is kept. A broken batch is
// named and put into quarantine; broken tables, and the first row of the ledger that
// is broken, are the error, ErrDamaged, for only a backup or the peers can make up
// for one.
// progress, if not nil, is told the arrivals done and those there were at the
// start. What arrives meanwhile is not read.
func (s *Store) Scrub(ctx context.Context, progress func(done, total uint64)) (ScrubReport, error) {
	var report ScrubReport
	var broken error
	report.Tables, broken = engine.VerifyTables(filepath.Join(s.cfg.Dir, databaseDir))
	s.mu.RLock()
	head, gaps := s.arrivals, s.gaps
	s.mu.RUnlock()
	for n := layout.Beyond(gaps, 1); n <= head; n = layout.Beyond(gaps, n+1) {
		if err := ctx.Err(); err != nil {
			return report, fmt.Errorf("disk: scrub: %w", err)
		}
		if err := s.scrub(n, &report); err != nil {
			return report, fmt.Errorf("disk: scrub: %w", errors.Join(err, broken))
		}
		if progress != nil {
			progress(n, head)
		}
	}
	if broken != nil {
		broken = fmt.Errorf("%w: restore a backup, or start with an empty directory and fetch the feeds anew", broken)
	}
	var err error
	report.Entries, err = s.scrubLedger(ctx)
	if errors.Is(err, ledger.ErrDamaged) || errors.Is(err, fs.ErrNotExist) {
		err = damage.Errorf("the ledger: %w: the peers have it", err)
	}
	if err := errors.Join(broken, err); err != nil {
		return report, fmt.Errorf("disk: scrub: %w", err)
	}
	return report, nil
}

// scrubLedger compares the ledger with the checkpoint that is kept, and returns how
// many entries that covers.
func (s *Store) scrubLedger(ctx context.Context) (uint64, error) {
	note := s.Ledger().Checkpoint()
	if note == nil {
		return 0, nil
	}
	c, err := checkpoint.Peek(note)
	if err != nil {
		return 0, err
	}
	tree, err := ledger.Open(ctx, s.Ledger(), c.Tree)
	if err != nil {
		return 0, err
	}
	return c.Size, ledger.NewReader(tree, s.Ledger()).Check(ctx, 0)
}

func (s *Store) scrub(n uint64, report *ScrubReport) error {
	a, err := s.arrived(n)
	switch {
	case err != nil && (!errors.Is(err, ErrDamaged) || !a.batch.Defined()):
		return err
	case err == nil && !a.served:
		return nil
	case err == nil:
		err = proof.Check(&a.record)
	}
	report.Batches++
	report.Bytes += int64(len(a.value.Header)) + int64(a.value.Body.Size)
	if err != nil {
		s.rotten(a.batch, n, err)
		report.Quarantined = append(report.Quarantined, feed.Quarantined{Batch: a.batch, Reason: err.Error()})
	}
	return nil
}
