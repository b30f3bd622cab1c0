package federation

import (
	"slices"
	"strings"
	"time"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/reconcile"
	"ringfence/store/keys"
)

// ready reports whether this node holds what its peers held when it met them. A
// node that reaches nobody is not; one that is alone in its federation is.
func (f *Federation) ready() bool { return f.alone.Load() || f.pull.Ready() }

// CaughtUp reports whether this node ever was ready since it started: from then
// on it answers for its list, also when its peers are gone.
func (f *Federation) CaughtUp() bool { return f.caughtUp.Load() }

// Standing returns how this node stands among the others.
func (f *Federation) Standing() api.Standing {
	s := f.pull.Standing()
	ahead, known := f.clock()
	out := api.Standing{
		Addresses: f.overlay.Addresses(), Hosts: f.others(), Ready: f.CaughtUp(),
		BatchesDone: int(s.Done), BatchesTotal: int(s.Total), Gaps: []phrase.Phrase{},
	}
	for i := range s.Feeds {
		f.tellFeed(&out, &s.Feeds[i])
	}
	if known {
		seconds := ahead.Seconds()
		out.ClockBehindSeconds = &seconds
	}
	unheard := f.Unheard()
	out.UnheardSeconds, out.Stale = int64(unheard/time.Second), unheard > staleAfter
	if s.Trouble != "" {
		out.Gaps = append(out.Gaps, phrase.Join(phrase.New("problem.not_pulled", "nothing is pulled from the peers"), phrase.Plain(s.Trouble)))
	}
	f.tellPeers(&out)
	return out
}

// Deaf returns why other nodes do not reach this one where it should listen; none when
// they do, as far as it can tell.
func (f *Federation) Deaf() []phrase.Phrase { return f.overlay.Deaf() }

// tellPeers adds how many are connected and what their lists are. Of whoever is
// gone a last word may still be here, and counts for nothing.
func (f *Federation) tellPeers(out *api.Standing) {
	near := f.around.Neighbours()
	f.mu.Lock()
	defer f.mu.Unlock()
	own := f.listing()
	for _, peer := range near {
		out.Connected++
		switch f.agreement(peer, &own) {
		case agrees:
			out.Agreeing++
		case differs:
			out.Differing++
		case elsewise, otherDay, unheard:
		}
	}
	if !f.held.IsZero() {
		held := f.held
		out.Confirming = &held
	}
}

// mostTold bounds what one feed adds to a sum, whatever its issuer signed.
const mostTold = 1 << 40

// tellFeed adds a feed that is not as its issuer's peers say it could be.
func (f *Federation) tellFeed(out *api.Standing, feed *reconcile.FeedStanding) {
	switch feed.State {
	case reconcile.Waiting:
		out.FeedsWaiting++
		out.BatchesWaiting += int(min(feed.Waiting, mostTold))
	case reconcile.Withheld, reconcile.Aside:
		var asked []string
		for _, host := range feed.Asked {
			asked = append(asked, f.memberOf(host))
		}
		slices.Sort(asked)
		out.GapBatches += int(min(feed.Claimed, mostTold))
		gap := phrase.New("problem.gap", "%d batches of %s from %d/%d on are not to be had", feed.Claimed, f.issuerOf(feed.Issuer), feed.Epoch, feed.Sequence)
		if len(asked) > 0 {
			gap = phrase.New("problem.gap_asked", "%d batches of %s from %d/%d on are not to be had, asked for from %s", feed.Claimed, f.issuerOf(feed.Issuer), feed.Epoch, feed.Sequence, strings.Join(slices.Compact(asked), ", "))
		}
		out.Gaps = append(out.Gaps, phrase.Join(gap, feed.Reason))
	case reconcile.Settled, reconcile.Pulling, reconcile.Frozen:
	}
}

// issuerOf names who speaks by a key.
func (f *Federation) issuerOf(key keys.Public) string {
	state := f.cfg.State()
	if r, ok := state.Record(key); ok {
		return state.Member(r.Member).ID
	}
	return "key " + key.Short()
}

// Lacks returns, of each of the member's own epochs that a fork froze, who claims how
// much more of it than is held here.
func (f *Federation) Lacks() []reconcile.FeedStanding {
	all := f.pull.Standing().Feeds
	return slices.DeleteFunc(all, func(l reconcile.FeedStanding) bool {
		return l.State != reconcile.Frozen || l.Claimed == 0 || !f.sameMember(l.Issuer)
	})
}

// Peers returns every host of the federation but this one, and what is known of
// it.
func (f *Federation) Peers() []api.Peer {
	scores, pulled := f.gossip.Scores(), make(map[keys.Public]reconcile.PeerStanding)
	for _, p := range f.pull.Standing().Peers {
		pulled[p.Peer] = p
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	own := f.listing()
	out := []api.Peer{}
	for _, p := range f.overlay.Peers() {
		line := api.Peer{
			Member: f.memberOf(p.Host), Host: p.Host.String(), Connected: p.Connected, Address: p.Address,
			Inbound: p.Inbound, Direct: p.Direct, ReceivedBytes: p.In, SentBytes: p.Out,
			Agreement: string(unheard), Score: scores[p.Host],
		}
		line.Since, line.LastTry = stamp(p.Since), stamp(p.LastTry)
		line.Ahead, line.Behind = int(pulled[p.Host].Ahead), int(pulled[p.Host].Behind)
		line.ToldSeconds = since(pulled[p.Host].Compared)
		if !p.Trouble.IsZero() {
			line.Trouble = &p.Trouble
		}
		if p.Connected {
			f.describe(&line, p.Host, &own)
		}
		out = append(out, line)
	}
	return out
}

// since returns how many seconds ago something was, by the machine's clock; nil when it
// never was.
func since(at time.Time) *int64 {
	if at.IsZero() {
		return nil
	}
	seconds := int64(time.Since(at) / time.Second)
	return &seconds
}

// agreement returns how a peer's list stood to the own one made of the same, when the
// two were compared last; own is the list of now. The caller holds mu.
func (f *Federation) agreement(host keys.Public, own *reconcile.Beacon) agreement {
	switch h, ok := f.peers[host]; {
	case !ok:
		return unheard
	case f.differs[host]:
		return differs
	case !h.agreed.IsZero() && time.Since(h.agreed) < agreedFor:
		return agrees
	case compare(own, &h.Beacon) == otherDay:
		return otherDay
	}
	return elsewise
}

// describe adds what a peer said of itself. The caller holds mu.
func (f *Federation) describe(line *api.Peer, host keys.Public, own *reconcile.Beacon) {
	h, ok := f.peers[host]
	if !ok {
		return
	}
	line.Agreement, line.AgreedSeconds = string(f.agreement(host, own)), since(h.agreed)
	line.Ready, line.Version, line.Heard = h.Ready, h.Version, stamp(h.at)
	if seconds := h.clock.Ahead(f.cfg.Now()).Seconds(); h.clock.Known() {
		line.ClockAheadSeconds = &seconds
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
