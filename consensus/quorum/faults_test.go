package quorum_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/group/grouptest"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/consensus/quorum/standing"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// F18: a leader tells each of the others another story, signs all of them, and so stops
// the quorum; nobody cosigns anything, all hold the evidence, and after a realignment
// what was decided before stands and what was before the regulators is again.
func TestALeaderTellsTwoStories(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		p := c.label("+8613800138000")
		c.carry(p, c.Seats()[:3]...)
		c.everywhere(p, 10*time.Second, c.Seats()...)
		before := c.settled(c.Seats()...)
		liar := c.leader()
		honest := c.but(liar)
		at := make(map[string]*place)
		for _, m := range honest {
			one := c.place(m)
			at[m] = &one
		}
		l := c.lie(liar, nil)
		var stories []ballottest.Proposal
		for i, m := range honest {
			story := c.label([]string{"+8613800138001", "+8613800138002", "+8613800138003"}[i])
			stories = append(stories, story)
			if err := at[m].leads(l, m, c.carrying(story, c.Seats()[:3]...)...); err != nil {
				t.Fatal(m, err)
			}
		}
		trees := make(map[checkpoint.Tree]bool)
		for range 30 { // it leads on, and signs whatever others report
			for _, m := range honest {
				_ = at[m].leads(l, m)
				for _, a := range c.status(m).Reports {
					trees[a.Tree] = true
				}
				for tree := range trees {
					for _, saying := range []certify.Saying{certify.Reported, certify.Locked, certify.Cosigned} {
						if err := c.tell(liar, m, quorum.Message(quorum.AboutWords, c.word(saying, cosign.Generation{}, tree, c.all[liar].cosign))); err != nil {
							t.Error(err)
						}
					}
				}
			}
			time.Sleep(200 * time.Millisecond)
		}
		if len(trees) != 3 {
			t.Errorf("the regulators report %d trees", len(trees))
		}
		for _, m := range honest {
			s := c.status(m)
			if s.Certified != before {
				t.Errorf("%s has %v certified, from %v", m, s.Certified, before)
			}
			if k, _ := c.all[m].keeper.State(); k.Cosigned.Size > before.Size {
				t.Errorf("%s cosigned %v", m, k.Cosigned)
			}
			if !s.Diverging || !slices.ContainsFunc(s.Conflicts, func(l standing.Lie) bool { return l.Member == liar }) {
				t.Errorf("%s does not see it: diverging %v, conflicts %v", m, s.Diverging, s.Conflicts)
			}
		}
		c.realign(1, honest...)
		for _, story := range stories {
			c.everywhere(story, 60*time.Second, honest...)
		}
		c.everywhere(p, time.Second, honest...)
		c.oneLedger(honest...)
	})
}

// F17: a leader rewrites what was committed. Whom it tells so stops and begins anew with
// what it had; nothing that was decided changes anywhere, and all goes on.
func TestALeaderRewritesHistory(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		p := c.label("+8613800138000")
		c.carry(p, c.Seats()[:3]...)
		c.everywhere(p, 10*time.Second, c.Seats()...)
		before := c.settled(c.Seats()...)
		liar := c.leader()
		honest := c.but(liar)
		l := c.lie(liar, nil)
		victim := honest[0]
		at := c.place(victim)
		d := c.all[victim].log()
		for i := at.index; ; i-- { // the vote that carried it
			var held, prev raft.Log
			if err := errors.Join(d.GetLog(i, &held), d.GetLog(i-1, &prev)); err != nil {
				t.Fatal(err)
			}
			if ballot.VerbOf(held.Data) == ballot.Vote {
				at.index, at.logTerm = prev.Index, prev.Term
				break
			}
		}
		if err := at.leads(l, victim, ballot.MarkCommand()); err == nil {
			t.Error("committed entries were rewritten")
		}
		time.Sleep(3 * time.Second)
		r := c.all[victim]
		r.mu.Lock()
		if len(r.ended) != 1 || !errors.Is(r.ended[0], group.ErrRewritten) {
			t.Errorf("the runs of %s ended with %v", victim, r.ended)
		}
		r.mu.Unlock()
		q := c.label("+8613800138001")
		c.carry(q, honest...)
		c.everywhere(q, 20*time.Second, honest...)
		for _, m := range honest {
			if tree, _, err := c.all[m].Follower().At(t.Context(), before); err != nil || tree.Size() != before.Size {
				t.Errorf("%s holds another ledger than was certified: %v", m, err)
			}
		}
		c.oneLedger(honest...)
	})
}

