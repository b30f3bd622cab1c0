// Package bound makes a store that of one federation, once and for all.
//
// Under another genesis charter a node's key would sign into the same feed for another
// federation, and no peer of either would take the feed any more. So a store says whose
// it is, and one of another federation is refused.
//
// Floor 11, a part of the node's composition that needs nothing else of it.
package bound

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/ipfs/go-cid"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// Where a store says of which federation it is.
const (
	Space = "node"
	Key   = "federation"
)

// Store is a store that is to be looked at.
type Store struct {
	*disk.Store
	Dir     string      // of the node, for words
	Genesis string      // file of the genesis charter, for words
	Issuer  keys.Public // of the node; zero: it never opened a key
	Log     *slog.Logger
}

// Bind makes the store that of the node's federation, once and for all. Under
// another genesis charter the key would sign into the same feed for another
// federation, and no peer of either would take the feed any more. So a store of
// another federation is refused: by the name kept in it, or, where an earlier
// version kept none, by the batches it holds. As long as nothing was said or
// heard, a charter that was put there by mistake may be replaced.
func (s *Store) Bind(ours cid.Cid) error {
	bound, of, err := s.SpokenIn(ours)
	if err != nil {
		return fmt.Errorf("node: of which federation the store in %s is: %w", s.Dir, err)
	}
	if bound.Equals(ours) {
		return nil
	}
	if of.Defined() && !of.Equals(ours) {
		return api.Tell(api.Refused, phrase.New("error.other_store", "the store in %s holds what federation %s said, and %s is that of federation %s: put the genesis charter of %s back; a node of %s needs a directory of its own",
			s.Dir, of, s.Genesis, ours, of, ours))
	}
	if err := s.Put(Space, Key, ours.Bytes()); err != nil {
		s.Log.Warn("the store does not keep yet of which federation it is; the next start tries again", "reason", err)
	}
	return nil
}

// SpokenIn returns the federation that the store is bound to, and the one in which
// something was said or heard here, undefined if there is none.
func (s *Store) SpokenIn(ours cid.Cid) (bound, of cid.Cid, err error) {
	if bound, err = s.Bound(); err != nil || bound.Equals(ours) {
		return bound, bound, err
	}
	of, blank, err := s.began(ours)
	if bound.Defined() && !blank {
		of = bound
	}
	return bound, of, err
}

// Bound returns the federation that the store is bound to, undefined if none.
func (s *Store) Bound() (cid.Cid, error) {
	b, ok, err := s.Get(Space, Key)
	if err != nil || !ok {
		return cid.Undef, err
	}
	return taxonomy.CIDFromBytes(b)
}

// began returns the federation in which the feeds held began: ours if any did,
// since a version that did not bind may have signed for another in between, and
// undefined if no header tells. blank: nothing was said or heard here.
func (s *Store) began(ours cid.Cid) (of cid.Cid, blank bool, err error) {
	tips, err := s.Tips()
	if err != nil {
		return cid.Undef, false, err
	}
	for _, tip := range tips {
		first, err := s.firstHeader(tip)
		if err != nil { // of one batch; the others tell as well
			s.Log.Warn("the first batch of a feed does not tell its federation", "issuer", tip.Issuer.Short(), "reason", err)
			continue
		}
		if of = first.Federation; of.Equals(ours) {
			break
		}
	}
	if len(tips) > 0 {
		return of, false, nil
	}
	_, signed, err := s.HighestReserved(s.Issuer) // maybe not yet in the feed
	return cid.Undef, !signed, err
}

// firstHeader returns the header with which an epoch of a feed begins.
func (s *Store) firstHeader(of feed.Head) (assertion.Header, error) {
	b, ok, err := s.Header(of.Issuer, of.Tip.Epoch, 0)
	if err == nil && !ok {
		err = errors.New("it is not held")
	}
	if err != nil {
		return assertion.Header{}, err
	}
	signed, err := assertion.DecodeSignedHeader(b)
	if err != nil {
		return assertion.Header{}, err
	}
	return assertion.DecodeHeader(signed.Header)
}
