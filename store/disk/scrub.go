package disk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
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
	report.Tables, broken = verifyTables(filepath.Join(s.cfg.Dir, databaseDir))
	s.mu.RLock()
	head, gaps := s.arrivals, s.gaps
	s.mu.RUnlock()
	for n := beyond(gaps, 1); n <= head; n = beyond(gaps, n+1) {
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
	if err != nil && (!errors.Is(err, ErrDamaged) || !a.batch.Defined()) {
		return err
	}
	if err == nil {
		if !a.served {
			return nil
		}
		err = verifyRecord(&a.record)
	}
	report.Batches++
	report.Bytes += int64(len(a.value.header)) + int64(a.value.body.size)
	if err != nil {
		s.rotten(a.batch, n, err)
		report.Quarantined = append(report.Quarantined, feed.Quarantined{Batch: a.batch, Reason: err.Error()})
	}
	return nil
}

// verifyRecord checks that a record proves itself: the header is canonical, of
// its place and signed by its issuer, and the body's leaves give its root.
func verifyRecord(r *feed.Record) error {
	signed, err := assertion.DecodeSignedHeader(r.Header)
	if err != nil {
		return damaged("batch %s: %v", r.Tip.CID, err)
	}
	header, err := assertion.DecodeHeader(signed.Header)
	if err != nil {
		return damaged("batch %s: %v", r.Tip.CID, err)
	}
	switch tip := (feed.Tip{Epoch: header.Epoch, Sequence: header.Sequence, CID: assertion.CID(signed.Header), Time: header.Time}); {
	case tip != r.Tip || header.Issuer != r.Issuer:
		return damaged("batch %s: the header is of another place", r.Tip.CID)
	case !header.Issuer.Verify(keys.DomainBatch, signed.Header, signed.Signature):
		return damaged("batch %s: the signature does not fit", r.Tip.CID)
	}
	return verifyBody(r.Tip.CID, &header, r.Body)
}

func verifyBody(c cid.Cid, header *assertion.Header, body []byte) error {
	slots, err := assertion.DecodeSlots(body)
	if err != nil {
		return damaged("batch %s: %v", c, err)
	}
	if len(slots) != header.Count {
		return damaged("batch %s: %d statements, the header says %d", c, len(slots), header.Count)
	}
	if merkle.Root(assertion.Leaves(slots)) != header.Root {
		return damaged("batch %s: the statements do not give the header's root", c)
	}
	return nil
}
