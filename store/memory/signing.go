package memory

import (
	"bytes"
	"fmt"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Reserve keeps batches that the issuer is about to sign.
func (s *Store) Reserve(issuer keys.Public, drafts []feed.Reservation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.signers[issuer]
	if own == nil {
		own = &signer{}
	}
	if _, err := own.bar.Without(0); err != nil {
		return fmt.Errorf("memory: reserve for %s: %w", issuer.Short(), err)
	}
	tip, _ := s.head(issuer)
	last := feed.Later(own.highest, tip)
	kept := make([]feed.Reservation, 0, len(drafts))
	for _, d := range drafts {
		if !d.Tip.CID.Equals(assertion.CID(d.Header)) || len(d.Body) == 0 {
			return fmt.Errorf("memory: reserve %d/%d of %s: a reservation needs a body and the CID of its header", d.Tip.Epoch, d.Tip.Sequence, issuer.Short())
		}
		if !d.Tip.Follows(last) {
			return fmt.Errorf("memory: reserve %d/%d of %s: the last place taken is %d/%d", d.Tip.Epoch, d.Tip.Sequence, issuer.Short(), last.Epoch, last.Sequence)
		}
		last = d.Tip
		kept = append(kept, feed.Reservation{Tip: d.Tip, Header: bytes.Clone(d.Header), Body: bytes.Clone(d.Body)})
	}
	if len(kept) > 0 {
		own.reserved = append(own.reserved, kept...)
		own.highest = kept[len(kept)-1].Tip
		s.signers[issuer] = own
	}
	return nil
}

// Reserved returns what was reserved and not yet appended, in order.
func (s *Store) Reserved(issuer keys.Public) ([]feed.Reservation, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	own := s.signers[issuer]
	if own == nil {
		return nil, nil
	}
	out := slices.Clone(own.reserved)
	for i := range out {
		out[i].Header, out[i].Body = bytes.Clone(out[i].Header), bytes.Clone(out[i].Body)
	}
	return out, nil
}

// HighestReserved returns the highest place ever reserved.
func (s *Store) HighestReserved(issuer keys.Public) (feed.Tip, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	own := s.signers[issuer]
	if own == nil || !own.highest.CID.Defined() {
		return feed.Tip{}, false, nil
	}
	return own.highest, true, nil
}

// Bar forbids reservations until Lift.
func (s *Store) Bar(issuer keys.Public, bar feed.Bar) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.signers[issuer]
	if own == nil {
		own = &signer{}
	}
	next, err := bar.Over(own.bar)
	if err != nil {
		return fmt.Errorf("memory: bar %s: %w", issuer.Short(), err)
	}
	own.bar, s.signers[issuer] = next, own
	return nil
}

// Barred returns why the issuer must not sign, if so.
func (s *Store) Barred(issuer keys.Public) (feed.Bar, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	own := s.signers[issuer]
	if own == nil || own.bar.Kind == 0 {
		return feed.Bar{}, false, nil
	}
	return own.bar, true, nil
}

// Lift allows reservations again, unless a bar of a higher kind forbids them.
func (s *Store) Lift(issuer keys.Public, most feed.BarKind) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own := s.signers[issuer]; own != nil {
		if own.bar, err = own.bar.Without(most); err != nil {
			return fmt.Errorf("memory: lift the bar of %s: %w", issuer.Short(), err)
		}
	}
	return nil
}
