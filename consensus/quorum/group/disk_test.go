package group_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group"
	qt "ringfence/consensus/quorum/quorumtest"
)

// TestALeaderWhoseDiskHangsGoesWithinSixSeconds is F07: without the watchdog its
// heartbeats go on and nobody else ever leads.
func TestALeaderWhoseDiskHangsGoesWithinSixSeconds(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3}
		start(c, all...)
		leader := c.Leader(all...)
		c.MustSubmit(leader, "a")
		m := c.Member(leader)
		release := m.Disk.Hang()
		hung := time.Now()
		lost := make(chan error, 1)
		go func() { lost <- c.Submit(leader, "lost", time.Minute) }()
		rest := without(all, leader)
		c.MustSubmitWithin(rest[0], "b", 12*time.Second)
		t.Logf("others went on after %v", time.Since(hung))
		if err := m.Err(); !errors.Is(err, group.ErrHung) {
			t.Errorf("Run returned %v", err)
		}
		// Six seconds to notice, and what stop waits for.
		if took := time.Since(hung); took > 10*time.Second {
			t.Errorf("Run returned after %v", took)
		}
		release()
		if err := <-lost; !errors.Is(err, group.ErrUnknown) && !errors.Is(err, group.ErrNoLeader) {
			t.Errorf("what the hanging leader had: %v", err)
		}
		time.Sleep(time.Second)
		c.Start(leader)
		c.MustSubmit(leader, "c")
		c.Agree("c", all...)
	})
}

func TestADiskThatFailsEndsTheGroupAndNotTheProcess(t *testing.T) {
	for _, who := range []string{"leader", "follower", "candidate"} {
		t.Run(who, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
				all := []int{0, 1, 2, 3}
				start(c, all...)
				leader := c.Leader(all...)
				c.MustSubmit(leader, "a")
				victim := leader
				if who != "leader" {
					victim = without(all, leader)[0]
				}
				m := c.Member(victim)
				m.Disk.Fail(true)
				if who == "candidate" { // it cannot keep the new term
					c.Kill(leader)
				} else if err := c.Submit(leader, "b", 10*time.Second); err != nil && who != "leader" {
					t.Errorf("a follower's disk: %v", err)
				}
				if err := m.Err(); !errors.Is(err, group.ErrDisk) {
					t.Errorf("Run returned %v", err)
				}
				m.Disk.Fail(false)
				if who == "candidate" {
					c.Start(leader)
				}
				c.Start(victim)
				c.MustSubmit(victim, "c")
				c.Agree("c", all...)
			})
		})
	}
}

// TestABitThatFlipsInTheLogIsNoticed is F06: raft-wal does not look on reading.
func TestABitThatFlipsInTheLogIsNoticed(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		for i := range 5 {
			c.MustSubmit(0, fmt.Sprint("x", i))
		}
		c.Agree("x4", all...)
		c.Kill(1)
		m := c.Member(1)
		last, err := m.Disk.LastIndex()
		if err != nil {
			t.Fatal(err)
		}
		rotten := last
		for ; ; rotten-- { // the last command
			var l raft.Log
			if err := m.Disk.GetLog(rotten, &l); err != nil {
				t.Fatal(err)
			}
			if l.Type == raft.LogCommand {
				break
			}
		}
		if err := m.Disk.Rot(rotten); err != nil {
			t.Fatal(err)
		}
		m = c.Start(1)
		if err := m.Err(); !errors.Is(err, group.ErrDamaged) {
			t.Errorf("Run returned %v", err)
		}
		if got := len(m.Machine.Tape()); got > 4 {
			t.Errorf("the machine has %d commands, the fifth is damaged", got)
		}
	})
}

// slow is a machine that waits to be let go on.
type slow struct {
	group.Machine
	gate chan struct{}
}

func (s slow) Apply(index uint64, command []byte) []byte {
	<-s.gate
	return s.Machine.Apply(index, command)
}

func TestALeaderThatCannotApplyGoes(t *testing.T) {
	gate := make(map[int]chan struct{})
	tweak := func(i int, cfg *group.Config) {
		gate[i] = make(chan struct{})
		cfg.Machine = slow{cfg.Machine, gate[i]}
	}
	bubble(t, 1, tweak, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		leader := c.Leader(all...)
		for _, i := range without(all, leader) {
			close(gate[i])
		}
		begun := time.Now()
		go func() { _ = c.Submit(leader, "a", time.Minute) }()
		// Run waits a little for Raft, which waits for the machine.
		if err := c.Member(leader).Err(); !errors.Is(err, group.ErrStuck) {
			t.Errorf("Run returned %v", err)
		}
		if took := time.Since(begun); took < 30*time.Second || took > 40*time.Second {
			t.Errorf("it took %v", took)
		}
		close(gate[leader])
		rest := without(all, leader)
		c.MustSubmit(rest[0], "b")
		c.Agree("b", rest...)
		time.Sleep(time.Minute) // whoever waited for "a" has given up
	})
}

