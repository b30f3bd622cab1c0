package reconcile

import (
	"cmp"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/answer"
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
	Beacon    Beacon        // the last one
	Heard     time.Time     // by the node's clock; zero: not yet
	RoundTrip time.Duration // of the last exchange
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
	State    State
	Reason   phrase.Phrase // of a feed being pulled why it stood still before
	Asked    []keys.Public // who claims what is withheld, or of a frozen feed more than is held
	Since    time.Time     // by the node's clock
	Due      time.Time     // by the node's clock, when what waits is due
	Waiting  uint64        // batches that wait, as headers show that their issuer signed
}

// Ready reports whether everything that the peers had at connect is decided, as the
// last turn of planning found: Complete of each that answers, and of one at least. No
// peer is waited for in vain for longer than a minute, however often it comes and goes.
// What one claims and does not give keeps nobody waiting; but when every peer does
// that, this node knows only that it is kept from what they have. With no peer there
// is nothing to be ready for. It waits for nothing and is asked with every exchange.
func (r *Reconciler) Ready() bool { return r.ready.Load() }

// ready is Ready now.
func (pl *plan) ready(now time.Time) bool {
	withholds, honest := pl.withholds(), false
	for k, p := range pl.peers {
		switch {
		case p.conduct.Lost():
		case p.complete():
			honest = honest || !withholds[k]
		case !p.conduct.Outwaited(now):
			return false
		}
	}
	return honest
}

// Standing returns how far pulling has come.
func (r *Reconciler) Standing() Standing {
	held, frozen, err := answer.Holdings(r.cfg.Held)
	r.mu.Lock()
	defer r.mu.Unlock()
	pl := &r.plan
	s := Standing{Done: pl.admitted, Total: pl.admitted, Trouble: pl.trouble}
	if err != nil {
		s.Trouble = err.Error()
	}
	all := uint64(0)
	for l, count := range held {
		if !frozen[l] {
			all += count
		}
	}
	told := make(map[*peer]*PeerStanding, len(pl.peers))
	for k, p := range pl.peers {
		told[p] = &PeerStanding{Peer: k, Beacon: p.word.Beacon, Heard: p.heard, RoundTrip: p.trip, Behind: all, Compared: p.compared, Complete: p.complete()}
	}
	for l, f := range pl.feeds {
		if !frozen[l] && !f.frozen() {
			s.Total += f.standing(held[l], told)
		}
		if f.state != Settled {
			s.Feeds = append(s.Feeds, f.tell())
		}
	}
	for p, t := range told {
		t.Behind = min(t.Behind, p.behind)
		s.Peers = append(s.Peers, *t)
	}
	slices.SortFunc(s.Peers, func(a, b PeerStanding) int { return a.Peer.Compare(b.Peer) })
	slices.SortFunc(s.Feeds, func(a, b FeedStanding) int {
		return cmp.Or(a.Issuer.Compare(b.Issuer), cmp.Compare(a.Epoch, b.Epoch))
	})
	return s
}

// standing adds to what is told of each peer how it stands to what is held of f,
// and returns how much is still to be pulled.
func (f *pull) standing(held uint64, told map[*peer]*PeerStanding) uint64 {
	for p, c := range f.claims {
		if t := told[p]; t != nil {
			t.Behind -= min(held, c.Count)
			t.Ahead += c.Count - min(held, c.Count)
		}
	}
	if claimed, _ := f.claims.Reach(); f.state == Pulling && claimed > held {
		return claimed - held
	}
	return 0
}

func (f *pull) tell() FeedStanding {
	claimed, _ := f.claims.Reach()
	t := FeedStanding{Issuer: f.Issuer, Epoch: f.Epoch, Sequence: f.Next, Claimed: claimed - min(claimed, f.Next), State: f.state, Reason: f.reason, Since: f.since}
	if f.state == Withheld || f.state == Pulling {
		t.Asked = slices.Clone(f.asked)
	}
	if f.forked {
		t.State, t.Asked = Frozen, f.askers()
	}
	if f.state == Waiting {
		t.Due, t.Waiting = f.due, f.waiting()
	}
	return t
}

// HeadsOf returns the heads of an issuer as a peer told them last, by epoch, and
// whether the peer has said that it is ready and these heads are as of then or
// later. asked is false for a peer that was not asked yet, or is not connected.
func (r *Reconciler) HeadsOf(peer, issuer keys.Public) (heads []Head, ready, asked bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.plan.peers[peer]
	if p == nil || !p.told {
		return nil, false, false
	}
	for l, f := range r.plan.feeds {
		if c := f.claims[p]; l.Issuer == issuer && c != nil && c.Head != nil {
			heads = append(heads, *c.Head)
		}
	}
	slices.SortFunc(heads, func(a, b Head) int { return cmp.Compare(a.Epoch, b.Epoch) })
	return heads, p.ready, true
}
