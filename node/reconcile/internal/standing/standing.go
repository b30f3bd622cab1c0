// Package standing is how far pulling from the neighbours has come, as it is told.
//
// Floor 10, a room of node/reconcile.
package standing

import (
	"cmp"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/keys"
)

// Standing is how far pulling has come.
type Standing struct {
	Peers []PeerStanding // connected ones, by key
	Feeds []FeedStanding // those of which something stands out, by issuer and epoch
	Done  uint64         // batches pulled since the start
	Total uint64         // and those that peers claim beside
	// Trouble is why pulling rests: the own store fails. "": it does not.
	Trouble string
}

// PeerStanding is what is known of a neighbour.
type PeerStanding struct {
	Peer      keys.Public
	Beacon    message.Beacon // the last one
	Heard     time.Time      // by the node's clock; zero: not yet
	RoundTrip time.Duration  // of the last exchange
	// Ahead is how many batches it claims to hold that are not held here, and Behind
	// how many were held here that it did not claim when it last said all that it
	// holds. What a fork froze is in neither: nobody takes more of it, so nobody ever
	// catches up with it.
	Ahead, Behind uint64
	Compared      time.Time // when it last said so, by the machine's clock; zero: not yet
	// Complete says that every head which the peer had at connect is held, or
	// was not given by whoever claimed it, or is frozen, set aside or waiting for
	// its time.
	Complete bool
}

// FeedStanding is a feed of which a peer claims more than is held, or that a fork
// froze. Of the latter peers may claim another branch.
type FeedStanding struct {
	Issuer   keys.Public
	Epoch    uint64
	Sequence uint64 // the next place
	Claimed  uint64 // batches that are claimed beyond what is held
	State    claims.State
	Reason   phrase.Phrase // of a feed being pulled why it stood still before
	Asked    []keys.Public // who claims what is withheld, or of a frozen feed more than is held
	Since    time.Time     // by the node's clock
	Due      time.Time     // by the node's clock, when what waits is due
	Waiting  uint64        // batches that wait, as headers show that their issuer signed
}

// Sort puts peers and feeds in order.
func (s *Standing) Sort() {
	slices.SortFunc(s.Peers, func(a, b PeerStanding) int { return a.Peer.Compare(b.Peer) })
	slices.SortFunc(s.Feeds, func(a, b FeedStanding) int {
		return cmp.Or(a.Issuer.Compare(b.Issuer), cmp.Compare(a.Epoch, b.Epoch))
	})
}