// TestASnapshotIsInstalledUnderLoad is F08, also with one that arrives damaged.
func TestASnapshotIsInstalledUnderLoad(t *testing.T) {
	often := func(_ int, cfg *group.Config) {
		cfg.SnapshotEvery, cfg.SnapshotCheck, cfg.Trailing = 16, 200*time.Millisecond, 4
	}
	bubble(t, 1, often, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3}
		start(c, all...)
		leader := c.Leader(all...)
		lagging := without(all, leader)[0]
		rest := without(all, lagging)
		c.MustSubmit(leader, "first")
		c.Kill(lagging)
		n := 0
		load := func(k int) {
			for range k {
				n++
				c.MustSubmit(rest[n%3], fmt.Sprint("x", n))
				time.Sleep(10 * time.Millisecond)
			}
		}
		load(100)
		damaged := 0
		c.Network().Set(qt.Hosts(rest...), qt.Hosts(lagging), func(l *qt.Link) {
			l.Touch = func(b []byte) []byte {
				if len(b) > 1000 && damaged < 3 {
					damaged++
					b[len(b)/2] ^= 1
				}
				return b
			}
		})
		c.Start(lagging)
		load(100)
		c.MustSubmit(leader, "last")
		if tape := c.Agree("last", all...); len(tape) != 202 {
			t.Errorf("%d commands", len(tape))
		}
		if damaged == 0 {
			t.Error("no snapshot was damaged on its way")
		}
		// All start again from snapshots of their own and of others.
		for _, i := range all {
			c.Kill(i)
		}
		start(c, all...)
		c.MustSubmit(lagging, "again")
		if tape := c.Agree("again", all...); len(tape) != 203 {
			t.Errorf("%d commands", len(tape))
		}
	})
}

// TestARefusedSnapshotOfOnesOwnEndsRun: what lies on the disk is not what the
// machine takes.
func TestARefusedSnapshotOfOnesOwnEndsRun(t *testing.T) {
	refuse := false
	tweak := func(_ int, cfg *group.Config) {
		cfg.SnapshotEvery, cfg.SnapshotCheck, cfg.Trailing = 4, 200*time.Millisecond, 1
		if refuse {
			cfg.Machine.(*qt.Machine).Refuse(errors.New("older than the ledger"))
		}
	}
	bubble(t, 1, tweak, func(t *testing.T, c *qt.Cluster) {
		start(c, 0)
		for i := range 20 {
			c.MustSubmit(0, fmt.Sprint("x", i))
		}
		time.Sleep(time.Second)
		c.Kill(0)
		refuse = true
		m := c.Start(0, 0)
		if err := m.Err(); !errors.Is(err, group.ErrSnapshot) {
			t.Errorf("Run returned %v", err)
		}
		if got := len(m.Machine.Tape()); got != 0 {
			t.Errorf("the machine has %d commands", got)
		}
	})
}

// TestALeaderOfThePastWithALongerLogComesBack: alone he wrote more than the others
// have decided since, and they have shortened their log. Raft v1.8.0 then removes his
// log for their snapshot, still counts its entries, finds none of them and asks for
// the snapshot again, for ever; so Run ends and a new group goes on.
func TestALeaderOfThePastWithALongerLogComesBack(t *testing.T) {
	often := func(_ int, cfg *group.Config) {
		cfg.SnapshotEvery, cfg.SnapshotCheck, cfg.Trailing = 4, 200*time.Millisecond, 1
	}
	bubble(t, 1, often, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		leader := c.Leader(all...)
		rest := without(all, leader)
		c.MustSubmit(leader, "a")
		clog(c, []int{leader}, rest, true)
		for i := range 50 {
			go func() { _ = c.Submit(leader, fmt.Sprint("lost", i), 100*time.Millisecond) }()
		}
		time.Sleep(10 * time.Second)
		for i := range 20 {
			c.MustSubmit(rest[0], fmt.Sprint("x", i))
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(time.Second)
		c.Network().Heal()
		restarts := 0
		for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(100 * time.Millisecond) {
			select {
			case <-c.Member(leader).Ended():
				t.Log(c.Member(leader).Err())
				restarts++
				c.Start(leader)
			default:
			}
		}
		c.MustSubmit(rest[0], "z")
		if got := len(c.Agree("z", all...)); got != 22 {
			t.Errorf("%d commands", got)
		}
		if restarts > 1 {
			t.Errorf("it ended %d times", restarts)
		}
	})
}

// TestAGroupEndsBeforeItsDiskIsFull is F03: a write that fails leaves behind what only
// somebody who looks can tell, so none is tried. With room a new group goes on.
func TestAGroupEndsBeforeItsDiskIsFull(t *testing.T) {
	var full [4]atomic.Bool
	room := func(i int, c *group.Config) {
		c.Room = func() error {
			if full[i].Load() {
				return errors.New("1 MiB is free")
			}
			return nil
		}
	}
	bubble(t, 1, room, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3}
		start(c, all...)
		leader := c.Leader(all...)
		c.MustSubmit(leader, "a")
		full[leader].Store(true)
		time.Sleep(2 * time.Second)
		m := c.Member(leader)
		if err := m.Err(); !errors.Is(err, group.ErrFull) || !strings.Contains(err.Error(), "1 MiB is free") {
			t.Errorf("Run returned %v", err)
		}
		c.MustSubmit(without(all, leader)[0], "b")
		m.Disk.Fail(true)
		if err := c.Start(leader).Err(); !errors.Is(err, group.ErrFull) {
			t.Errorf("begun on a full disk: %v", err)
		}
		m.Disk.Fail(false)
		full[leader].Store(false)
		c.Start(leader)
		c.MustSubmit(leader, "c")
		c.Agree("c", all...)
	})
}
