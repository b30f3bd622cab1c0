package quorum_test

import (
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/consensus/quorum/standing"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// rekey has members replace the cosigning and the voting key of another, which then sits
// down with them and a new state.
func (c *council) rekey(member string, vote, cosign keys.Private, members ...string) {
	c.Helper()
	c.sync(members[0])
	a := &article.RegulatorRekeying{Member: member, Vote: vote.Public(), Cosign: cosign.Public()}
	endorsers := []keys.Private{cosign}
	if vote.Public() != c.all[member].vote.Public() {
		endorsers = append(endorsers, vote)
	}
	p := c.Motion(motion.RekeyRegulator, c.Article(a, endorsers...), nil)
	c.carry(p, members...)
	c.everywhere(p, 60*time.Second, members...)
	if _, up := c.hosts[hostKey(member)]; up {
		c.leave(member)
	}
	r := c.all[member]
	r.vote, r.cosign, r.keeper = vote, cosign, &quorumtest.Keeper{}
	c.start(member)
	c.State = ballot.NewState(c.all[members[0]].Follower().Past())
}

// F09: a regulator whose disk is that of yesterday says nothing once it sees a signature
// of its own that it does not know, says why, and never signs against itself; the others
// go on, and with new keys it takes part again.
func TestADiskThatWentBackIsRekeyed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		r := c.all["reg4"]
		yesterday, _ := r.keeper.State()
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg4")
		c.everywhere(p, 10*time.Second, c.Seats()...)
		tree := c.settled(c.Seats()...)
		// A rollback that nothing reveals is none that anybody could notice: the others
		// must hold its cosignature, which may come after the checkpoint has enough.
		c.eventually("the others hold its cosignature", 90*time.Second, func() bool {
			for _, m := range c.Seats() { // its own disk as well
				for _, seat := range c.status(m).Regulators {
					if seat.Member == "reg4" && seat.Cosigned == 0 {
						return false
					}
				}
			}
			return true
		})
		c.leave("reg4")
		_ = r.keeper.Keep(yesterday)
		c.start("reg4")
		c.eventually("it is silent", 90*time.Second, func() bool { return c.status("reg4").Silence == standing.SilentLost })
		if why := c.status("reg4").Why; !strings.Contains(why, "new cosigning key") {
			t.Errorf("it says %q", why)
		}
		q := c.label("+8613800138001")
		c.carry(q, "reg", "reg2", "reg3")
		c.everywhere(q, 20*time.Second, c.Seats()...)
		if _, err := r.Realign(); err == nil {
			t.Error("it promised something")
		}
		if kept, _ := r.keeper.State(); kept.Cosigned.Size > tree.Size {
			t.Errorf("it cosigned %v", kept.Cosigned)
		}
		c.leave("reg4") // and is so after a restart
		c.start("reg4")
		if s := c.status("reg4"); s.Running && s.Silence != standing.SilentLost {
			t.Errorf("after a restart: %q", s.Silence)
		}
		c.rekey("reg4", chartertest.Key("vote", "reg4 anew"), chartertest.Key("cosign", "reg4 anew"), "reg", "reg2", "reg3")
		c.leave("reg3")
		last := c.label("+8613800138002")
		c.submit("reg", c.Propose(last, "reg"))
		for _, key := range []keys.Private{ballottest.VoteKey("reg2"), r.vote} {
			v := c.VoteBy(last, key, nil)
			c.submit("reg", ballot.VoteCommand(&v))
		}
		c.everywhere(last, 60*time.Second, "reg", "reg2", "reg4")
		c.oneLedger("reg", "reg2", "reg4")
		c.start("reg3")
	})
}

// Only the certification state went back: the ledger that is held shows a cosignature which
// is not remembered, also while nobody else can be reached.
func TestAStateThatWentBackIsSeenAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		yesterday, _ := c.all["reg4"].keeper.State()
		c.leave("reg3")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg4")
		c.everywhere(p, 10*time.Second, "reg", "reg2", "reg4")
		c.settled("reg", "reg2", "reg4")
		c.leave("reg4")
		_ = c.all["reg4"].keeper.Keep(yesterday)
		c.apart([]string{"reg4"}, c.but("reg4"), true)
		c.start("reg4")
		time.Sleep(time.Second)
		if s := c.status("reg4"); s.Silence != standing.SilentLost {
			t.Errorf("it goes on: %q", s.Silence)
		}
	})
}

// The same after a realignment: whoever was re-keyed, or admitted, since a generation
// began has nothing to promise, and joins it by itself.
func TestANewKeyJoinsTheGenerationThatThereIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		three := []string{"reg", "reg2", "reg3"}
		c.leave("reg4")
		c.realign(1, three...)
		c.rekey("reg4", ballottest.VoteKey("reg4"), chartertest.Key("cosign", "reg4 anew"), three...)
		c.inGeneration(1, "reg4")
		c.leave("reg2")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg3", "reg4")
		c.everywhere(p, 60*time.Second, "reg", "reg3", "reg4")
		c.start("reg2")
		c.seat("op", "reg", "reg3", "reg4")
		c.inGeneration(1, "op")
	})
}

