package reconcile

import (
	"cmp"
	"slices"
	"time"

	"ringfence/node/reconcile/internal/answer"
	"ringfence/node/reconcile/internal/standing"
	"ringfence/store/keys"
)

// Standing is how far pulling has come.
type Standing = standing.Standing

// PeerStanding is what is known of a neighbour.
type PeerStanding = standing.PeerStanding

// FeedStanding is a feed of which a peer claims more than is held, or that a fork froze.
type FeedStanding = standing.FeedStanding

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
	s.Sort()
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
