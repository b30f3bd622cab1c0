package quorum_test

import (
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum"
	"ringfence/store/motion"
)

// A regulator that claims to hold next to nothing, in the times that it gives, keeps no
// tick from counting for what the others hold: no wait and no deadline is held up.
func TestATimeOfLittleHoldsNothingUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		liar := c.but(c.leader())[0]
		c.mu.Lock()
		c.filter = func(from, _ string, message []byte) []byte {
			if from != liar || !quorum.IsAbout(message, quorum.AboutTime) {
				return message
			}
			return quorum.Retold(message, func(part []byte) []byte {
				e, err := motion.OpenEntry(part, c.State.Constitution().Federation())
				if err != nil {
					t.Error(err)
					return part
				}
				one := e.(motion.Tick).Times[0]
				one.Size = one.Previous + 1
				if one, err = one.Sign(ballottest.VoteKey(liar)); err != nil {
					t.Error(err)
				}
				return motion.Tick{Times: []motion.Time{one}}.Bytes()
			})
		}
		c.mu.Unlock()
		honest := c.but(liar)
		for i, number := range []string{"+8613800138000", "+8613800138001", "+8613800138002"} {
			p := c.label(number)
			c.carry(p, honest...)
			c.everywhere(p, 20*time.Second, honest...)
			r := c.all[honest[0]]
			c.eventually("a tick covers the motion", 20*time.Second, func() bool {
				r.mu.Lock()
				defer r.mu.Unlock()
				entered := false
				for _, d := range r.enacted {
					entered = entered || d.Motion != nil && d.Motion.Motion.ID == p.ID
					if entered && d.Tick != 0 {
						if d.Below < d.First {
							t.Errorf("tick %d, at entry %d, counts for what lies below %d", i, d.First, d.Below)
						}
						return true
					}
				}
				return false
			})
		}
	})
}

// Who asks for times again and again makes no ticks of them: they are given when one is
// due, so nobody alone makes the ledger grow.
func TestTimesAreGivenWhenATickIsDue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		given := 0
		c.mu.Lock()
		c.filter = func(_, _ string, message []byte) []byte {
			if quorum.IsAbout(message, quorum.AboutTime) {
				given++
			}
			return message
		}
		c.mu.Unlock()
		ask := func() int {
			t.Helper()
			for range 20 {
				if err := c.tell("reg4", "reg", quorum.Message(quorum.AboutNoTime)); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			return given
		}
		time.Sleep(time.Minute)
		if now := time.Now().UTC(); now.Hour() == 23 && now.Minute() > 57 {
			t.Fatal("a day turns in this test")
		}
		if n := ask(); n != 0 {
			t.Errorf("%d times were given when no tick was due", n)
		}
		c.turn(2 * time.Hour)
		if ask() == 0 {
			t.Error("no time was given when a tick was due")
		}
	})
}
