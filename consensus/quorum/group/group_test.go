package group_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/quorum/group"
	qt "ringfence/consensus/quorum/quorumtest"
)

// bubble runs a test of a cluster in virtual time.
func bubble(t *testing.T, seed uint64, tweak func(int, *group.Config), f func(*testing.T, *qt.Cluster)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := qt.NewCluster(t, seed, tweak)
		defer c.Close()
		f(t, c)
	})
}

// start starts the first regulators of a generation.
func start(c *qt.Cluster, all ...int) {
	for _, i := range all {
		c.Start(i, all...)
	}
}

func without(all []int, gone ...int) []int {
	var rest []int
	for _, i := range all {
		out := false
		for _, g := range gone {
			out = out || i == g
		}
		if !out {
			rest = append(rest, i)
		}
	}
	return rest
}

func TestEveryoneAppliesTheSame(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3}
		start(c, all...)
		c.Leader(all...)
		for i := range 12 {
			c.MustSubmit(i%4, fmt.Sprint("x", i)) // through the leader and through followers
		}
		if tape := c.Agree("x11", all...); len(tape) != 12 {
			t.Errorf("%v", tape)
		}
		for _, i := range all {
			if got := c.Member(i).Machine.Voters(); len(got) != 4 {
				t.Errorf("%d heard of %d voters", i, len(got))
			}
		}
	})
}

func TestALeaderIsReplacedWithinFiveSeconds(t *testing.T) {
	for seed := range uint64(5) {
		bubble(t, seed, nil, func(t *testing.T, c *qt.Cluster) {
			all := []int{0, 1, 2, 3}
			start(c, all...)
			leader := c.Leader(all...)
			c.MustSubmit(leader, "before")
			c.Kill(leader)
			killed := time.Now()
			rest := without(all, leader)
			c.MustSubmit(rest[0], "after")
			if took := time.Since(killed); took > 5*time.Second {
				t.Errorf("the next apply came after %v", took)
			} else {
				t.Logf("the next apply came after %v", took)
			}
			c.Agree("after", rest...)
		})
	}
}

func TestOneRegulatorIsAQuorum(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		start(c, 0)
		c.MustSubmit(0, "alone")
		c.Kill(0)
		c.Start(0, 0)
		c.MustSubmit(0, "again")
		if tape := c.Agree("again", 0); len(tape) != 2 {
			t.Errorf("%v", tape)
		}
	})
}

func TestAllAtOnceComeBackWithWhatWasAcknowledged(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3, 4}
		start(c, all...)
		for i := range 10 {
			c.MustSubmit(i%5, fmt.Sprint("x", i))
		}
		for _, i := range all {
			c.Kill(i)
		}
		start(c, all...)
		c.MustSubmit(0, "y")
		if tape := c.Agree("y", all...); len(tape) != 11 {
			t.Errorf("%v", tape)
		}
	})
}

func TestWhatBecameOfACommand(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		leader := c.Leader(all...)
		ctx := context.Background()
		g := c.Member(leader).Group
		for _, n := range []int{0, group.MaxCommand + 1} {
			if _, err := g.Submit(ctx, make([]byte, n)); !errors.Is(err, group.ErrTooLarge) {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
		if _, err := g.Submit(ctx, make([]byte, group.MaxCommand)); err != nil {
			t.Errorf("as large as may be: %v", err)
		}
		// The leader takes the command and loses the others.
		c.Network().Set(qt.Hosts(leader), qt.Hosts(all...), func(l *qt.Link) { l.Clogged = true })
		if err := c.Submit(leader, "lost", time.Minute); !errors.Is(err, group.ErrUnknown) {
			t.Errorf("without a majority: %v", err)
		}
		// It leads no more, and who cannot be reached takes nothing.
		if err := c.Submit(leader, "late", 2*time.Second); !errors.Is(err, group.ErrNoLeader) && !errors.Is(err, group.ErrUnknown) {
			t.Errorf("cut off: %v", err)
		}
		rest := without(all, leader)
		c.MustSubmit(rest[0], "new")
		c.Network().Heal()
		for _, id := range c.Agree("new", all...) {
			if id == "lost" {
				t.Error("what the cut-off leader alone had was applied")
			}
		}
		c.Kill(rest[0])
		if _, err := c.Member(rest[0]).Group.Submit(ctx, []byte("x")); !errors.Is(err, group.ErrStopped) {
			t.Errorf("stopped: %v", err)
		}
	})
}

// What is committed is applied by followers at once, also when nothing else comes and
// Raft itself would tell them much later.
func TestFollowersHearAtOnceWhatIsCommitted(t *testing.T) {
	late := func(_ int, c *group.Config) { c.Timing.Commit = 20 * time.Second }
	bubble(t, 1, late, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3}
		start(c, all...)
		c.MustSubmit(c.Leader(all...), "x")
		began := time.Now()
		c.Agree("x", all...)
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("all have applied it %v after the leader", took)
		}
	})
}
