package node

import (
	"fmt"

	"ringfence/node/council"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/view"
)

// openCouncil makes the node ready to be used for what the regulators decide.
func (n *Node) openCouncil() error {
	cfg := council.Config{
		Ledger: n.under.Follower(), Held: n.under, Decided: &n.history, List: func() *view.List { return n.view.List() },
		ReadKey: func(text, country string) (number.Range, error) { return n.book.Load().ReadKey(text, country) },
		Store:   n.store, Now: n.cfg.Now, Random: n.cfg.Random, Logger: n.log,
	}
	var err error
	if r := n.under.Regulator(); r != nil {
		cfg.Regulator = r
		if cfg.Vote, err = n.ring.Private(keys.PurposeVote); err != nil {
			return fmt.Errorf("node: %w", err)
		}
	}
	if n.own != nil {
		if cfg.Issuer, err = n.ring.Private(keys.PurposeIssuer); err != nil {
			return fmt.Errorf("node: %w", err)
		}
	}
	if n.council, err = council.New(cfg); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.Council = n.council
	return nil
}
