package disk

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/taxonomy"
)

// Batch returns a batch that is held and served. One that the disk has changed
// is put into quarantine and counts as not held.
func (s *Store) Batch(c cid.Cid) (feed.Record, bool, error) {
	if s.isQuarantined(c) {
		return feed.Record{}, false, nil
	}
	var r feed.Record
	var ok bool
	err := s.view(func(txn *badger.Txn) error {
		v, held, err := getBatch(txn, c)
		if err != nil || !held {
			return err
		}
		ok = true
		r, err = v.record(txn)
		return err
	})
	if errors.Is(err, ErrDamaged) {
		s.rotten(c, 0, err)
		return feed.Record{}, false, nil
	}
	if err != nil {
		return feed.Record{}, false, fmt.Errorf("disk: read batch %s: %w", c, err)
	}
	return r, ok, nil
}

// record adds the body.
func (v *batchValue) record(txn *badger.Txn) (feed.Record, error) {
	body, err := getBody(txn, v.tip.CID, v.body)
	if err != nil {
		return feed.Record{}, err
	}
	return feed.Record{Issuer: v.issuer, Tip: v.tip, Header: v.header, Body: body}, nil
}

// Since calls fn for the batches that arrived after cursor and before the
// call, in their order of arrival; 0 is before the first. next is the cursor
// that resumes after r. What is in quarantine is left out and arrives anew
// when it is replaced. fn may use the store. A cursor beyond all that ever
// arrived is feed.ErrCursor.
func (s *Store) Since(cursor uint64, fn func(next uint64, r feed.Record) error) error {
	s.mu.RLock()
	head, gaps := s.arrivals, slices.Clone(s.gaps)
	s.mu.RUnlock()
	if cursor > head {
		return fmt.Errorf("disk: cursor %d after %d arrivals: %w", cursor, head, feed.ErrCursor)
	}
	for n := beyond(gaps, cursor+1); n <= head; n = beyond(gaps, n+1) {
		a, err := s.arrived(n)
		if errors.Is(err, ErrDamaged) && a.batch.Defined() {
			s.rotten(a.batch, n, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("disk: read arrival %d: %w", n, err)
		}
		if !a.served {
			continue
		}
		if err := fn(n, a.record); err != nil {
			return err
		}
	}
	return nil
}

// beyond returns n, or the first number after the gap in which n lies.
func beyond(gaps []gap, n uint64) uint64 {
	i, _ := slices.BinarySearchFunc(gaps, n, func(g gap, n uint64) int { return cmp.Compare(g.last, n) })
	if i < len(gaps) && gaps[i].after < n {
		return gaps[i].last + 1
	}
	return n
}

// arrival is the batch behind one number, as far as it could be read.
type arrival struct {
	batch  cid.Cid
	value  batchValue
	record feed.Record
	served bool // neither in quarantine nor arrived anew
}

// arrived reads what arrived as number n, which lies in no gap.
func (s *Store) arrived(n uint64) (arrival, error) {
	var a arrival
	err := s.view(func(txn *badger.Txn) error {
		var err error
		a, err = s.arrivedIn(txn, n)
		return err
	})
	return a, err
}

func (s *Store) arrivedIn(txn *badger.Txn, n uint64) (arrival, error) {
	var a arrival
	id, ok, err := get(txn, arrivalKey(n))
	if err != nil {
		return a, err
	}
	if !ok {
		return a, damaged("arrival %d is missing: a table of the database is damaged: run scrub", n)
	}
	if a.batch, err = taxonomy.CIDFromBytes(id); err != nil {
		return a, damaged("arrival %d names no batch", n)
	}
	if a.value, ok, err = getBatch(txn, a.batch); err != nil {
		return a, err
	}
	if !ok {
		return a, damaged("batch %s: what is kept beside its body is missing", a.batch)
	}
	if a.value.arrival != n || s.isQuarantined(a.batch) {
		return a, nil
	}
	if a.record, err = a.value.record(txn); err != nil {
		return a, err
	}
	a.served = true
	return a, nil
}

// rotten puts aside a batch that was read and found damaged. When that cannot
// be written now, it lasts until the store is closed; the next reader finds
// out again.
func (s *Store) rotten(c cid.Cid, n uint64, cause error) {
	s.log.Error("a stored batch is damaged; it is no longer served and must be fetched again", "batch", c, "error", cause)
	err := s.write(len(cause.Error()), func() error { return s.isolate(c, n, cause.Error()) })
	if err != nil {
		s.log.Warn("the quarantine could not be written", "batch", c, "error", err)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.quarantine[c] = quarantined{n, cause.Error()}
	}
}

// isolate writes a quarantine. The caller is the writer.
func (s *Store) isolate(c cid.Cid, n uint64, reason string) error {
	err := s.commit(func(txn *badger.Txn) error {
		return set(txn, quarantineKey(c), encodeQuarantine(n, reason))
	})
	if err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quarantine[c] = quarantined{n, reason}
	return nil
}

// Quarantine stops serving a batch that is held: Has, Batch and Since leave it
// out, so that it can be fetched again, and Append replaces it.
func (s *Store) Quarantine(c cid.Cid, reason string) error {
	if reason == "" {
		return fmt.Errorf("disk: quarantine %s: a reason is needed", c)
	}
	return s.write(len(reason), func() error {
		var v batchValue
		var ok bool
		err := s.read(func(txn *badger.Txn) error {
			var err error
			v, ok, err = getBatch(txn, c)
			return err
		})
		if err != nil && !errors.Is(err, ErrDamaged) {
			return fmt.Errorf("disk: quarantine %s: %w", c, err)
		}
		if err == nil && !ok {
			return fmt.Errorf("disk: quarantine %s: no such batch is held", c)
		}
		return s.isolate(c, v.arrival, reason)
	})
}

// Quarantined returns the batches that are held and not served, in their order
// of arrival.
func (s *Store) Quarantined() ([]feed.Quarantined, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	batches := make([]cid.Cid, 0, len(s.quarantine))
	for c := range s.quarantine {
		batches = append(batches, c)
	}
	slices.SortFunc(batches, func(a, b cid.Cid) int {
		return cmp.Or(cmp.Compare(s.quarantine[a].arrival, s.quarantine[b].arrival), bytes.Compare(a.Bytes(), b.Bytes()))
	})
	out := make([]feed.Quarantined, len(batches))
	for i, c := range batches {
		out[i] = feed.Quarantined{Batch: c, Reason: s.quarantine[c].reason}
	}
	return out, nil
}
