// Package memory keeps feeds and the ledger in plain maps: the same promises as store/disk
// but one, that anything is left when the process ends.
//
// Tests and simulations run many nodes in one process and care about what a
// store answers, not where the bytes lie. A second implementation is also what
// keeps the contract honest: store/storetest runs the same suite against both,
// so what the one does by accident the other need not copy.
//
// Floor 6. It refuses nothing that store/disk accepts, and it never calls
// anything durable that is not: a backup of it is one of the moment.
package memory

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Store keeps everything in maps. Make one with New. It is safe for concurrent
// use.
type Store struct {
	mu       sync.RWMutex
	batches  map[cid.Cid]*batch
	arrivals []cid.Cid // number n at n-1; undefined once the batch arrived anew
	places   map[place]cid.Cid
	tips     map[lane]feed.Tip
	latest   map[keys.Public]uint64 // highest epoch held
	forks    map[lane]feed.ForkProof
	signers  map[keys.Public]*signer
	named    map[string]map[string][]byte

	ledger Ledger // guards itself
}

type lane struct {
	issuer keys.Public
	epoch  uint64
}

type place struct {
	lane
	sequence uint64
}

type batch struct {
	record     feed.Record
	arrival    uint64
	quarantine string
}

type signer struct {
	highest  feed.Tip
	reserved []feed.Reservation // in the order of their places
	bar      feed.Bar
}

// New returns an empty store.
func New() *Store {
	return &Store{
		batches: make(map[cid.Cid]*batch),
		places:  make(map[place]cid.Cid),
		tips:    make(map[lane]feed.Tip),
		latest:  make(map[keys.Public]uint64),
		forks:   make(map[lane]feed.ForkProof),
		signers: make(map[keys.Public]*signer),
		named:   make(map[string]map[string][]byte),
	}
}

// Tip returns the last batch held of an epoch.
func (s *Store) Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tip, ok := s.tips[lane{issuer, epoch}]
	return tip, ok, nil
}

// Latest returns the last batch held of the issuer's highest epoch.
func (s *Store) Latest(issuer keys.Public) (feed.Tip, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tip, ok := s.head(issuer)
	return tip, ok, nil
}

func (s *Store) head(issuer keys.Public) (feed.Tip, bool) {
	epoch, ok := s.latest[issuer]
	return s.tips[lane{issuer, epoch}], ok
}

// Tips returns the head of every epoch held, by issuer and epoch.
func (s *Store) Tips() ([]feed.Head, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	heads := make([]feed.Head, 0, len(s.tips))
	for l, tip := range s.tips {
		heads = append(heads, feed.Head{Issuer: l.issuer, Tip: tip})
	}
	slices.SortFunc(heads, func(a, b feed.Head) int {
		return lane{a.Issuer, a.Tip.Epoch}.compare(lane{b.Issuer, b.Tip.Epoch})
	})
	return heads, nil
}

func (l lane) compare(o lane) int {
	if c := bytes.Compare(l.issuer[:], o.issuer[:]); c != 0 {
		return c
	}
	switch {
	case l.epoch < o.epoch:
		return -1
	case l.epoch > o.epoch:
		return 1
	}
	return 0
}

// Header returns the signed header at a place.
func (s *Store) Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.places[place{lane{issuer, epoch}, sequence}]
	if !ok {
		return nil, false, nil
	}
	return bytes.Clone(s.batches[c].record.Header), true, nil
}

// Has reports whether the batch is held and served.
func (s *Store) Has(c cid.Cid) (bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.served(c) != nil, nil
}

func (s *Store) served(c cid.Cid) *batch {
	if b := s.batches[c]; b != nil && b.quarantine == "" {
		return b
	}
	return nil
}

