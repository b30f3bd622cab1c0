package disk

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
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
	err := s.db.View(func(txn engine.Txn) error {
		v, held, err := getBatch(txn, c)
		if err != nil || !held {
			return err
		}
		ok = true
		r, err = getRecord(txn, &v)
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

// getBatch returns what is kept of a batch beside its body.
func getBatch(txn engine.Txn, c cid.Cid) (layout.Batch, bool, error) {
	b, ok, err := txn.Get(layout.BatchKey(c))
	if err != nil || !ok {
		return layout.Batch{}, false, err
	}
	v, err := layout.DecodeBatch(c, b)
	return v, err == nil, err
}

// getBody returns a body, which must be as it was written.
func getBody(txn engine.Txn, c cid.Cid, want layout.Extent) ([]byte, error) {
	body, ok, err := txn.GetLarge(layout.BodyKey(c))
	if err != nil {
		return nil, err
	}
	if !ok || layout.ExtentOf(body) != want {
		return nil, damage.Errorf("batch %s: the body of %d bytes does not have its checksum", c, want.Size)
	}
	return body, nil
}

// getRecord adds the body to what is kept beside it.
func getRecord(txn engine.Txn, v *layout.Batch) (feed.Record, error) {
	body, err := getBody(txn, v.Tip.CID, v.Body)
	if err != nil {
		return feed.Record{}, err
	}
	return v.Record(body), nil
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
	for n := layout.Beyond(gaps, cursor+1); n <= head; n = layout.Beyond(gaps, n+1) {
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

// arrival is the batch behind one number, as far as it could be read.
type arrival struct {
	batch  cid.Cid
	value  layout.Batch
	record feed.Record
	served bool // neither in quarantine nor arrived anew
}

// arrived reads what arrived as number n, which lies in no gap.
func (s *Store) arrived(n uint64) (arrival, error) {
	var a arrival
	err := s.db.View(func(txn engine.Txn) error {
		var err error
		a, err = s.arrivedIn(txn, n)
		return err
	})
	return a, err
}

func (s *Store) arrivedIn(txn engine.Txn, n uint64) (arrival, error) {
	var a arrival
	id, ok, err := txn.Get(layout.ArrivalKey(n))
	if err != nil {
		return a, err
	}
	if !ok {
		return a, damage.Errorf("arrival %d is missing: a table of the database is damaged: run scrub", n)
	}
	if a.batch, err = taxonomy.CIDFromBytes(id); err != nil {
		return a, damage.Errorf("arrival %d names no batch", n)
	}
	if a.value, ok, err = getBatch(txn, a.batch); err != nil {
		return a, err
	}
	if !ok {
		return a, damage.Errorf("batch %s: what is kept beside its body is missing", a.batch)
	}
	if a.value.Arrival != n || s.isQuarantined(a.batch) {
		return a, nil
	}
	if a.record, err = getRecord(txn, &a.value); err != nil {
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
	err := s.db.Write(len(cause.Error()), func() error { return s.isolate(c, n, cause.Error()) })
	if err != nil {
		s.log.Warn("the quarantine could not be written", "batch", c, "error", err)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.quarantine[c] = layout.Quarantine{Arrival: n, Reason: cause.Error()}
	}
}

// isolate writes a quarantine. The caller is the writer.
func (s *Store) isolate(c cid.Cid, n uint64, reason string) error {
	q := layout.Quarantine{Arrival: n, Reason: reason}
	err := s.db.Commit(func(txn engine.Txn) error {
		return txn.Set(layout.QuarantineKey(c), q.Encode())
	})
	if err != nil {
		return err
	}
	if err := s.db.Settle(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quarantine[c] = q
	return nil
}

// Quarantine stops serving a batch that is held: Has, Batch and Since leave it
// out, so that it can be fetched again, and Append replaces it.
func (s *Store) Quarantine(c cid.Cid, reason string) error {
	if reason == "" {
		return fmt.Errorf("disk: quarantine %s: a reason is needed", c)
	}
	return s.db.Write(len(reason), func() error {
		var v layout.Batch
		var ok bool
		err := s.db.Read(func(txn engine.Txn) error {
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
		return s.isolate(c, v.Arrival, reason)
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
		return cmp.Or(cmp.Compare(s.quarantine[a].Arrival, s.quarantine[b].Arrival), bytes.Compare(a.Bytes(), b.Bytes()))
	})
	out := make([]feed.Quarantined, len(batches))
	for i, c := range batches {
		out[i] = feed.Quarantined{Batch: c, Reason: s.quarantine[c].Reason}
	}
	return out, nil
}
