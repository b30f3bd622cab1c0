package council

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/group"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/motion"
	"ringfence/store/number"
)

const mobile = "+8613800138000"

func ratify(action string, numbers ...string) api.Proposal {
	p := api.Proposal{Kind: "ratify", Action: action, Category: "crm.fraud.impersonation", Grounds: "investigation", Reason: "a test"}
	for _, n := range numbers {
		p.Items = append(p.Items, api.ProposedItem{Number: n})
	}
	return p
}

// On a regulator's node a proposal carries its vote, the others vote by hand, and each
// node tells what waits for it, what it would do, and that it is enacted once the
// certified ledger has it, and the list with it.
func TestRegulatorsEnactWhatOneProposes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		made, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("block", mobile))
		f.must(err)
		id := made.Motion.ID
		if made.Motion.State != api.MotionOpen || made.Motion.Needed != 3 || made.Motion.Missing != 2 || !slices.Equal(made.Motion.For, []string{"reg"}) {
			t.Fatalf("proposed: %+v", made.Motion)
		}
		second := f.desks["reg2"]
		f.eventually("it waits for the others", func() bool {
			all, err := second.Motions(t.Context(), api.MotionQuery{Mine: true})
			return err == nil && len(all.Motions) == 1 && all.Member == "reg2"
		})
		m, err := second.Motion(t.Context(), id[:20])
		f.must(err)
		if m.Mine != "waits" || m.Does.Text != "blocks 1 number, until "+m.Until+": "+mobile || len(m.Content) != 1 ||
			m.Content[0].Text != mobile+" block crm.fraud.impersonation (investigation)" {
			t.Errorf("what waits for reg2: %+v", m)
		}
		if mine, err := f.desks["reg"].Motions(t.Context(), api.MotionQuery{Mine: true}); err != nil || len(mine.Motions) != 0 {
			t.Errorf("what waits for reg, who voted: %+v, %v", mine, err)
		}
		if m, err = second.VoteMotion(t.Context(), api.MotionVote{ID: id, For: true}); err != nil || m.Missing != 1 || m.Mine != "for" {
			t.Fatalf("after reg2's vote: %+v, %v", m, err)
		}
		_, err = f.desks["reg3"].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
		f.must(err)
		f.everywhere(id, api.MotionEnacted)
		for _, d := range f.desks {
			n, _ := number.Parse(mobile)
			if e, _, ok := d.view.List().Lookup(n); !ok || !e.Ratified {
				t.Errorf("%s: the list says %+v", d.member, e)
			}
			m, err := d.Motion(t.Context(), id)
			if err != nil || len(m.Content) != 1 || m.Parts[0].First == 0 || len(m.For) != 3 {
				t.Errorf("%s: %+v, %v", d.member, m, err)
			}
		}
		_, err = f.desks["reg4"].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
		if api.KindOf(err) != api.Refused {
			t.Errorf("a vote on what is enacted: %v", err)
		}
	})
}

// propose puts something to the regulators from a desk, and has others vote for it until
// it is enacted everywhere.
func (f *federation) carry(p api.Proposal, members ...string) api.Motion {
	f.Helper()
	made, err := f.desks[members[0]].ProposeMotion(context.Background(), p)
	f.must(err)
	for _, m := range members[1:] {
		f.eventually("it is before "+m, func() bool {
			_, err = f.desks[m].VoteMotion(context.Background(), api.MotionVote{ID: made.Motion.ID, For: true})
			return err == nil || api.KindOf(err) == api.Refused
		})
		f.must(err)
	}
	f.everywhere(made.Motion.ID, api.MotionEnacted)
	m, err := f.desks[members[0]].Motion(context.Background(), made.Motion.ID)
	f.must(err)
	return m
}

func (d *desk) ratified(text string) bool {
	n, _ := number.Parse(text)
	e, _, _ := d.view.List().Lookup(n)
	return e.Ratified
}