// Append keeps records in their order.
func (s *Store) Append(records []feed.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range records {
		if err := s.append(&records[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) append(r *feed.Record) error {
	if !r.Tip.CID.Defined() || len(r.Header) == 0 || len(r.Body) == 0 {
		return fmt.Errorf("memory: append %d/%d of %s: a record needs a CID, a header and a body", r.Tip.Epoch, r.Tip.Sequence, r.Issuer.Short())
	}
	if s.served(r.Tip.CID) != nil {
		return nil
	}
	l := lane{r.Issuer, r.Tip.Epoch}
	old := s.batches[r.Tip.CID]
	if old == nil || !s.placed(r.Issuer, r.Tip) {
		if err := s.advance(l, r.Tip); err != nil {
			return err
		}
	}
	if old != nil {
		s.arrivals[old.arrival-1] = cid.Undef
	}
	s.arrivals = append(s.arrivals, r.Tip.CID)
	s.batches[r.Tip.CID] = &batch{record: clone(*r), arrival: uint64(len(s.arrivals))}
	s.places[place{l, r.Tip.Sequence}] = r.Tip.CID
	s.settle(r)
	return nil
}

func (s *Store) advance(l lane, tip feed.Tip) error {
	want := uint64(0)
	if held, ok := s.tips[l]; ok {
		want = held.Sequence + 1
	}
	if tip.Sequence != want {
		return fmt.Errorf("memory: append %d/%d of %s: the next in the feed is %d", tip.Epoch, tip.Sequence, l.issuer.Short(), want)
	}
	s.tips[l] = tip
	s.latest[l.issuer] = max(s.latest[l.issuer], l.epoch)
	return nil
}

// Rewind makes the feed of an epoch end before a sequence; the batches beyond it have no
// place any more, but are read by their CIDs and by Since, as before.
func (s *Store) Rewind(issuer keys.Public, epoch, sequence uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := lane{issuer, epoch}
	for tip, held := s.tips[l]; held && tip.Sequence >= sequence; tip, held = s.tips[l] {
		delete(s.places, place{l, tip.Sequence})
		if tip.Sequence > 0 {
			s.tips[l] = s.batches[s.places[place{l, tip.Sequence - 1}]].record.Tip
			continue
		}
		delete(s.tips, l)
		delete(s.latest, issuer)
		for other := range s.tips {
			if other.issuer == issuer {
				s.latest[issuer] = max(s.latest[issuer], other.epoch)
			}
		}
	}
	return nil
}

// settle removes the reservation that became the record.
func (s *Store) settle(r *feed.Record) {
	if own := s.signers[r.Issuer]; own != nil {
		own.reserved = slices.DeleteFunc(own.reserved, func(d feed.Reservation) bool { return d.Tip.CID == r.Tip.CID })
	}
}

func clone(r feed.Record) feed.Record {
	r.Header, r.Body = bytes.Clone(r.Header), bytes.Clone(r.Body)
	return r
}

// Batch returns a batch that is held and served.
func (s *Store) Batch(c cid.Cid) (feed.Record, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.served(c)
	if b == nil {
		return feed.Record{}, false, nil
	}
	return clone(b.record), true, nil
}

// Since calls fn for the batches that arrived after cursor.
func (s *Store) Since(cursor uint64, fn func(next uint64, r feed.Record) error) error {
	s.mu.RLock()
	head := uint64(len(s.arrivals))
	s.mu.RUnlock()
	if cursor > head {
		return fmt.Errorf("memory: cursor %d after %d arrivals: %w", cursor, head, feed.ErrCursor)
	}
	for n := cursor + 1; n <= head; n++ {
		s.mu.RLock()
		b := s.served(s.arrivals[n-1])
		s.mu.RUnlock()
		if b == nil {
			continue
		}
		if err := fn(n, clone(b.record)); err != nil {
			return err
		}
	}
	return nil
}

// Quarantine stops serving a batch.
func (s *Store) Quarantine(c cid.Cid, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.batches[c]
	if b == nil {
		return fmt.Errorf("memory: quarantine %s: no such batch is held", c)
	}
	if reason == "" {
		return fmt.Errorf("memory: quarantine %s: a reason is needed", c)
	}
	// Readers may hold the old value, so it is replaced and not changed.
	changed := *b
	changed.quarantine = reason
	s.batches[c] = &changed
	return nil
}

// Quarantined returns the batches that are held and not served, in their order
// of arrival.
func (s *Store) Quarantined() ([]feed.Quarantined, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []feed.Quarantined
	for _, c := range s.arrivals {
		if b := s.batches[c]; b != nil && b.quarantine != "" {
			out = append(out, feed.Quarantined{Batch: c, Reason: b.quarantine})
		}
	}
	return out, nil
}

// Put keeps a named value.
func (s *Store) Put(space, key string, value []byte) error {
	if space == "" || key == "" {
		return fmt.Errorf("memory: put %q/%q: space and key need a name", space, key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.named[space] == nil {
		s.named[space] = make(map[string][]byte)
	}
	s.named[space][key] = append([]byte{}, value...)
	return nil
}

// Get returns a named value.
func (s *Store) Get(space, key string) ([]byte, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	value, ok := s.named[space][key]
	return bytes.Clone(value), ok, nil
}

// List calls fn for the values of a space in the order of their keys.
func (s *Store) List(space string, fn func(key string, value []byte) error) error {
	s.mu.RLock()
	values := maps.Clone(s.named[space])
	s.mu.RUnlock()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := fn(key, bytes.Clone(values[key])); err != nil {
			return err
		}
	}
	return nil
}

// Delete forgets a named value, if it is held.
func (s *Store) Delete(space, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.named[space], key)
	return nil
}

// Close does nothing: there is nothing to let go.
func (s *Store) Close() error { return nil }
