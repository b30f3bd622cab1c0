package disk

import (
	"bytes"
	"fmt"

	"ringfence/store/assertion"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/promise"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Reserve keeps batches that an issuer of this node is about to sign, in the
// order of their places. When it returns they are durable and a signature may
// leave: after a crash the node finds them by Reserved and signs the very same
// headers. A place is reserved once: the first must follow whatever is later,
// the highest place reserved or the last batch held. feed.ErrBarred tells that
// the issuer must not sign.
func (s *Store) Reserve(issuer keys.Public, drafts []feed.Reservation) error {
	size := 0
	for i := range drafts {
		size += len(drafts[i].Header) + len(drafts[i].Body)
	}
	return s.db.Write(size, func() error {
		if err := s.checkDrafts(issuer, drafts); err != nil || len(drafts) == 0 {
			return err
		}
		for rest := drafts; len(rest) > 0; {
			n := chunk(len(rest), func(i int) int { return len(rest[i].Body) })
			err := s.db.Commit(func(txn engine.Txn) error {
				for i := range rest[:n] {
					if err := layout.SetReservation(txn, issuer, &rest[i]); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("disk: reserve for %s: %w", issuer.Short(), err)
			}
			rest = rest[n:]
		}
		if err := s.db.Settle(); err != nil {
			return err
		}
		return s.promiseOf(issuer, func(p *promise.Signer) { p.Highest = drafts[len(drafts)-1].Tip })
	})
}

func (s *Store) checkDrafts(issuer keys.Public, drafts []feed.Reservation) error {
	own := s.promised.Signer(issuer)
	if _, err := own.Bar.Without(0); err != nil {
		return fmt.Errorf("disk: reserve for %s: %w", issuer.Short(), err)
	}
	tip, _ := s.heads.latest(issuer)
	last := feed.Later(own.Highest, tip)
	for i := range drafts {
		d := &drafts[i]
		if !d.Tip.CID.Equals(assertion.CID(d.Header)) || len(d.Body) == 0 || layout.CheckSizes(d.Header, d.Body) != nil {
			return fmt.Errorf("disk: reserve %d/%d of %s: a reservation needs a body and the CID of its header", d.Tip.Epoch, d.Tip.Sequence, issuer.Short())
		}
		if !d.Tip.Follows(last) {
			return fmt.Errorf("disk: reserve %d/%d of %s: the last place taken is %d/%d", d.Tip.Epoch, d.Tip.Sequence, issuer.Short(), last.Epoch, last.Sequence)
		}
		last = d.Tip
	}
	return nil
}

// promiseOf changes what one issuer promised. The caller is the writer.
func (s *Store) promiseOf(issuer keys.Public, change func(*promise.Signer)) error {
	next := s.promises.Now().Clone()
	own := next.Signer(issuer)
	change(&own)
	next.Signers[issuer] = own
	return s.promise(next)
}

// Reserved returns what was reserved and not yet appended, in order.
func (s *Store) Reserved(issuer keys.Public) ([]feed.Reservation, error) {
	var out []feed.Reservation
	err := s.db.View(func(txn engine.Txn) error {
		return eachReservation(txn, issuer, func(r feed.Reservation) error { out = append(out, r); return nil })
	})
	if err != nil {
		return nil, fmt.Errorf("disk: reservations of %s: %w", issuer.Short(), err)
	}
	return out, nil
}

func eachReservation(txn engine.Txn, issuer keys.Public, fn func(feed.Reservation) error) error {
	return txn.Each(layout.ReservationPrefix(issuer), func(rest, payload []byte) error {
		v, err := layout.DecodeReservation(rest, payload)
		if err != nil {
			return err
		}
		body, err := getBody(txn, v.Tip.CID, v.Body)
		if err != nil {
			return err
		}
		return fn(feed.Reservation{Tip: v.Tip, Header: bytes.Clone(v.Header), Body: body})
	})
}

// HighestReserved returns the highest place that was ever reserved, and false
// when none was. It never goes back.
func (s *Store) HighestReserved(issuer keys.Public) (feed.Tip, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	highest := s.promised.Signer(issuer).Highest
	return highest, highest.CID.Defined(), nil
}

// Bar forbids an issuer of this node to sign, durably and until Lift. It is
// written even below the floor of free space, in room that the promises have
// already.
func (s *Store) Bar(issuer keys.Public, bar feed.Bar) error {
	return s.db.Always(func() error {
		held := s.promised.Signer(issuer).Bar
		next, err := bar.Over(held)
		if err != nil {
			return fmt.Errorf("disk: bar %s: %w", issuer.Short(), err)
		}
		if next == held {
			return nil
		}
		return s.promiseOf(issuer, func(p *promise.Signer) { p.Bar = next })
	})
}

// newKey is why a key is barred that came into a store from which another signs: what is
// said of all others, how the store began, is long over.
const newKey = "the key is new in this store, and the other members have yet to confirm that it has signed nothing"

// Barred returns why an issuer must not sign, and whether it is so.
func (s *Store) Barred(issuer keys.Public) (feed.Bar, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	bar := s.promised.Signer(issuer).Bar
	if _, own := s.promised.Signers[issuer]; !own && bar.Kind != 0 && s.promised.Signs() {
		bar.Reason = newKey
	}
	return bar, bar.Kind != 0, nil
}

// Lift allows an issuer to sign again, unless a bar of a higher kind than most
// forbids it: then it answers feed.ErrBarred. It is for somebody who knows the
// last published head of its feed, and only once that head is held here.
func (s *Store) Lift(issuer keys.Public, most feed.BarKind) error {
	return s.db.Write(0, func() error {
		held := s.promised.Signer(issuer).Bar
		next, err := held.Without(most)
		if err != nil {
			return fmt.Errorf("disk: lift the bar of %s: %w", issuer.Short(), err)
		}
		if next == held {
			return nil
		}
		return s.promiseOf(issuer, func(p *promise.Signer) { p.Bar = next })
	})
}