// What is too much for one motion becomes several, is one everywhere, is voted on as one,
// and is enacted when all of it is.
func TestALargeProposalIsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		p := ratify("label")
		var table strings.Builder
		table.WriteString("number,grounds\n")
		for i := range 10_000 {
			fmt.Fprintf(&table, "+86138%08d,reports\n", i)
		}
		p.File, p.FileName = table.String(), "many.csv"
		m := f.carry(p, "reg", "reg2", "reg3")
		if m.Items != 10_000 || len(m.Parts) != 3 || m.Reason != "a test" || m.Parts[0].First >= m.Parts[1].First || len(m.Content) != maxContent {
			t.Errorf("enacted: %d items, parts %+v, reason %q, %d told", m.Items, m.Parts, m.Reason, len(m.Content))
		}
		all, err := f.desks["reg4"].Motions(t.Context(), api.MotionQuery{})
		if err != nil || len(all.Motions) != 1 || all.Motions[0].ID != m.ID {
			t.Errorf("listed: %+v, %v", all, err)
		}
		if !f.desks["reg4"].ratified("+8613800009999") {
			t.Error("the last of them is not on the list")
		}
	})
}

// Who votes while parts of a proposal are still on their way to his node votes on them as
// well, once they are there; of parts that nobody put to the regulators he is told.
func TestAVoteWaitsForAllParts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg, reg2 := f.desks["reg"], f.desks["reg2"]
		p := api.Proposal{Kind: "ratify", Category: "unk.untyped", Grounds: "flags"}
		for i := range motion.MaxItems + 1 {
			p.Items = append(p.Items, api.ProposedItem{Number: fmt.Sprintf("+86138%08d", i)})
		}
		d, err := reg.drafter().Read(p)
		f.must(err)
		all, err := reg.write(&d, reg.cfg.Vote)
		f.must(err)
		_, err = reg.propose(t.Context(), &all[0])
		f.must(err)
		id := all[0].ID.String()
		f.everywhere(id, api.MotionOpen)
		if m, err := reg2.Motion(t.Context(), id); err != nil || m.Lacks == nil || m.Lacks.Code != "council.parts_missing" {
			t.Errorf("half of it: %+v, %v", m.Lacks, err)
		}
		f.under.Go(func() {
			time.Sleep(time.Second)
			if _, err := reg.propose(t.Context(), &all[1]); err != nil {
				t.Error(err)
			}
		})
		m, err := reg2.VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
		if err != nil || len(m.Parts) != 2 || m.Mine != "for" || m.Lacks != nil || m.Missing != 1 {
			t.Errorf("after the vote: %d parts, mine %s, missing %d, %v", len(m.Parts), m.Mine, m.Missing, err)
		}
	})
}

// A stay is the word of one, a revocation takes f+1; both are named by the number, and
// what is not in force is refused before anybody votes.
func TestStayAndRevoke(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		f.carry(ratify("label", mobile), "reg", "reg2", "reg3")
		reg4 := f.desks["reg4"]
		_, err := reg4.ProposeMotion(t.Context(), api.Proposal{Kind: "stay", Entries: []string{"+8613900000000"}})
		if api.KindOf(err) != api.NotFound {
			t.Errorf("a stay of nothing: %v", err)
		}
		shown, err := reg4.ProposeMotion(t.Context(), api.Proposal{Kind: "stay", Entries: []string{mobile}, Preview: true})
		if err != nil || len(shown.Motion.Content) != 1 || !strings.Contains(shown.Motion.Content[0].Text, ": "+mobile+" label") {
			t.Errorf("nobody votes on an index: %q, %v", shown.Motion.Content, err)
		}
		if does := shown.Motion.Does.Text; does != "suspends 1 ratified entry for 24 hours: "+mobile {
			t.Errorf("a stay is told as %q", does)
		}
		f.carry(api.Proposal{Kind: "stay", Entries: []string{mobile}}, "reg4")
		if reg4.ratified(mobile) || f.desks["reg"].ratified(mobile) {
			t.Error("what is stayed is in force")
		}
		if _, err = reg4.ProposeMotion(t.Context(), api.Proposal{Kind: "stay", Entries: []string{mobile}}); api.KindOf(err) != api.Refused || phrase.From(err).Code != "ballot.stayed" {
			t.Errorf("a second stay by the same: %v", err)
		}
		f.carry(api.Proposal{Entries: []string{mobile}}, "reg", "reg2")
		if _, err = reg4.ProposeMotion(t.Context(), api.Proposal{Kind: "revoke", Entries: []string{mobile}}); api.KindOf(err) != api.NotFound {
			t.Errorf("a second revocation: %v", err)
		}
	})
}

