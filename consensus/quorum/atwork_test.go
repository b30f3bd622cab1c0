package quorum_test

import (
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/standing"
)

// idle is why a regulator is not at work, as another sees it.
func (c *council) idle(sees, member string) standing.Idle {
	for _, seat := range c.status(sees).Regulators {
		if seat.Member == member {
			return seat.Idle
		}
	}
	return "no seat"
}

// waits has voters decide something that may not be certified.
func (c *council) waits(number string, voters ...string) {
	p := c.label(number)
	c.submit(voters[0], c.Propose(p, voters[0]))
	for _, m := range voters[1:] {
		v := c.Vote(p, m, nil)
		c.submit(voters[0], ballot.VoteCommand(&v))
	}
}

// Who is promised to another generation goes on cosigning what the others lock, and is not
// at work: one more loss stops the ledger. Once that happens everybody says so as soon as
// entries wait, and does not count who only cosigned for the two minutes that it may.
func TestWhoIsPromisedAwayIsNotAtWork(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, c.Seats()...)
		c.settled(c.Seats()...)
		if _, err := c.all["reg4"].Realign(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute) // it cosigns anew meanwhile
		for _, m := range c.Seats() {
			if s := c.status(m); s.Live != 3 || s.Margin != 0 || !s.Alarm || s.Stopped != "" || c.idle(m, "reg4") != standing.IdlePromised {
				t.Errorf("%s, with one promised away: at work %d, margin %d, alarm %t, stopped %q, reg4 %q", m, s.Live, s.Margin, s.Alarm, s.Stopped, c.idle(m, "reg4"))
			}
		}
		q := c.label("+8613800138001")
		c.carry(q, "reg", "reg2", "reg3")
		c.everywhere(q, 10*time.Second, c.Seats()...) // and what the others lock is certified
		c.leave("reg3")
		c.waits("+8613800138002", "reg", "reg2", "reg4")
		time.Sleep(20 * time.Second)
		for _, m := range []string{"reg", "reg2", "reg4"} {
			if s := c.status(m); s.Live != 2 || s.Margin != -1 || s.Stopped != standing.StopUncertified || s.Waited <= 0 || c.idle(m, "reg3") != standing.IdleSilent {
				t.Errorf("%s, with another gone: at work %d, margin %d, stopped %q for %s, reg3 %q", m, s.Live, s.Margin, s.Stopped, s.Waited, c.idle(m, "reg3"))
			}
		}
		for _, m := range []string{"reg", "reg2"} { // what leads back
			if _, err := c.all[m].Realign(); err != nil {
				t.Fatal(err)
			}
		}
		c.inGeneration(1, "reg", "reg2", "reg4")
		c.start("reg3")
		c.everywhere(q, 20*time.Second, "reg3")
		c.eventually("reg3 is told of the generation, and the others that it is behind", 3*time.Minute, func() bool {
			ok := c.status("reg3").Realign.Begun == 1
			for _, m := range c.Seats() {
				s := c.status(m)
				ok = ok && s.Live == 3 && s.Margin == 0 && s.Stopped == "" && c.idle(m, "reg3") == standing.IdleBehind
			}
			return ok
		})
		r := c.label("+8613800138003")
		c.carry(r, "reg", "reg2", "reg4")
		c.everywhere(r, 20*time.Second, c.Seats()...)
		time.Sleep(3 * time.Minute) // it cosigns with the others, and is behind all the same
		for _, m := range c.Seats() {
			if s := c.status(m); s.Live != 3 || s.Stopped != "" {
				t.Errorf("%s, with one behind: at work %d, stopped %q, reg3 %q", m, s.Live, s.Stopped, c.idle(m, "reg3"))
			}
		}
		if _, err := c.all["reg3"].Realign(); err != nil {
			t.Fatal(err)
		}
		c.inGeneration(1, "reg3")
		c.eventually("all are at work", 3*time.Minute, func() bool {
			for _, m := range c.Seats() {
				if s := c.status(m); s.Live != 4 || s.Alarm {
					return false
				}
			}
			return true
		})
	})
}

// Two of four go. Long before their last cosignatures are too old the others know of no
// leader, and nothing that they have submitted is certified: the ledger has stopped, and not
// with the next loss.
func TestWhoKnowsNoLeaderSaysThatTheLedgerStopped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		c.eventually("all cosigned", 3*time.Minute, func() bool { return c.status("reg").Live == 4 && c.status("reg2").Live == 4 })
		c.leave("reg3")
		c.leave("reg4")
		time.Sleep(40 * time.Second)
		for _, m := range []string{"reg", "reg2"} {
			s := c.status(m)
			if s.Stopped != standing.StopNoLeader || s.Margin >= 0 || !s.Alarm || s.Live != 2 {
				t.Errorf("%s: stopped %q for %s, at work %d, margin %d, alarm %t", m, s.Stopped, s.Waited, s.Live, s.Margin, s.Alarm)
			}
		}
		c.start("reg3")
		c.eventually("they go on", 3*time.Minute, func() bool {
			s := c.status("reg")
			return s.Stopped == "" && s.Live == 3 && s.Margin == 0
		})
	})
}

// One of four reports nothing and goes on cosigning: a checkpoint that is certified does not
// tell that it is at work. Once entries wait, that it reports none of them does.
func TestWhoOnlyCosignsIsNotAtWork(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		c.eventually("all cosigned", 3*time.Minute, func() bool { return c.status("reg").Live == 4 })
		c.mu.Lock()
		c.filter = func(from, _ string, b []byte) []byte {
			if from != "reg4" {
				return b
			}
			return quorum.Without(b, certify.Reported, certify.Locked)
		}
		c.mu.Unlock()
		c.leave("reg3")
		c.waits("+8613800138002", "reg", "reg2", "reg4")
		time.Sleep(20 * time.Second)
		if s := c.status("reg"); s.Live != 2 || s.Margin != -1 || s.Stopped != standing.StopUncertified || c.idle("reg", "reg4") != standing.IdleMute {
			t.Errorf("at work %d, margin %d, stopped %q, reg4 %q", s.Live, s.Margin, s.Stopped, c.idle("reg", "reg4"))
		}
		c.mu.Lock()
		c.filter = nil
		c.mu.Unlock()
		c.eventually("they go on", time.Minute, func() bool { return c.status("reg").Margin == 0 })
	})
}

// Who lost its seat hears of no leader any more, and does not take that for the end.
func TestWhoLostItsSeatDoesNotSayThatTheLedgerStopped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		c.unseat("reg4", "reg", "reg2", "reg3")
		time.Sleep(time.Minute)
		if s := c.status("reg4"); !s.Running || s.Stopped != "" || s.Margin < 0 {
			t.Errorf("runs %t, stopped %q, margin %d", s.Running, s.Stopped, s.Margin)
		}
	})
}
