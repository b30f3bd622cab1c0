package quorum_test

import (
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum"
)

// 72 hours by the regulators' clocks without a quorum: what was open stays open, nothing
// becomes authoritative, and 30 seconds after the quorum's return all goes on.
func TestThreeDaysWithoutAQuorum(t *testing.T) {
	threeDays(t, func(c *council) {
		for range 72 { // all virtual hours pass in TestSoakThreeDays
			c.turn(time.Hour - 2*time.Second)
			time.Sleep(2 * time.Second)
		}
	})
}

func threeDays(t *testing.T, pass func(*council)) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		open := c.label("+8613800138000")
		c.submit("reg", c.Propose(open, "reg"))
		c.eventually("it is before all", 10*time.Second, func() bool {
			for _, m := range c.Seats() {
				if d, _ := c.all[m].Docket(); len(d.Motions) != 1 {
					return false
				}
			}
			return true
		})
		c.leave("reg3")
		c.leave("reg4")
		before := c.status("reg").Certified
		begun := c.clock()
		pass(c)
		if d := c.clock().Sub(begun); d < 72*time.Hour {
			t.Errorf("%s passed", d)
		}
		for _, m := range []string{"reg", "reg2"} {
			s := c.status(m)
			d, _ := c.all[m].Docket()
			if s.Certified != before || len(d.Motions) != 1 {
				t.Errorf("%s: certified %v from %v, %d motions open", m, s.Certified, before, len(d.Motions))
			}
			if !s.Alarm || s.Margin >= 0 {
				t.Errorf("%s has no alarm: %d live", m, s.Live)
			}
		}
		c.start("reg3")
		back := time.Now()
		c.Now = c.clock().Unix()
		for _, m := range []string{"reg2", "reg3"} {
			v := c.Vote(open, m, nil)
			c.submit("reg", ballot.VoteCommand(&v))
		}
		c.everywhere(open, 30*time.Second-time.Since(back), "reg", "reg2", "reg3")
		t.Logf("all went on %s after the quorum came back", time.Since(back))
		c.start("reg4")
		c.everywhere(open, 30*time.Second, "reg4")
		c.settled(c.Seats()...)
		c.oneLedger(c.Seats()...)
	})
}

// Of five, three are a majority for Raft and no quorum: what enters is not certified, and
// no more of it is taken than has a place in memory. The refusal says why, and passes with
// its reason.
func TestWhatIsNotCertifiedHasABound(t *testing.T) {
	const most = 20
	bubble(t, func(t *testing.T) {
		c := sitWith(t, 5, 1, func(cfg *quorum.Config) { cfg.Backlog = most })
		defer c.close()
		c.begun(c.Seats()...)
		before := c.settled(c.Seats()...)
		c.leave("reg4")
		c.leave("reg5")
		refusal := func(m string, command []byte) *enact.Refusal {
			a, err := c.all[m].Submit(t.Context(), command)
			if err != nil {
				t.Fatal(err)
			}
			return a.Refusal
		}
		var refused *enact.Refusal
		for i := 0; refused == nil && i < most; i++ {
			p := c.label("+86138001390" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
			refused = refusal("reg2", c.Propose(p, "reg"))
			for _, m := range []string{"reg2", "reg3", "reg4"} { // a vote comes also from who is not there
				if v := c.Vote(p, m, nil); refused == nil {
					refused = refusal("reg3", ballot.VoteCommand(&v))
				}
			}
		}
		if refused == nil || refused.Code != enact.Uncertified {
			t.Fatalf("it is refused for %v", refused)
		}
		t.Log(refused.Words)
		time.Sleep(time.Minute)
		for _, m := range c.but("reg4", "reg5") {
			if s := c.status(m); s.Certified != before || s.Applied < before.Size+most || s.Applied > before.Size+most+4 {
				t.Errorf("%s applied %d entries, %d are certified", m, s.Applied, s.Certified.Size)
			}
		}
		p := c.label("+8613800138000")
		if r := refusal("reg", c.Propose(p, "reg")); r == nil || r.Code != enact.Uncertified {
			t.Errorf("it was taken: %v", r)
		}
		c.start("reg4")
		c.carry(p, "reg", "reg2", "reg3", "reg4")
		c.everywhere(p, 60*time.Second, c.but("reg5")...)
		c.start("reg5")
	})
}
