package group

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/internal/rpc"
)

// watchEvery is how often the watchdogs look, and roomEvery for how many looks once
// whether there is room.
const (
	watchEvery = 250 * time.Millisecond
	roomEvery  = 4
)

// watch returns when ctx ends or the group has failed. Raft itself notices neither
// that its disk hangs, because heartbeats do not wait for it and so nobody else
// notices (hashicorp/raft issue 503), nor that it leads and cannot apply (696).
func (g *Group) watch(ctx context.Context, e *engine) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var leader raft.ServerID
	var astray int // looks in a row at which Raft had lost its place
	for look := 1; ; look++ {
		select {
		case <-ctx.Done():
			return
		case <-g.ended:
			return
		case <-tick.C:
		}
		if owed := e.store.Busy(); owed > g.cfg.Hung {
			g.fail(fmt.Errorf("%w for %v", ErrHung, owed.Round(watchEvery)))
		}
		if look%roomEvery == 0 {
			if err := g.full(); err != nil {
				g.fail(err)
			}
		}
		if g.stuck(e) {
			g.fail(fmt.Errorf("%w: nothing for %v, while it has what to apply", ErrStuck, g.cfg.Stuck))
		}
		if astray++; !e.at.Astray() {
			astray = 0
		}
		if astray > lostFor {
			g.fail(fmt.Errorf("%w: a snapshot took the place of its log", ErrAstray))
		}
		if _, now := e.raft.LeaderWithID(); now != leader {
			leader = now
			g.tellLeader(e, now)
		}
	}
}

func (g *Group) full() error {
	if g.cfg.Room == nil {
		return nil
	}
	if err := g.cfg.Room(); err != nil {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return nil
}

// lostFor is for how many looks Raft may count entries that are not there: while it
// replaces some by others it does so for a moment.
const lostFor = 4

// stuck reports whether this regulator leads, has commands under way and has
// applied nothing for too long. A leader without a majority is none any more by then.
func (g *Group) stuck(e *engine) bool {
	since, any := g.oldest()
	if !any || e.raft.State() != raft.Leader {
		return false
	}
	if progress := time.Unix(0, e.fsm.progress.Load()); progress.After(since) {
		since = progress
	}
	return time.Since(since) > g.cfg.Stuck
}

func (g *Group) tellLeader(e *engine, id raft.ServerID) {
	log := g.cfg.Logger.With("generation", g.cfg.Generation.String()[:8], "term", e.raft.CurrentTerm())
	switch k, known := rpc.Host(id); {
	case !known:
		log.Info("the quorum has no leader")
	case k == g.cfg.Self:
		log.Info("this regulator leads the quorum")
	default:
		log.Info("the quorum has a leader", "host", k.Short())
	}
}