// F19: whatever is brought into Raft's log without the votes that it takes is a refusal,
// alike at everybody, and makes no entry.
func TestMaliciousCommandsAreRefusedAlike(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		before := c.settled(c.Seats()...)
		p := c.label("+8613800138000")
		forged := c.Vote(p, "reg", func(v *motion.Vote) { v.For = false })
		forged.For = true
		stranger := c.VoteBy(p, chartertest.Key("vote", "nobody"), nil)
		own := c.Vote(p, "reg", nil)
		elsewhere := c.Vote(p, "reg", func(v *motion.Vote) { v.Federation = p.ID })
		otherItems := ballot.ProposeCommand(&p.Signed, c.label("+8613800138009").Items, &own)
		tick := c.Times([]string{"reg", "reg2"}, nil)
		commands := [][]byte{
			[]byte("junk"), ballot.ProposeCommand(&p.Signed, p.Items, &forged), ballot.ProposeCommand(&p.Signed, p.Items, &stranger),
			ballot.ProposeCommand(&p.Signed, p.Items, &elsewhere), otherItems, ballot.TickCommand(&tick),
			ballot.SettleCommand([]byte("no note")), c.Propose(p, "reg"), c.Propose(p, "reg"), ballot.VoteCommand(&stranger),
		}
		v := c.Vote(p, "reg2", nil)
		commands = append(commands, ballot.VoteCommand(&v), ballot.VoteCommand(&v), ballot.VoteCommand(&own)) // two, said often
		for i, command := range commands {
			c.submit(c.Seats()[i%4], command)
		}
		if _, err := c.all["reg"].Submit(t.Context(), make([]byte, 5<<20)); !errors.Is(err, group.ErrTooLarge) {
			t.Errorf("5 MiB: %v", err)
		}
		time.Sleep(2 * time.Second)
		first, _ := c.all["reg"].Docket()
		if first.Refused != 7 {
			t.Errorf("%d of the commands are refused: %+v", first.Refused, first.Refusals)
		}
		for _, m := range c.Seats() {
			d, _ := c.all[m].Docket()
			if !slices.Equal(d.Refusals, first.Refusals) || len(d.Motions) != 1 || d.Size != before.Size {
				t.Errorf("%s has %+v", m, d)
			}
		}
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, c.Seats()...)
	})
}

// F20: a regulator reports, locks and cosigns wrong trees, old ones and garbage, or says
// nothing. The others certify without it, know that they cannot spare another, and count
// nothing of what it says.
func TestAFollowerLiesAndWithholds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		before := c.settled(c.Seats()...)
		time.Sleep(2 * time.Minute)
		if s := c.status("reg"); s.Alarm || s.Margin != 1 || s.Live != 4 {
			t.Errorf("all are there: %+v", s)
		}
		liar := c.but(c.leader())[0]
		honest := c.but(liar)
		c.lie(liar, nil)
		key := c.all[liar].cosign
		p := c.label("+8613800138000")
		c.submit(honest[0], c.Propose(p, honest[0]))
		for i := range 20 {
			for _, m := range honest {
				size := before.Size + uint64(i%4)
				for _, tree := range []checkpoint.Tree{{Size: size, Root: merkle.Hash{byte(i)}}, {Size: before.Size - 1, Root: merkle.Hash{1}}, {Size: math.MaxUint64, Root: merkle.Hash{2}}} {
					for _, saying := range []certify.Saying{certify.Reported, certify.Locked, certify.Cosigned} {
						if err := c.tell(liar, m, quorum.Message(quorum.AboutWords, c.word(saying, cosign.Generation{}, tree, key))); err != nil {
							t.Error(err)
						}
					}
				}
				for _, garbage := range [][]byte{nil, {0xff}, quorum.Message(quorum.AboutWords, []byte("x")), quorum.Message(quorum.AboutTime, []byte("x")), quorum.Message(quorum.AboutRecord, []byte("x")), quorum.Message(quorum.AboutPromise)} {
					if err := c.tell(liar, m, garbage); err == nil && !bytes.Equal(garbage, quorum.Message(quorum.AboutPromise)) {
						t.Errorf("%q was taken", garbage)
					}
				}
			}
			time.Sleep(50 * time.Millisecond)
		}
		for _, m := range honest[1:] {
			v := c.Vote(p, m, nil)
			c.submit(honest[0], ballot.VoteCommand(&v))
		}
		c.everywhere(p, 20*time.Second, honest...)
		time.Sleep(4 * time.Minute)
		c.settled(honest...)
		for _, m := range honest {
			s := c.status(m)
			if !s.Alarm || s.Margin != 0 || s.Live != 3 {
				t.Errorf("%s has no alarm: %d live, margin %d", m, s.Live, s.Margin)
			}
			for _, seat := range s.Regulators {
				if seat.Lied != (seat.Member == liar) || seat.Live == (seat.Member == liar) {
					t.Errorf("%s believes of %s: %+v", m, seat.Member, seat)
				}
			}
			_, err := c.all[m].Follower().Past().Certified(c.all[m].Follower().Standing().Note.Bytes())
			if err != nil {
				t.Error(err)
			}
		}
	})
}

