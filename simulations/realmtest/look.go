package realmtest

import (
	"context"

	"ringfence/node"
)

// Sits reports whether a member's node takes part in certifying.
func (r *Realm) Sits(member string) bool {
	r.Helper()
	s, err := r.Of("reg").Node.QuorumState(context.Background())
	r.Must(err)
	for _, seat := range s.Seats {
		if seat.Member == member && seat.Live {
			return true
		}
	}
	return false
}

// Ticked waits until the ledger has its time.
func (r *Realm) Ticked() {
	r.Helper()
	r.Everywhere("the ledger has a time", func(n *node.Node) bool { return n.Ledger().Follower().Standing().Tick != 0 })
}
