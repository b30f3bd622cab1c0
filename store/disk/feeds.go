package disk

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// Tip returns the last batch held of an epoch.
func (s *Store) Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tip, ok := s.heads[issuer][epoch]
	return tip, ok, nil
}

// Latest returns the last batch held of the issuer's highest epoch.
func (s *Store) Latest(issuer keys.Public) (feed.Tip, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tip, ok := s.heads.latest(issuer)
	return tip, ok, nil
}

// Tips returns the head of every epoch held, by issuer and epoch.
func (s *Store) Tips() ([]feed.Head, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []feed.Head
	for _, issuer := range sortedIssuers(maps.Keys(s.heads)) {
		for _, epoch := range slices.Sorted(maps.Keys(s.heads[issuer])) {
			out = append(out, feed.Head{Issuer: issuer, Tip: s.heads[issuer][epoch]})
		}
	}
	return out, nil
}

// Header returns the signed header at a place of a feed.
func (s *Store) Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error) {
	var header []byte
	err := s.view(func(txn *badger.Txn) error {
		id, ok, err := get(txn, placeKey(lane{issuer, epoch}, sequence))
		if err != nil || !ok {
			return err
		}
		c, err := taxonomy.CIDFromBytes(id)
		if err != nil {
			return damaged("place %d/%d of %s: %v", epoch, sequence, issuer.Short(), err)
		}
		v, ok, err := getBatch(txn, c)
		if err == nil && !ok {
			err = damaged("batch %s: what is kept beside its body is missing", c)
		}
		header = v.header
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("disk: header %d/%d of %s: %w", epoch, sequence, issuer.Short(), err)
	}
	return header, header != nil, nil
}

// Has reports whether a batch is held and served.
func (s *Store) Has(c cid.Cid) (bool, error) {
	if s.isQuarantined(c) {
		return false, nil
	}
	var ok bool
	err := s.view(func(txn *badger.Txn) error {
		var err error
		_, ok, err = get(txn, batchKey(c))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("disk: look for batch %s: %w", c, err)
	}
	return ok, nil
}

func (s *Store) isQuarantined(c cid.Cid) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.quarantine[c]
	return ok
}

// Append keeps records in their order, each with its body and its place or not
// at all; when it returns they are durable, with one barrier for all of them.
// A batch that is held already is passed over, a quarantined one is replaced
// and arrives anew. Each other record must be the next of its feed. On an
// error the records before the failing one are kept.
func (s *Store) Append(records []feed.Record) error {
	size := 0
	for i := range records {
		size += len(records[i].Header) + len(records[i].Body)
	}
	return s.write(size, func() error {
		a := s.appending()
		var refused error
		for rest := records; len(rest) > 0 && refused == nil; {
			n := chunk(len(rest), func(i int) int { return len(rest[i].Body) })
			err := s.commit(func(txn *badger.Txn) error {
				for i := 0; i < n && refused == nil; i++ {
					var err error
					if refused, err = a.add(txn, &rest[i]); err != nil {
						return s.fail(fmt.Errorf("disk: append: %w", err))
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
		if err := a.finish(); err != nil {
			return err
		}
		return refused
	})
}

// chunk returns how many of n records or reservations one transaction takes.
func chunk(n int, size func(i int) int) int {
	total := 0
	for i := range min(n, chunkRecords) {
		if total += size(i); total > valueChunk && i > 0 {
			return i
		}
	}
	return min(n, chunkRecords)
}

// appending is what one call of Append has committed and not yet published.
type appending struct {
	s        *Store
	arrivals uint64
	tips     map[lane]feed.Tip
	added    map[cid.Cid]bool
}

func (s *Store) appending() *appending {
	return &appending{s: s, arrivals: s.arrivals, tips: make(map[lane]feed.Tip), added: make(map[cid.Cid]bool)}
}

// add sets the keys of one record, or none and says why. The caller is the
// writer, so what it reads of the store does not change meanwhile.
func (a *appending) add(txn *badger.Txn, r *feed.Record) (refused, err error) {
	refuse := func(err error) error {
		return fmt.Errorf("disk: append %d/%d of %s: %w", r.Tip.Epoch, r.Tip.Sequence, r.Issuer.Short(), err)
	}
	if err := checkRecord(r); err != nil {
		return refuse(err), nil
	}
	replaced := a.s.isQuarantined(r.Tip.CID) && !a.added[r.Tip.CID]
	_, held, err := get(txn, batchKey(r.Tip.CID))
	if err != nil && !replaced {
		return refuse(err), nil
	}
	if held && !replaced {
		return nil, nil
	}
	l := lane{r.Issuer, r.Tip.Epoch}
	if !replaced {
		if err := a.expect(l, r.Tip); err != nil {
			return refuse(err), nil
		}
		a.tips[l] = r.Tip
	}
	v := batchValue{arrival: a.arrivals + 1, issuer: r.Issuer, tip: r.Tip, body: extentOf(r.Body), header: r.Header}
	reserved, ok, err := a.reservation(txn, &v)
	if err != nil {
		return refuse(err), nil
	}
	if ok {
		if err := txn.Delete(reservationKey(v.issuer, v.tip)); err != nil {
			return nil, err
		}
	}
	a.arrivals++
	a.added[r.Tip.CID] = true
	if replaced || !ok || reserved != v.body {
		if err := txn.Set(bodyKey(r.Tip.CID), r.Body); err != nil {
			return nil, err
		}
	}
	return nil, a.set(txn, &v, replaced)
}

func checkRecord(r *feed.Record) error {
	switch {
	case !r.Tip.CID.Defined() || len(r.Header) == 0 || len(r.Body) == 0:
		return errors.New("a record needs a CID, a header and a body")
	case len(r.Header) > assertion.MaxSignedHeader || len(r.Body) > assertion.MaxSlots:
		return fmt.Errorf("a header of %d bytes and a body of %d; the most is %d and %d",
			len(r.Header), len(r.Body), assertion.MaxSignedHeader, assertion.MaxSlots)
	}
	return nil
}

func (a *appending) expect(l lane, t feed.Tip) error {
	held, ok := a.tips[l]
	if !ok {
		held, ok = a.s.heads[l.issuer][l.epoch]
	}
	want := uint64(0)
	if ok {
		want = held.Sequence + 1
	}
	if t.Sequence != want {
		return fmt.Errorf("the next in the feed is %d", want)
	}
	return nil
}

func (a *appending) set(txn *badger.Txn, v *batchValue, replaced bool) error {
	id := v.tip.CID
	last := func() error { return set(txn, tipKey(v.lane()), encodeTip(v.tip)) }
	if replaced {
		last = func() error { return txn.Delete(quarantineKey(id)) }
	}
	return errors.Join(
		set(txn, batchKey(id), v.encode()),
		set(txn, arrivalKey(v.arrival), id.Bytes()),
		set(txn, placeKey(v.lane(), v.tip.Sequence), id.Bytes()),
		last(),
	)
}

// reservation returns the extent of the body that was written when the batch
// was reserved, and whether it was.
func (a *appending) reservation(txn *badger.Txn, v *batchValue) (extent, bool, error) {
	if _, own := a.s.signers[v.issuer]; !own {
		return extent{}, false, nil
	}
	b, ok, err := get(txn, reservationKey(v.issuer, v.tip))
	if err != nil || !ok {
		return extent{}, false, err
	}
	r, err := decodeReservation(v.tip.Epoch, v.tip.Sequence, b)
	return r.body, err == nil && r.tip.CID.Equals(v.tip.CID), err
}

// finish makes durable and then visible what was committed.
func (a *appending) finish() error {
	s := a.s
	if a.arrivals == s.arrivals {
		return nil
	}
	if err := s.settle(); err != nil {
		return err
	}
	next := s.promises.now
	next.arrivals = a.arrivals
	if err := s.promise(next); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals = a.arrivals
	for l, t := range a.tips {
		s.heads.put(l.issuer, t)
	}
	for c := range a.added {
		delete(s.quarantine, c)
	}
	return nil
}

// PutFork keeps a fork proof, unless a lower one of that epoch is kept.
func (s *Store) PutFork(p feed.ForkProof) error {
	if p.IsZero() {
		return fmt.Errorf("disk: keep a fork proof: it is empty")
	}
	key := forkKey(lane{p.Issuer(), p.Epoch()})
	return s.write(feed.MaxForkProof, func() error {
		err := s.commit(func(txn *badger.Txn) error {
			held, _, err := getFork(txn, key)
			if err != nil {
				return err
			}
			return set(txn, key, feed.Lower(p, held).Bytes())
		})
		if err != nil {
			return fmt.Errorf("disk: keep a fork proof of %s: %w", p.Issuer().Short(), err)
		}
		return s.settle()
	})
}

func getFork(txn *badger.Txn, key []byte) (feed.ForkProof, bool, error) {
	b, ok, err := get(txn, key)
	if err != nil || !ok {
		return feed.ForkProof{}, false, err
	}
	p, err := feed.ParseForkProof(b)
	if err != nil {
		return feed.ForkProof{}, false, damaged("a fork proof: %v", err)
	}
	return p, true, nil
}

// Fork returns the lowest fork proof known of an epoch.
func (s *Store) Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error) {
	var p feed.ForkProof
	var ok bool
	err := s.view(func(txn *badger.Txn) error {
		var err error
		p, ok, err = getFork(txn, forkKey(lane{issuer, epoch}))
		return err
	})
	if err != nil {
		return feed.ForkProof{}, false, fmt.Errorf("disk: fork proof of %s, epoch %d: %w", issuer.Short(), epoch, err)
	}
	return p, ok, nil
}

// Forks returns every fork proof, by issuer and epoch.
func (s *Store) Forks() ([]feed.ForkProof, error) {
	var out []feed.ForkProof
	err := s.view(func(txn *badger.Txn) error {
		return eachFork(txn, func(p feed.ForkProof) error { out = append(out, p); return nil })
	})
	if err != nil {
		return nil, fmt.Errorf("disk: fork proofs: %w", err)
	}
	return out, nil
}

func eachFork(txn *badger.Txn, fn func(feed.ForkProof) error) error {
	return each(txn, []byte{spaceFork}, func(_, payload []byte) error {
		p, err := feed.ParseForkProof(bytes.Clone(payload))
		if err != nil {
			return damaged("a fork proof: %v", err)
		}
		return fn(p)
	})
}
