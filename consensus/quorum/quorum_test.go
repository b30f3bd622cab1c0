package quorum_test

import (
	"sync/atomic"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/quorum"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

func TestFourRegulatorsEnact(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.eventually("the ledger has its first tick", 20*time.Second, func() bool { return c.all["reg"].Follower().Standing().Tick > 0 })
		p := c.label("+8613800138000")
		begun := time.Now()
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 5*time.Second, c.Seats()...)
		t.Logf("enacted everywhere after %s", time.Since(begun))
		c.eventually("a tick follows", 5*time.Second, func() bool {
			r := c.all["reg4"]
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.enacted[len(r.enacted)-1].Tick > 0
		})
		c.oneLedger(c.Seats()...)
	})
}

// begun waits for the first tick at members.
func (c *council) begun(members ...string) {
	c.Helper()
	c.eventually("the ledger has its first tick", 20*time.Second, func() bool {
		for _, m := range members {
			if c.all[m].Follower().Standing().Tick == 0 {
				return false
			}
		}
		return true
	})
}

func TestOneRegulatorEnacts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 1)
		defer c.close()
		c.begun("reg")
		p := c.label("+8613800138000")
		c.carry(p, "reg")
		c.everywhere(p, 5*time.Second, "reg")
	})
}

// With one of four gone all goes on, with two nothing becomes authoritative; what was
// voted on meanwhile is enacted when one comes back, and who was away longest has it all.
func TestRegulatorsComeAndGo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.leave("reg4")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, "reg", "reg2", "reg3")

		c.leave("reg3")
		before := c.all["reg"].Follower().Standing().Size()
		time.Sleep(time.Minute)
		if got := c.all["reg"].Follower().Standing().Size(); got != before {
			t.Errorf("two of four certified %d entries, from %d", got, before)
		}
		c.start("reg3")
		q := c.label("+8613800138001")
		c.carry(q, "reg", "reg2", "reg3")
		c.everywhere(q, 20*time.Second, "reg", "reg2", "reg3")
		c.start("reg4")
		c.everywhere(q, 20*time.Second, c.Seats()...)
		c.everywhere(p, time.Second, c.Seats()...)
		c.oneLedger(c.Seats()...)
	})
}

// Who was away while a checkpoint was certified cosigns it once back, though nothing more
// is decided: else all would say for an hour that one more loss stops them.
func TestWhoWasAwayCosignsWhatIsNewest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.leave("reg4")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		three := []string{"reg", "reg2", "reg3"}
		c.everywhere(p, 10*time.Second, three...)
		newest := c.settled(three...)
		time.Sleep(10 * time.Second)
		c.start("reg4")
		c.eventually("all four are there", 3*time.Minute, func() bool {
			for _, m := range c.Seats() {
				if s := c.status(m); s.Certified != newest || s.Live != 4 || s.Alarm || c.all[m].Follower().Standing().By != 4 {
					return false
				}
			}
			return true
		})
	})
}

// All go down at once, and go on where they were.
func TestAllRestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, "reg")
		for _, m := range c.Seats() {
			c.leave(m)
		}
		for _, m := range c.Seats() {
			c.start(m)
		}
		c.everywhere(p, 20*time.Second, c.Seats()...)
		q := c.label("+8613800138001")
		c.carry(q, "reg2", "reg3", "reg4")
		c.everywhere(q, 20*time.Second, c.Seats()...)
		c.oneLedger(c.Seats()...)
	})
}

// seat has the regulators admit a member, which takes part as soon as it is proposed.
func (c *council) seat(member string, voters ...string) {
	c.Helper()
	c.sync(voters[0])
	p := c.Admit(member)
	c.submit(voters[0], c.Propose(p, voters[0]))
	if c.all[member] == nil {
		c.start(member)
	}
	for _, m := range voters[1:] {
		v := c.Vote(p, m, nil)
		c.submit(voters[0], ballot.VoteCommand(&v))
	}
	c.everywhere(p, 30*time.Second, append(voters, member)...)
}

// sync has what is proposed next stand on the ledger as it is certified.
func (c *council) sync(by string) {
	c.Helper()
	c.eventually("all that is decided is certified", 20*time.Second, func() bool {
		d, ok := c.all[by].Docket()
		return ok && d.Paused == nil && d.NotCarried == nil && d.Size == c.all[by].Follower().Standing().Size()
	})
	c.State = ballot.NewState(c.all[by].Follower().Past())
	c.Now = c.clock().Unix()
}

// A quorum grows from one to five, one being down at the last step, and shrinks to one
// again, which is none of those that it began with.
func TestGrowAndShrink(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 1)
		defer c.close()
		c.begun("reg")
		c.seat("op", "reg")
		c.seat("vendor", "reg", "op")
		c.seat("x4", "reg", "op", "vendor")
		c.leave("vendor")
		c.seat("x5", "reg", "op", "x4")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "op", "x4", "x5")
		c.everywhere(p, 20*time.Second, "reg", "op", "x4", "x5")

		c.start("vendor")
		c.everywhere(p, 20*time.Second, "vendor")
		c.unseat("x5", "reg", "op", "x4", "vendor")
		c.unseat("reg", "op", "x4", "vendor")
		q := c.label("+8613800138001")
		c.carry(q, "op", "x4", "vendor")
		c.everywhere(q, 20*time.Second, "op", "x4", "vendor")
		c.oneLedger("op", "x4", "vendor")

		c.unseat("x4", "op", "x4", "vendor")
		c.unseat("vendor", "op", "vendor")
		last := c.label("+8613800138002")
		c.carry(last, "op")
		c.everywhere(last, 20*time.Second, "op")
		if n := len(c.all["op"].Follower().Standing().State.Regulators()); n != 1 {
			t.Errorf("%d regulators are left", n)
		}
	})
}

// unseat has the regulators take a member's seat away.
func (c *council) unseat(member string, voters ...string) {
	c.Helper()
	c.sync(voters[0])
	p := c.Motion(motion.RemoveRegulator, c.Article(&article.RegulatorRemoval{Member: member, Roles: []article.Role{article.Coordinator}}), nil)
	c.carry(p, voters...)
	c.everywhere(p, 30*time.Second, voters...)
}

// Clocks that are set back by a day stop no duty: what was lost is said again.
func TestClocksThatAreSetBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var back atomic.Int64
		c := sitWith(t, 4, 1, func(cfg *quorum.Config) {
			cfg.Now = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
		})
		defer c.close()
		c.begun(c.Seats()...)
		c.leave("reg4")
		p := c.label("+8613800138000")
		back.Store(int64(24 * time.Hour))
		c.mu.Lock()
		c.mute["reg2"] = true
		c.mu.Unlock()
		c.carry(p, "reg", "reg2", "reg3")
		time.Sleep(10 * time.Second)
		c.mu.Lock()
		c.mute["reg2"] = false
		c.mu.Unlock()
		c.everywhere(p, 30*time.Second, "reg", "reg2", "reg3")
	})
}
