package group

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/internal/rpc"
	"ringfence/store/keys"
)

// Wanted is who is to take part.
type Wanted struct {
	Voters   []keys.Public // once they have caught up
	Learners []keys.Public // apply what the others do, without a vote
}

// Want says who is to take part. As long as this regulator leads it moves Raft's
// configuration there, one regulator at a time, and only to configurations of which
// a majority answers.
func (g *Group) Want(w Wanted) {
	g.want.Store(&Wanted{Voters: slices.Clone(w.Voters), Learners: slices.Clone(w.Learners)})
}

// Times of tending.
const (
	tendEvery  = 200 * time.Millisecond
	changeTime = 5 * time.Second // for one change to be committed
)

// caughtUp is how many entries a regulator may lag that becomes a voter.
const caughtUp = 16

// tend moves the configuration to what is wanted while this regulator leads.
func (g *Group) tend(ctx context.Context, e *engine) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.ended:
			return
		case <-tick.C:
		}
		want := g.want.Load()
		if want == nil || e.raft.State() != raft.Leader {
			continue
		}
		f := e.raft.GetConfiguration()
		if f.Error() != nil {
			continue
		}
		c := change{self: g.cfg.Self, now: f.Configuration(), want: *want, peer: e.rpc.Peer,
			last: e.raft.LastIndex(), alive: time.Now().Add(-2 * g.cfg.Timing.Heartbeat)}
		s, ok := c.next()
		if !ok {
			continue
		}
		g.take(ctx, e, s, f.Index())
	}
}

// take makes one change, unless the configuration is another one by now.
func (g *Group) take(ctx context.Context, e *engine, s step, at uint64) {
	done := g.noteChange()
	result := make(chan error, 1)
	go func() { // ends with Raft at the latest
		defer done()
		id := raft.ServerID(s.who.String())
		var f raft.IndexFuture
		switch s.what {
		case addLearner:
			f = e.raft.AddNonvoter(id, raft.ServerAddress(id), at, changeTime)
		case promote:
			f = e.raft.AddVoter(id, raft.ServerAddress(id), at, changeTime)
		case demote:
			f = e.raft.DemoteVoter(id, at, changeTime)
		default:
			f = e.raft.RemoveServer(id, at, changeTime)
		}
		result <- f.Error()
	}()
	select {
	case err := <-result:
		g.cfg.Logger.Info("Raft's voters are changed", "change", s.what.String(), "host", s.who.Short(), "error", err)
	case <-ctx.Done():
	case <-g.ended:
	}
}

// noteChange counts a change as under way, so that stop waits for it, but not for
// the watchdog: without a majority it waits as long as that takes.
func (g *Group) noteChange() (done func()) {
	g.changes.Add(1)
	return func() { g.changes.Add(-1) }
}

// A step is one change of Raft's configuration.
type step struct {
	what stepKind
	who  keys.Public
}

type stepKind int

const (
	addLearner stepKind = iota
	promote
	demote
	remove
)

func (k stepKind) String() string {
	return [...]string{"add as learner", "make a voter", "make a learner", "remove"}[k]
}

// change is what decides about the next step.
type change struct {
	self  keys.Public
	now   raft.Configuration
	want  Wanted
	peer  func(keys.Public) rpc.Progress
	last  uint64    // index of the leader's log
	alive time.Time // who answered since is there
}

// next returns the next step towards what is wanted: newcomers first learn, then
// vote; only then others go, the leader himself last. No step leads to voters of
// whom no majority answers, nor to none that is wanted.
func (c change) next() (step, bool) {
	voters, learners := votersOf(c.now), c.learners()
	member := func(k keys.Public) bool { return slices.Contains(voters, k) || slices.Contains(learners, k) }
	for _, k := range slices.Concat(c.want.Voters, c.want.Learners) {
		if !member(k) {
			return step{addLearner, k}, true
		}
	}
	for _, k := range c.want.Voters {
		if slices.Contains(learners, k) && c.ready(k) && c.safe(append(slices.Clone(voters), k)) {
			return step{promote, k}, true
		}
	}
	for _, k := range learners {
		if !slices.Contains(c.want.Voters, k) && !slices.Contains(c.want.Learners, k) {
			return step{remove, k}, true
		}
	}
	slices.SortStableFunc(voters, func(a, b keys.Public) int { return c.order(a) - c.order(b) })
	for _, k := range voters {
		if slices.Contains(c.want.Voters, k) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(voters), func(v keys.Public) bool { return v == k })
		if !c.safe(rest) || !slices.ContainsFunc(rest, func(v keys.Public) bool { return slices.Contains(c.want.Voters, v) }) {
			continue
		}
		if slices.Contains(c.want.Learners, k) {
			return step{demote, k}, true
		}
		return step{remove, k}, true
	}
	return step{}, false
}

// order puts those that do not answer first, and the leader himself last.
func (c change) order(k keys.Public) int {
	switch {
	case k == c.self:
		return 2
	case c.there(k):
		return 1
	default:
		return 0
	}
}

func (c change) learners() []keys.Public {
	var out []keys.Public
	for _, s := range c.now.Servers {
		if k, ok := rpc.Host(s.ID); ok && s.Suffrage != raft.Voter {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, keys.Public.Compare)
	return out
}

func (c change) there(k keys.Public) bool {
	return k == c.self || c.peer(k).Contact.After(c.alive)
}

func (c change) ready(k keys.Public) bool {
	return c.there(k) && (k == c.self || c.peer(k).Match+caughtUp >= c.last)
}

// safe reports whether a majority of these voters answers.
func (c change) safe(voters []keys.Public) bool {
	there := 0
	for _, k := range voters {
		if c.there(k) {
			there++
		}
	}
	return 2*there > len(voters)
}