// F22: whoever has one regulator's cosigning key certifies nothing with it. The regulator
// is silent when it is shown what it never said, and with another key takes part again;
// what the old one signs then is no regulator's word.
func TestAStolenKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		before := c.settled(c.Seats()...)
		stolen := c.all["reg4"].cosign
		c.liars[stolen.Public()] = true
		c.rough = true
		say := func(size uint64, root byte, to ...string) {
			tree := checkpoint.Tree{Size: size, Root: merkle.Hash{root}}
			for _, m := range to {
				for _, saying := range []certify.Saying{certify.Reported, certify.Locked, certify.Cosigned} {
					if err := c.tell("reg", m, quorum.Message(quorum.AboutWords, c.word(saying, cosign.Generation{}, tree, stolen))); err != nil {
						t.Error(err)
					}
				}
			}
		}
		say(before.Size+1, 1, "reg2", "reg3")
		say(before.Size+1, 2, "reg2", "reg3", "reg4")
		time.Sleep(2 * time.Second)
		for _, m := range []string{"reg2", "reg3"} {
			if s := c.status(m); len(s.Conflicts) != 1 || s.Conflicts[0].Member != "reg4" || s.Certified != before {
				t.Errorf("%s: %+v", m, s)
			}
		}
		if s := c.status("reg4"); s.Silence != standing.SilentLost {
			t.Errorf("the regulator goes on: %q", s.Silence)
		}
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 20*time.Second, c.Seats()...)
		c.rekey("reg4", ballottest.VoteKey("reg4"), chartertest.Key("cosign", "reg4 anew"), "reg", "reg2", "reg3")
		after := c.settled("reg", "reg2", "reg3")
		say(after.Size, 3, "reg", "reg2", "reg3", "reg4")
		say(after.Size+1, 3, "reg", "reg2", "reg3", "reg4")
		for _, m := range []string{"reg", "reg2", "reg3"} {
			if s := c.status(m); len(s.Reports)+len(s.Locks)+len(s.Cosignatures) > 0 {
				t.Errorf("%s counts the old key: %+v", m, s)
			}
		}
		c.leave("reg3")
		q := c.label("+8613800138001")
		c.carry(q, "reg", "reg2", "reg4")
		c.everywhere(q, 60*time.Second, "reg", "reg2", "reg4")
		c.start("reg3")
	})
}

// Where fewer than four decide nobody can go on without the one that lost its state, so
// it takes what all others know for what it signed.
func TestOfThreeOneAdoptsWhatTheOthersKnow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 3)
		defer c.close()
		c.begun(c.Seats()...)
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, c.Seats()...)
		tree := c.settled(c.Seats()...)
		r := c.all["reg3"]
		c.leave("reg3")
		r.keeper = &quorumtest.Keeper{}
		_ = r.keeper.Forget("the file is gone")
		c.start("reg3")
		q := c.label("+8613800138001")
		c.carry(q, "reg", "reg2", "reg3")
		time.Sleep(time.Minute)
		if c.all["reg"].holds(q) || c.status("reg3").Silence != standing.SilentLost {
			t.Errorf("it signs what it does not remember: %+v", c.status("reg3"))
		}
		note := func(m string) []byte { return c.all[m].Follower().Standing().Note.Bytes() }
		if err := r.Adopt(t.Context(), map[string][]byte{"reg": note("reg"), "reg2": note("reg2")}); err == nil {
			t.Error("it adopted while it runs")
		}
		c.leave("reg3")
		c.unstarted("reg3")
		if err := r.Adopt(t.Context(), map[string][]byte{"reg": note("reg")}); err == nil {
			t.Error("it asked one member and adopted")
		}
		if err := r.Adopt(t.Context(), map[string][]byte{"reg": note("reg"), "reg2": note("reg2"), "nobody": nil}); err == nil {
			t.Error("it asked a stranger and adopted")
		}
		if err := r.Adopt(t.Context(), map[string][]byte{"reg": note("reg"), "reg2": note("reg2")}); err != nil {
			t.Fatal(err)
		}
		if s, lost := r.keeper.State(); lost != "" || s.Cosigned.Size < tree.Size {
			t.Errorf("it has %v, lost %q", s, lost)
		}
		c.start("reg3")
		c.everywhere(q, 60*time.Second, c.Seats()...)
		c.oneLedger(c.Seats()...)
	})
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.leave("reg4")
		_ = c.all["reg4"].keeper.Forget("the file is gone")
		c.unstarted("reg4")
		if err := c.all["reg4"].Adopt(t.Context(), map[string][]byte{"reg": nil, "reg2": nil}); err == nil {
			t.Error("of four one adopted what others say")
		}
	})
}

// A regulator that promised itself to a generation and then lost its state does not begin
// it: there is nothing to begin from. It goes on following.
func TestWhoLostItsStateJoinsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		r := c.all["reg4"]
		if _, err := r.Realign(); err != nil {
			t.Fatal(err)
		}
		word := c.word(certify.Reported, cosign.Generation{}, checkpoint.Tree{Size: 999, Root: merkle.Hash{1}}, r.cosign)
		if err := c.tell("reg", "reg4", quorum.Message(quorum.AboutWords, word)); err != nil {
			t.Fatal(err)
		}
		if s := c.status("reg4"); s.Silence != standing.SilentLost {
			t.Fatalf("it is silent for %q", s.Silence)
		}
		c.realign(1, "reg", "reg2", "reg3")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 60*time.Second, c.Seats()...)
		time.Sleep(time.Minute)
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.ended) > 0 {
			t.Errorf("its runs ended with %v", r.ended)
		}
	})
}
