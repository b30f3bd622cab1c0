package node

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/taxonomy"
)

// bind makes the store that of the node's federation, once and for all. Under
// another genesis charter the key would sign into the same feed for another
// federation, and no peer of either would take the feed any more. So a store of
// another federation is refused: by the name kept in it, or, where an earlier
// version kept none, by the batches it holds. As long as nothing was said or
// heard, a charter that was put there by mistake may be replaced.
func (n *Node) bind() error {
	ours := n.state.Federation()
	bound, err := n.bound()
	if err != nil {
		return fmt.Errorf("node: of which federation the store in %s is: %w", n.cfg.Dir, err)
	}
	if bound.Equals(ours) {
		return nil
	}
	of, blank, err := n.began(ours)
	if err != nil {
		return fmt.Errorf("node: of which federation the store in %s is: %w", n.cfg.Dir, err)
	}
	if bound.Defined() && !blank {
		of = bound
	}
	if of.Defined() && !of.Equals(ours) {
		return api.Tell(api.Refused, phrase.New("error.other_store", "the store in %s holds what federation %s said, and %s is that of federation %s: put the genesis charter of %s back; a node of %s needs a directory of its own",
			n.cfg.Dir, of, GenesisFile, ours, of, ours))
	}
	if err := n.store.Put(spaceNode, keyFederation, ours.Bytes()); err != nil {
		n.log.Warn("the store does not keep yet of which federation it is; the next start tries again", "reason", err)
	}
	return nil
}

// bound returns the federation that the store is bound to, undefined if none.
func (n *Node) bound() (cid.Cid, error) {
	b, ok, err := n.store.Get(spaceNode, keyFederation)
	if err != nil || !ok {
		return cid.Undef, err
	}
	return taxonomy.CIDFromBytes(b)
}

// began returns the federation in which the feeds held began: ours if any did,
// since a version that did not bind may have signed for another in between, and
// undefined if no header tells. blank: nothing was said or heard here.
func (n *Node) began(ours cid.Cid) (of cid.Cid, blank bool, err error) {
	tips, err := n.store.Tips()
	if err != nil {
		return cid.Undef, false, err
	}
	for _, tip := range tips {
		first, err := n.firstHeader(tip)
		if err != nil { // of one batch; the others tell as well
			n.log.Warn("the first batch of a feed does not tell its federation", "issuer", tip.Issuer.Short(), "reason", err)
			continue
		}
		if of = first.Federation; of.Equals(ours) {
			break
		}
	}
	if len(tips) > 0 {
		return of, false, nil
	}
	_, signed, err := n.store.HighestReserved(n.issuer) // maybe not yet in the feed
	return cid.Undef, !signed, err
}

// firstHeader returns the header with which an epoch of a feed begins.
func (n *Node) firstHeader(of feed.Head) (assertion.Header, error) {
	b, ok, err := n.store.Header(of.Issuer, of.Tip.Epoch, 0)
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
