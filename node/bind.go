package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
	bound, of, err := n.spokenIn(ours)
	if err != nil {
		return fmt.Errorf("node: of which federation the store in %s is: %w", n.cfg.Dir, err)
	}
	if bound.Equals(ours) {
		return nil
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

// FederationOf returns in which federation the store of a data directory, where no
// node runs, said or heard anything: ours, if it did so there; undefined, if in none.
func FederationOf(dir string, ours cid.Cid) (of cid.Cid, err error) {
	switch _, err := os.Stat(filepath.Join(dir, StoreDir)); {
	case errors.Is(err, fs.ErrNotExist):
		return cid.Undef, nil
	case err != nil:
		return cid.Undef, fmt.Errorf("node: %w", err)
	}
	n := &Node{cfg: complete(Config{Dir: dir})}
	n.log = n.cfg.Logger
	if err := n.openStore(); err != nil {
		return cid.Undef, err
	}
	defer func() { err = errors.Join(err, n.store.Close()) }()
	if err := n.recallIssuer(); err != nil {
		return cid.Undef, err
	}
	if _, of, err = n.spokenIn(ours); err != nil {
		return cid.Undef, fmt.Errorf("node: of which federation the store in %s is: %w", dir, err)
	}
	return of, nil
}

// spokenIn returns the federation that the store is bound to, and the one in which
// something was said or heard here, undefined if there is none.
func (n *Node) spokenIn(ours cid.Cid) (bound, of cid.Cid, err error) {
	if bound, err = n.bound(); err != nil || bound.Equals(ours) {
		return bound, bound, err
	}
	of, blank, err := n.began(ours)
	if bound.Defined() && !blank {
		of = bound
	}
	return bound, of, err
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