// Who proposed takes it back before it is carried; the others see it gone, and only he can.
func TestWithdraw(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		made, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("label", mobile))
		f.must(err)
		f.everywhere(made.Motion.ID, api.MotionOpen)
		if _, err := f.desks["reg2"].WithdrawMotion(t.Context(), made.Motion.ID); api.KindOf(err) != api.Refused {
			t.Errorf("withdrawn by another: %v", err)
		}
		m, err := f.desks["reg"].WithdrawMotion(t.Context(), made.Motion.ID)
		if err != nil || m.State != api.MotionWithdrawn {
			t.Errorf("withdrawn: %+v, %v", m, err)
		}
		f.eventually("nothing is before reg2", func() bool {
			d, _ := f.desks["reg2"].regulator.Docket()
			return len(d.Motions) == 0
		})
		if _, err := f.desks["reg2"].VoteMotion(t.Context(), api.MotionVote{ID: made.Motion.ID, For: true}); api.KindOf(err) != api.Refused {
			t.Errorf("a vote on what is withdrawn: %v", err)
		}
	})
}

// A vote that the day's cap of blocks keeps out is kept, told with its reason, and
// remembered over a restart; and is forgotten with the motion.
func TestACappedVoteIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		var first, second []string // 50,000 numbers each: as many of a million as may be blocked a day
		for i := range 5 {
			first, second = append(first, fmt.Sprintf("+349110%d*/11", i)), append(second, fmt.Sprintf("+349110%d*/11", 5+i))
		}
		f.carry(ratify("block", first...), "reg", "reg2", "reg3")
		made, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("block", second...))
		f.must(err)
		id := made.Motion.ID
		f.everywhere(id, api.MotionOpen)
		_, err = f.desks["reg2"].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
		f.must(err)
		m, err := f.desks["reg3"].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
		if err != nil || m.State != api.MotionOpen || m.Waiting == nil || m.Waiting.Code != "ballot.block_cap" || m.Blocked == nil {
			t.Fatalf("over the cap: %+v, %v", m, err)
		}
		again, err := New(f.desks["reg3"].cfg)
		f.must(err)
		if all, err := again.Motions(t.Context(), api.MotionQuery{}); err != nil || !slices.ContainsFunc(all.Motions, func(m api.Motion) bool { return m.ID == id && m.Waiting != nil }) {
			t.Errorf("what is kept is forgotten over a restart: %+v, %v", all.Motions, err)
		}
		_, err = f.desks["reg"].WithdrawMotion(t.Context(), id)
		f.must(err)
		f.eventually("the vote is given up", func() bool { return f.desks["reg3"].kept() == 0 })
	})
}

// door is a regulator who is not reached, or of whom one does not hear what became of a
// command, for some times.
type door struct {
	Regulator
	mu sync.Mutex
	gate
	through int
}

// gate is how a door stands.
type gate struct {
	refuse int
	forget int
	left   bool        // nobody is there once nothing more is forgotten
	mute   ballot.Verb // of these it is not known what became, nor did anything
	muted  int         // so many of them came
}

func (g *door) set(to gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gate = to
}