// F21: nobody listens to a host that regulates nothing, on Raft's protocol or beside it,
// and what it got hold of must be signed.
func TestAnIntruder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		before := c.settled(c.Seats()...)
		leader := c.leader()
		was := c.place(leader)
		c.all["intruder"] = &regulator{member: "intruder", keeper: &quorumtest.Keeper{}, cosign: chartertest.Key("cosign", "intruder")}
		l := c.lie("intruder", nil)
		c.rough = false
		c.all["intruder"].Regulator = nil
		delete(c.all, "intruder")
		key := chartertest.Key("cosign", "intruder")
		tree := checkpoint.Tree{Size: before.Size + 1, Root: merkle.Hash{1}}
		for _, m := range c.Seats() {
			for _, saying := range []certify.Saying{certify.Reported, certify.Locked, certify.Cosigned} {
				w := quorum.Message(quorum.AboutWords, c.word(saying, cosign.Generation{}, tree, key))
				for _, as := range []string{"intruder", leader} { // also if it could speak as another host
					if err := c.tell(as, m, w); err != nil {
						t.Error(err)
					}
				}
			}
			promise := cosign.SignPromise(c.State.Constitution().Federation(), cosign.Promise{Number: 1}, nil, key)
			if err := c.tell(leader, m, quorum.Message(quorum.AboutPromise, promise.Bytes())); err == nil {
				t.Error("its promise was taken")
			}
			var vote raft.RequestVoteResponse
			err := l.RequestVote(raft.ServerID(hostKey(m).String()), "", &raft.RequestVoteRequest{Term: 1 << 60, LastLogIndex: 1 << 60, LastLogTerm: 1 << 60}, &vote)
			if err == nil {
				t.Error("its call was answered")
			}
		}
		time.Sleep(5 * time.Second)
		if now := c.place(leader); now.term != was.term {
			t.Errorf("the term went from %d to %d", was.term, now.term)
		}
		for _, m := range c.Seats() {
			if s := c.status(m); len(s.Reports)+len(s.Locks)+len(s.Cosignatures)+len(s.Realign.Promises) > 0 {
				t.Errorf("%s counts what it said: %+v", m, s)
			}
		}
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, c.Seats()...)
	})
}

// Every regulator holds the log's key, and can so sign a checkpoint of any size; it takes
// the place of none that a quorum cosigned.
func TestACheckpointOfTheLogAloneIsNotInTheWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.rough = true
		n, err := checkpoint.Sign(checkpoint.Checkpoint{
			Origin: checkpoint.Origin(c.State.Constitution().Federation()), Tree: checkpoint.Tree{Size: 1 << 62, Root: merkle.Hash{1}},
		}, chartertest.Key("log", ""))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range c.Seats() {
			if err := c.tell("reg4", m, quorum.Message(quorum.AboutNote, n.Bytes())); err != nil {
				t.Error(err)
			}
		}
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, c.Seats()...)
	})
}

// A term of 2^64-1, a forged snapshot and an old one, from an admitted liar, change
// nothing that is certified anywhere; all goes on.
func TestALiarOnRaftChangesNothingCertified(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		old := c.snapshot("reg")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, c.Seats()...)
		before := c.settled(c.Seats()...)
		liar := c.but(c.leader())[0]
		honest := c.but(liar)
		l := c.lie(liar, nil)
		var hosts []keys.Public
		for _, m := range c.Seats() {
			hosts = append(hosts, hostKey(m))
		}
		for _, m := range honest {
			at := c.place(m)
			var vote raft.RequestVoteResponse
			if err := l.RequestVote(raft.ServerID(hostKey(m).String()), "", &raft.RequestVoteRequest{Term: math.MaxUint64, LastLogIndex: 1 << 40, LastLogTerm: math.MaxUint64}, &vote); err == nil {
				t.Error("a term of 2^64-1 was taken")
			}
			for _, snapshot := range [][]byte{[]byte("a forged snapshot"), old, c.ofAnotherStory()} {
				for _, index := range []uint64{1, at.index + 100} {
					_, _ = l.Install(hostKey(m), &raft.InstallSnapshotRequest{
						Term: at.term, LastLogIndex: index, LastLogTerm: at.term, Configuration: grouptest.Servers(hosts...), ConfigurationIndex: 1,
					}, snapshot)
					time.Sleep(3 * time.Second)
					if s := c.status(m); s.Certified.Size < before.Size {
						t.Errorf("%s went back to %v", m, s.Certified)
					}
				}
			}
		}
		q := c.label("+8613800138001")
		c.carry(q, honest...)
		c.everywhere(q, 60*time.Second, honest...)
		c.everywhere(p, time.Second, honest...)
		c.oneLedger(honest...)
	})
}
