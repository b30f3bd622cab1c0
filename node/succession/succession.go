// Package succession puts keys in the place of others that the ledger has replaced.
//
// A key that is to take the place of another waits beside it in the node's directory
// (keys.CreateNext). When it does is decided by the regulators, not here: an issuer's once
// the ledger admits it and its forerunner has ended, a regulator's once its seat names it.
//
// Floor 11, beside node/authority.
package succession

import (
	"fmt"
	"io"
	"slices"

	"ringfence/store/charter"
	"ringfence/store/keys"
)

// Heir is the ring of one node.
type Heir struct {
	Dir    string // of the ring
	Unlock keys.Unlock
	Random io.Reader
}

// Issuer returns the ring with a new issuer's key, if one waits that speaks by a
// constitution while the one in its place does not; else nil. A ring that holds no
// issuer's key has none in its place.
func (h Heir) Issuer(s *charter.State, now keys.Public) (*keys.Ring, error) {
	return h.promote(keys.PurposeIssuer, func(next keys.Public) bool {
		_, speaks := s.Issuer(next)
		_, spoke := s.Issuer(now)
		return speaks && !spoke
	})
}

// Seat returns the ring with the keys of a regulator by which the constitution names it,
// where one waits that it names; else nil. The constitution is asked for only where a key
// waits.
func (h Heir) Seat(constitution func() (*charter.State, error)) (ring *keys.Ring, err error) {
	var s *charter.State
	for _, one := range []struct {
		purpose keys.Purpose
		of      func(charter.RegulatorSeat) keys.Public
	}{
		{keys.PurposeVote, func(r charter.RegulatorSeat) keys.Public { return r.Vote }},
		{keys.PurposeCosign, func(r charter.RegulatorSeat) keys.Public { return r.Cosign }},
	} {
		if _, waits, err := keys.Next(h.Dir, one.purpose); err != nil || !waits {
			if err != nil {
				return nil, err
			}
			continue
		}
		if s == nil {
			if s, err = constitution(); err != nil {
				return nil, err
			}
		}
		next, err := h.promote(one.purpose, func(next keys.Public) bool {
			return slices.ContainsFunc(s.Regulators(), func(r charter.RegulatorSeat) bool { return one.of(r) == next })
		})
		if err != nil {
			return nil, err
		}
		if next != nil {
			ring = next
		}
	}
	return ring, nil
}

// promote puts the key that waits for a purpose in its place, when it is due.
func (h Heir) promote(p keys.Purpose, due func(next keys.Public) bool) (*keys.Ring, error) {
	next, waits, err := keys.Next(h.Dir, p)
	if err != nil || !waits || !due(next) {
		return nil, err
	}
	if err := keys.Promote(h.Dir, p, h.Unlock, h.Random); err != nil {
		return nil, fmt.Errorf("succession: %w", err)
	}
	return keys.Open(h.Dir, h.Unlock)
}