// kept counts the commands that a node keeps to submit them again.
func (d *desk) kept() (n int) {
	err := d.store.List("council", func(key string, _ []byte) error {
		if strings.HasPrefix(key, "again-") {
			n++
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return n
}

func (g *door) Submit(ctx context.Context, command []byte) (applied.Answer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuse > 0 {
		g.refuse--
		return applied.Answer{Outcome: ballot.Refused, Refusal: enact.Refuse(enact.Paused, "a set change is not certified yet")}, nil
	}
	if g.mute != 0 && ballot.VerbOf(command) == g.mute {
		g.muted++
		return applied.Answer{}, group.ErrUnknown
	}
	if g.left && g.forget == 0 {
		return applied.Answer{}, group.ErrNoLeader
	}
	a, err := g.Regulator.Submit(ctx, command)
	g.through++
	if err == nil && g.forget > 0 {
		g.forget--
		return applied.Answer{}, group.ErrUnknown
	}
	return a, err
}

// What is refused for the time being the node submits again by itself until it is taken;
// what became of a command is looked for by submitting it again, and it counts once.
func TestCommandsAreSubmittedUntilTheyAreKnown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg2, reg3 := f.desks["reg2"], f.desks["reg3"]
		made, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("label", mobile))
		f.must(err)
		f.everywhere(made.Motion.ID, api.MotionOpen)
		reg2.gate.set(gate{refuse: 3})
		reg3.gate.set(gate{forget: 2})
		m, err := reg2.VoteMotion(t.Context(), api.MotionVote{ID: made.Motion.ID, For: true})
		if err != nil || m.Waiting == nil || m.Waiting.Code != "ballot.paused" || m.Mine != "waits" {
			t.Fatalf("refused for the time being: %+v, %v", m, err)
		}
		f.eventually("the vote counts", func() bool {
			m, err := reg2.Motion(t.Context(), made.Motion.ID)
			return err == nil && m.Mine == "for" && m.Waiting == nil
		})
		if m, err = reg3.VoteMotion(t.Context(), api.MotionVote{ID: made.Motion.ID, For: true}); err != nil || m.Waiting != nil {
			t.Fatalf("what became of it was not heard: %+v, %v", m, err)
		}
		f.everywhere(made.Motion.ID, api.MotionEnacted)
		if reg3.gate.through != 3 || reg2.gate.through != 1 {
			t.Errorf("submitted %d and %d times", reg3.gate.through, reg2.gate.through)
		}
	})
}

// Without a quorum a verb says so, and nothing was done.
func TestNoQuorum(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		time.Sleep(2 * time.Minute)
		for range 60 { // no look in ten minutes finds one gone that is there
			if s, err := f.desks["reg"].QuorumState(t.Context()); err != nil || s.Margin != 1 || s.Fresh != 4 || len(s.Problems) > 0 {
				t.Fatalf("the quorum, all at work: %+v, %v", s, err)
			}
			time.Sleep(10 * time.Second)
		}
		f.leave("reg3")
		time.Sleep(2*time.Minute + 5*time.Second)
		s, err := f.desks["reg"].QuorumState(t.Context())
		for _, seat := range s.Seats {
			if gone := seat.Member == "reg3"; seat.Age == nil || (*seat.Age > 70) != gone || seat.Live == gone || (seat.Heard != "") != (seat.Member != "reg") {
				t.Errorf("two minutes after reg3 left: %+v", seat)
			}
		}
		if err != nil || s.Margin != 0 || s.Fresh != 3 || len(s.Problems) != 1 || s.Problems[0].Code != "problem.quorum_margin" {
			t.Errorf("the quorum, one gone: %+v, %v", s, err)
		}
		f.leave("reg2")
		time.Sleep(time.Minute)
		_, err = f.desks["reg"].ProposeMotion(t.Context(), ratify("label", mobile))
		if k := api.KindOf(err); k != api.Unavailable {
			t.Errorf("no quorum is told as %s: %v", k, err)
		}
		s, err = f.desks["reg"].QuorumState(t.Context()) // the cosignatures of reg2 still count
		if err != nil || s.Margin >= 0 || s.Fresh != 2 || len(s.Problems) != 1 || s.Problems[0].Code != "problem.no_leader" {
			t.Errorf("a minute after the loss: %+v, %v", s, err)
		}
		time.Sleep(time.Minute + 5*time.Second)
		s, err = f.desks["reg"].QuorumState(t.Context())
		if err != nil || s.Margin >= 0 || len(s.Problems) != 1 || s.Problems[0].Code != "problem.no_leader" {
			t.Errorf("too few, and the checkpoint not yet old: %+v, %v", s, err)
		}
		time.Sleep(9 * time.Minute)
		s, err = f.desks["reg"].QuorumState(t.Context())
		if err != nil || s.Margin >= 0 || len(s.Problems) != 1 || s.Problems[0].Code != "problem.ledger_stale" {
			t.Errorf("no quorum: %+v, %v", s, err)
		}
	})
}
