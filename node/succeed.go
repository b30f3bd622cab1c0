package node

import (
	"fmt"
	"path/filepath"

	"ringfence/node/succession"
	"ringfence/store/keys"
)

// inherit takes the ring in which a key is that waited, if one is due.
func (n *Node) inherit(due func(succession.Heir) (*keys.Ring, error)) error {
	ring, err := due(succession.Heir{Dir: filepath.Join(n.cfg.Dir, KeysDir), Unlock: n.cfg.Unlock, Random: n.cfg.Random})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if ring != nil {
		n.ring = ring
	}
	return nil
}

// inheritIssuer takes up the issuer's key that waits, once the ledger admits it and ended
// the one that this node holds. It returns the one that it holds then, none for none.
func (n *Node) inheritIssuer() (keys.Private, error) {
	held, _ := n.ring.Private(keys.PurposeIssuer) // none is held, or has been lost
	var now keys.Public
	if !held.IsZero() {
		now = held.Public()
	}
	if err := n.inherit(func(h succession.Heir) (*keys.Ring, error) { return h.Issuer(n.State(), now) }); err != nil {
		return held, err
	}
	held, _ = n.ring.Private(keys.PurposeIssuer)
	return held, nil
}

// succeed goes on under the key that the ledger admitted in the place of this node's.
func (n *Node) succeed() {
	if n.own == nil || n.own.InForce() == nil {
		return
	}
	key, err := n.inheritIssuer()
	if err != nil {
		n.log.Error("this node does not take up the key that takes the place of its own", "reason", err)
		return
	}
	if key.Public() == n.own.Issuer() {
		return
	}
	n.log.Info("this node goes on under another key, which the ledger admitted", "issuer", key.Public().Short(), "before", n.own.Issuer().Short())
	n.own.Succeed(key)
	n.Council.Succeed(key)
	n.rememberIssuer(key.Public())
}
