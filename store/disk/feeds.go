package disk

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
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
	for _, issuer := range layout.SortIssuers(maps.Keys(s.heads)) {
		for _, epoch := range slices.Sorted(maps.Keys(s.heads[issuer])) {
			out = append(out, feed.Head{Issuer: issuer, Tip: s.heads[issuer][epoch]})
		}
	}
	return out, nil
}

// Header returns the signed header at a place of a feed.
func (s *Store) Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error) {
	var header []byte
	err := s.db.View(func(txn engine.Txn) error {
		id, ok, err := txn.Get(layout.PlaceKey(layout.Lane{Issuer: issuer, Epoch: epoch}, sequence))
		if err != nil || !ok {
			return err
		}
		c, err := taxonomy.CIDFromBytes(id)
		if err != nil {
			return damage.Errorf("place %d/%d of %s: %w", epoch, sequence, issuer.Short(), err)
		}
		v, ok, err := getBatch(txn, c)
		if err == nil && !ok {
			err = damage.Errorf("batch %s: what is kept beside its body is missing", c)
		}
		header = v.Header
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
	err := s.db.View(func(txn engine.Txn) error {
		var err error
		_, ok, err = txn.Get(layout.BatchKey(c))
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
	return s.db.Write(size, func() error {
		a := s.appending()
		var refused error
		for rest := records; len(rest) > 0 && refused == nil; {
			n := chunk(len(rest), func(i int) int { return len(rest[i].Body) })
			err := s.db.Commit(func(txn engine.Txn) error {
				for i := 0; i < n && refused == nil; i++ {
					var err error
					if refused, err = a.add(txn, &rest[i]); err != nil {
						return s.db.Fail(fmt.Errorf("disk: append: %w", err))
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
	for i := range min(n, engine.MaxItems) {
		if total += size(i); total > engine.MaxValues && i > 0 {
			return i
		}
	}
	return min(n, engine.MaxItems)
}

// appending is what one call of Append has committed and not yet published.
type appending struct {
	s        *Store
	arrivals uint64
	tips     map[layout.Lane]feed.Tip
	added    map[cid.Cid]bool
}

func (s *Store) appending() *appending {
	return &appending{s: s, arrivals: s.arrivals, tips: make(map[layout.Lane]feed.Tip), added: make(map[cid.Cid]bool)}
}

// add sets the keys of one record, or none and says why. The caller is the
// writer, so what it reads of the store does not change meanwhile.
func (a *appending) add(txn engine.Txn, r *feed.Record) (refused, err error) {
	refuse := func(err error) error {
		return fmt.Errorf("disk: append %d/%d of %s: %w", r.Tip.Epoch, r.Tip.Sequence, r.Issuer.Short(), err)
	}
	if err := checkRecord(r); err != nil {
		return refuse(err), nil
	}
	replaced := a.s.isQuarantined(r.Tip.CID) && !a.added[r.Tip.CID]
	_, held, err := txn.Get(layout.BatchKey(r.Tip.CID))
	if err != nil && !replaced {
		return refuse(err), nil
	}
	if held && !replaced {
		return nil, nil
	}
	l := layout.Lane{Issuer: r.Issuer, Epoch: r.Tip.Epoch}
	next := !replaced
	if replaced { // it may have lost its place meanwhile
		there, err := placed(txn, &layout.Batch{Issuer: r.Issuer, Tip: r.Tip})
		if err != nil {
			return refuse(err), nil
		}
		next = !there
	}
	if next {
		if err := a.expect(l, r.Tip); err != nil {
			return refuse(err), nil
		}
		a.tips[l] = r.Tip
	}
	v := layout.BatchOf(a.arrivals+1, r)
	reserved, ok, err := a.reservation(txn, &v)
	if err != nil {
		return refuse(err), nil
	}
	if ok {
		if err := txn.Delete(layout.ReservationKey(v.Issuer, v.Tip)); err != nil {
			return nil, err
		}
	}
	a.arrivals++
	a.added[r.Tip.CID] = true
	if replaced || !ok || reserved != v.Body {
		if err := txn.SetLarge(layout.BodyKey(r.Tip.CID), r.Body); err != nil {
			return nil, err
		}
	}
	return nil, a.set(txn, &v, replaced, next)
}

func checkRecord(r *feed.Record) error {
	if !r.Tip.CID.Defined() || len(r.Body) == 0 {
		return errors.New("a record needs a CID and a body")
	}
	return layout.CheckSizes(r.Header, r.Body)
}

func (a *appending) expect(l layout.Lane, t feed.Tip) error {
	held, ok := a.tips[l]
	if !ok {
		held, ok = a.s.heads[l.Issuer][l.Epoch]
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

// set sets the keys of a batch that replaced another, or is the next of its feed, or both.
func (a *appending) set(txn engine.Txn, v *layout.Batch, replaced, next bool) error {
	err := layout.SetBatch(txn, v)
	if replaced {
		err = errors.Join(err, txn.Delete(layout.QuarantineKey(v.Tip.CID)))
	}
	if next {
		err = errors.Join(err, txn.Set(layout.TipKey(v.Lane()), layout.EncodeTip(v.Tip)))
	}
	return err
}

// reservation returns the extent of the body that was written when the batch
// was reserved, and whether it was.
func (a *appending) reservation(txn engine.Txn, v *layout.Batch) (layout.Extent, bool, error) {
	if _, own := a.s.promised.Signers[v.Issuer]; !own {
		return layout.Extent{}, false, nil
	}
	key := layout.ReservationKey(v.Issuer, v.Tip)
	b, ok, err := txn.Get(key)
	if err != nil || !ok {
		return layout.Extent{}, false, err
	}
	r, err := layout.DecodeReservation(key[len(key)-16:], b)
	return r.Body, err == nil && r.Tip.CID.Equals(v.Tip.CID), err
}

// finish makes durable and then visible what was committed.
func (a *appending) finish() error {
	s := a.s
	if a.arrivals == s.arrivals {
		return nil
	}
	if err := s.db.Settle(); err != nil {
		return err
	}
	next := s.promises.Now()
	next.Arrivals = a.arrivals
	if err := s.promise(next); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals = a.arrivals
	for l, t := range a.tips {
		s.heads.put(l.Issuer, t)
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
	key := layout.ForkKey(layout.Lane{Issuer: p.Issuer(), Epoch: p.Epoch()})
	return s.db.Write(feed.MaxForkProof, func() error {
		err := s.db.Commit(func(txn engine.Txn) error {
			held, _, err := getFork(txn, key)
			if err != nil {
				return err
			}
			return txn.Set(key, feed.Lower(p, held).Bytes())
		})
		if err != nil {
			return fmt.Errorf("disk: keep a fork proof of %s: %w", p.Issuer().Short(), err)
		}
		return s.db.Settle()
	})
}

func getFork(txn engine.Txn, key []byte) (feed.ForkProof, bool, error) {
	b, ok, err := txn.Get(key)
	if err != nil || !ok {
		return feed.ForkProof{}, false, err
	}
	p, err := parseFork(b)
	return p, err == nil, err
}

func parseFork(b []byte) (feed.ForkProof, error) {
	p, err := feed.ParseForkProof(b)
	if err != nil {
		return p, damage.Errorf("a fork proof: %w", err)
	}
	return p, nil
}

// Fork returns the lowest fork proof known of an epoch.
func (s *Store) Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error) {
	var p feed.ForkProof
	var ok bool
	err := s.db.View(func(txn engine.Txn) error {
		var err error
		p, ok, err = getFork(txn, layout.ForkKey(layout.Lane{Issuer: issuer, Epoch: epoch}))
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
	err := s.db.View(func(txn engine.Txn) error {
		return eachFork(txn, func(p feed.ForkProof) error { out = append(out, p); return nil })
	})
	if err != nil {
		return nil, fmt.Errorf("disk: fork proofs: %w", err)
	}
	return out, nil
}

func eachFork(txn engine.Txn, fn func(feed.ForkProof) error) error {
	return txn.Each([]byte{layout.SpaceFork}, func(_, payload []byte) error {
		p, err := parseFork(bytes.Clone(payload))
		if err != nil {
			return err
		}
		return fn(p)
	})
}
