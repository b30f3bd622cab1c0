package group

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/internal/rpc"
)

// What became of a command that was not applied, as far as is known.
var (
	// ErrTooLarge: over MaxCommand bytes, or none; nothing happened.
	ErrTooLarge = errors.New("quorum: the command is empty or too large")
	// ErrNoLeader: no leader took it in time; nothing happened.
	ErrNoLeader = errors.New("quorum: no leader can be reached")
	// ErrStopped: this group does not run; nothing happened.
	ErrStopped = errors.New("quorum: the group does not run")
	// ErrUnknown: it may have happened, or happen yet. Whoever submitted it looks, and
	// submits it again when it is not there; commands are signed and count once.
	ErrUnknown = errors.New("quorum: what became of the command is not known")
)

// Result is what came of a command. When another regulator leads, it is his word:
// what counts is what this regulator's own machine made of it.
type Result struct {
	Index  uint64 // in Raft's log
	Answer []byte // the machine's
}

// retryEvery is how long Submit waits before it looks for a leader again.
const retryEvery = 50 * time.Millisecond

// Submit brings a command into the order, by way of the leader, and waits until it
// is applied there. While there is no leader it waits for one until ctx ends. The
// caller does not change command afterwards.
func (g *Group) Submit(ctx context.Context, command []byte) (Result, error) {
	if len(command) == 0 || len(command) > MaxCommand {
		return Result{}, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(command), MaxCommand)
	}
	for {
		e := g.now.Load()
		if e == nil {
			return Result{}, ErrStopped
		}
		switch got := g.once(ctx, e, command); got.Outcome {
		case rpc.Applied:
			return Result{Index: got.Index, Answer: got.Result}, nil
		case rpc.Unknown:
			return Result{}, ErrUnknown
		case rpc.NoLeader:
		}
		select {
		case <-ctx.Done():
			return Result{}, fmt.Errorf("%w: %w", ErrNoLeader, ctx.Err())
		case <-g.ended:
			return Result{}, ErrStopped
		case <-time.After(retryEvery):
		}
	}
}

// once tries the leader of the moment.
func (g *Group) once(ctx context.Context, e *engine, command []byte) rpc.Submitted {
	nobody := rpc.Submitted{Outcome: rpc.NoLeader}
	_, id := e.raft.LeaderWithID()
	leader, known := rpc.Host(id)
	if !known {
		return nobody
	}
	if leader == g.cfg.Self {
		return g.lead(ctx, e, command)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go g.whileLeading(ctx, e, id, cancel)
	got, err := e.rpc.Forward(ctx, leader, command)
	if err != nil {
		return nobody
	}
	return got
}

// whileLeading gives up what waits for a leader who is none any more: he may never
// answer, and a new one is there soon.
func (g *Group) whileLeading(ctx context.Context, e *engine, id raft.ServerID, giveUp func()) {
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, now := e.raft.LeaderWithID(); now != id {
			giveUp()
		}
	}
}

// forwarded takes a command from another regulator. It is not forwarded again: who
// is asked without leading says so.
func (g *Group) forwarded(ctx context.Context, command []byte) rpc.Submitted {
	e := g.now.Load()
	if e == nil || e.raft.State() != raft.Leader {
		return rpc.Submitted{Outcome: rpc.NoLeader}
	}
	return g.lead(ctx, e, command)
}

// lead gives a command to Raft on the leader.
func (g *Group) lead(ctx context.Context, e *engine, command []byte) rpc.Submitted {
	if g.cfg.Screen != nil {
		if answer := g.cfg.Screen(command); answer != nil {
			return rpc.Submitted{Outcome: rpc.Applied, Result: answer}
		}
	}
	select {
	case g.room <- struct{}{}:
	case <-ctx.Done():
		return rpc.Submitted{Outcome: rpc.NoLeader}
	case <-g.ended:
		return rpc.Submitted{Outcome: rpc.NoLeader}
	}
	done := g.note()
	result := make(chan rpc.Submitted, 1)
	go func() { // ends with Raft at the latest, however soon the caller goes
		defer func() { done(); <-g.room }()
		got := g.applied(e.raft.Apply(command, rpc.SubmitTime))
		result <- got
		if got.Outcome == rpc.Applied {
			e.hurry(got.Index)
		}
	}()
	select {
	case got := <-result:
		return got
	case <-ctx.Done():
		return rpc.Submitted{Outcome: rpc.Unknown}
	}
}

// soon is how long an entry that is committed waits for the next one.
const soon = time.Millisecond

// hurry tells the followers soon that an entry is committed. Raft tells them with the
// next entry, and if none comes after Timing.Commit; so an empty one comes.
func (e *engine) hurry(index uint64) {
	time.AfterFunc(soon, func() {
		if e.raft.LastIndex() == index {
			e.raft.Barrier(rpc.SubmitTime) // who does not lead any more has nothing to tell
		}
	})
}

// applied waits for what Raft makes of a command and says what is known then.
func (g *Group) applied(f raft.ApplyFuture) rpc.Submitted {
	switch err := f.Error(); {
	case err == nil:
		answer, ok := f.Response().([]byte)
		if !ok && f.Response() == nil && g.failed() != nil || len(answer) > MaxResult {
			return rpc.Submitted{Outcome: rpc.Unknown}
		}
		return rpc.Submitted{Outcome: rpc.Applied, Index: f.Index(), Result: answer}
	case errors.Is(err, raft.ErrNotLeader), errors.Is(err, raft.ErrEnqueueTimeout):
		return rpc.Submitted{Outcome: rpc.NoLeader}
	case errors.Is(err, raft.ErrLeadershipTransferInProgress):
		g.fail(fmt.Errorf("%w: it believes that it hands its leadership on", ErrStuck))
		return rpc.Submitted{Outcome: rpc.NoLeader}
	default:
		return rpc.Submitted{Outcome: rpc.Unknown}
	}
}

// note counts a command as under way until done is called.
func (g *Group) note() (done func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := g.begun.Add(1)
	g.under[id] = time.Now()
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.under, id)
	}
}

func (g *Group) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.under) == 0
}

// oldest returns since when a command is under way; false when none is.
func (g *Group) oldest() (since time.Time, any bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.under {
		if !any || t.Before(since) {
			since, any = t, true
		}
	}
	return since, any
}
