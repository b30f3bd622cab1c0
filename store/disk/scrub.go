package disk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/proof"
	"ringfence/store/feed"
)

// ScrubReport is what a scrub has read and found.
type ScrubReport struct {
	Batches     uint64             // read, sound or not
	Bytes       int64              // of headers and bodies read
	Tables      int                // of the database verified
	Quarantined []feed.Quarantined // found broken by this scrub
}

// Scrub reads again all that is stored: every table by its checksums, and every
// batch as a stranger would, header, signature and each statement's leaf up to
// the root. A broken batch is named and put into quarantine; broken tables are
// the error, ErrDamaged, for only a backup or the peers can make up for one.
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
		return report, fmt.Errorf("disk: scrub: %w: restore a backup, or start with an empty directory and fetch the feeds anew", broken)
	}
	return report, nil
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
