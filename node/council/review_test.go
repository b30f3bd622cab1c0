package council

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/node/council/draft"
	"ringfence/node/council/paper"
	"ringfence/node/council/submit"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// lost is a regulator who does not hear what became of a command, and then finds nobody.
// A command of which nobody said what became of it may count, also when there is nobody to
// ask again: it is told as unknown, never that nothing was done.
func TestWhatMayCountIsNotToldAsUndone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg := f.desks["reg"]
		reg.gate.set(gate{forget: 1, left: true})
		made, err := reg.ProposeMotion(t.Context(), ratify("label", mobile))
		if err != nil || made.Told == nil || made.Told.Code != "council.unknown" || reg.kept() != 1 {
			t.Fatalf("not heard, then nobody there: %+v, %v", made.Told, err)
		}
		f.everywhere(made.Motion.ID, api.MotionOpen)
	})
}

// A regulator who changes its mind while its vote waits to be cast again is not voted
// for by the earlier one: the newest word counts.
func TestANewVoteTakesThePlaceOfOneThatWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg2 := f.desks["reg2"]
		made, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("label", mobile))
		f.must(err)
		id := made.Motion.ID
		f.everywhere(id, api.MotionOpen)
		vote := func(yes bool, refused int) api.Motion {
			t.Helper()
			reg2.gate.set(gate{refuse: refused})
			m, err := reg2.VoteMotion(t.Context(), api.MotionVote{ID: id, For: yes})
			f.must(err)
			return m
		}
		vote(true, 1)
		if m := vote(false, 1); m.Waiting == nil || reg2.kept() != 1 {
			t.Fatalf("both wait: %+v, %d", m.Waiting, reg2.kept())
		}
		if m := vote(true, 0); m.Mine != "for" || reg2.kept() != 0 {
			t.Fatalf("mine %s, and %d wait", m.Mine, reg2.kept())
		}
		vote(false, 1)
		if m := vote(true, 0); m.Mine != "for" || m.Waiting != nil { // as the docket has it already
			t.Fatalf("mine %s, waits %+v", m.Mine, m.Waiting)
		}
		time.Sleep(3 * submit.Every)
		if m, err := reg2.Motion(t.Context(), id); err != nil || m.Mine != "for" {
			t.Errorf("afterwards: mine %s, %v", m.Mine, err)
		}
	})
}

// Two votes of one regulator never carry the same counter, whatever the clock says.
func TestCountersRise(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg := f.desks["reg"]
		d := draft.Draft{Kind: motion.Stay, Days: 1, Items: [][]byte{(&motion.Reversal{Index: 3}).Encode()}}
		all, err := reg.write(&d, reg.cfg.Vote)
		f.must(err)
		one, err := reg.sign(t.Context(), &all[0], 0, true)
		f.must(err)
		two, err := reg.sign(t.Context(), &all[0], 0, false)
		f.must(err)
		if two.Counter <= one.Counter {
			t.Errorf("counters %d and %d within one millisecond", one.Counter, two.Counter)
		}
	})
}

// What nobody could be reached for is told as that, and not as something whose outcome is
// unknown; what waits to be submitted is taken back before it was.
func TestWhatCameToNothingIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg := f.desks["reg"]
		reg.gate.set(gate{left: true})
		if _, err := reg.ProposeMotion(t.Context(), ratify("label", mobile)); api.KindOf(err) != api.Unavailable {
			t.Fatalf("nobody is there: %v", err)
		}
		all, err := reg.Motions(t.Context(), api.MotionQuery{})
		if err != nil || len(all.Motions) != 1 || all.Motions[0].State != api.MotionUnsent || all.Motions[0].Refusal.Code != "council.no_quorum" {
			t.Errorf("listed: %+v, %v", all.Motions, err)
		}
		reg.gate.set(gate{})
		time.Sleep(3 * submit.Every)
		if m, err := reg.Motion(t.Context(), all.Motions[0].ID); err != nil || m.State != api.MotionUnsent {
			t.Errorf("with a quorum again: %+v, %v", m, err)
		}
		if d, _ := reg.regulator.Docket(); len(d.Motions) != 0 {
			t.Errorf("it went to the regulators all the same")
		}
		reg.gate.set(gate{refuse: 1})
		made, err := reg.ProposeMotion(t.Context(), ratify("label", mobile))
		if err != nil || made.Told == nil || reg.kept() != 1 {
			t.Fatalf("refused for the time being: %+v, %v", made.Told, err)
		}
		m, err := reg.WithdrawMotion(t.Context(), made.Motion.ID)
		if err != nil || m.State != api.MotionWithdrawn || m.Effect != nil || reg.kept() != 0 {
			t.Errorf("withdrawn: %+v, %v", m, err)
		}
		time.Sleep(3 * submit.Every)
		if d, _ := reg.regulator.Docket(); len(d.Motions) != 0 {
			t.Errorf("before the regulators: %d", len(d.Motions))
		}
	})
}

// Nobody adds to a proposal what a voter did not see: a second part of one number, or one
// with another reason, is a proposal of its own.
func TestNothingIsSlippedIntoAProposal(t *testing.T) {
	const tag = "0123456789abcdef"
	reasons := []string{paper.WithPart("why", 1, 2, tag), paper.WithPart("why", 2, 2, tag), paper.WithPart("why", 2, 2, tag), paper.WithPart("because", 2, 2, tag)}
	var parts []part
	for _, r := range reasons {
		parts = append(parts, part{written: written{Signed: motion.Signed{Header: motion.Header{Reason: r}}}})
	}
	all := together(parts)
	if len(all) != 3 || len(all[0].parts) != 2 || all[0].lacking() != 0 || all[1].lacking() != 1 || all[2].Reason != "because" {
		t.Errorf("%d proposals: %+v", len(all), all)
	}
}

// fold is a ledger as it is followed that grows while one looks.
type fold struct {
	Follower
	looked int
	small  ledger.Tree
}

// Tree is the smaller one when it is first asked for.
func (f *fold) Tree() ledger.Tree {
	if f.looked++; f.looked == 1 {
		return f.small
	}
	return f.Follower.Tree()
}

// Who looks into the ledger while it grows is answered of one moment; and a motion that
// was decided is told as enacted when all of it is held.
func TestTheLedgerGrowsWhileOneLooks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg := f.desks["reg"]
		small := reg.cfg.Ledger.Tree()
		m := f.carry(ratify("label", mobile), "reg", "reg2", "reg3")
		followed := reg.cfg.Ledger
		reg.cfg.Ledger = &fold{Follower: followed, small: small}
		all, err := reg.LedgerEntries(t.Context(), api.LedgerQuery{})
		if err != nil || all.Size != small.Size() || len(all.Entries) != int(small.Size()) {
			t.Errorf("%d of %d entries, %v", len(all.Entries), all.Size, err)
		}
		early := &fold{Follower: followed, small: small}
		reg.cfg.Ledger = early
		late, err := reg.Motion(t.Context(), m.ID)
		if err != nil || late.State != api.MotionProvisional || len(late.Content) != 0 {
			t.Errorf("decided and not held yet: %s, %v, %v", late.State, late.Content, err)
		}
		if again, err := reg.Motion(t.Context(), m.ID); err != nil || again.State != api.MotionEnacted || again.Effect.Counts.Ratified != 0 {
			t.Errorf("held: %+v, %v", again, err)
		}
	})
}

// Every motion that the ledger holds is shown, also one that is not among the last, and an
// anchor.
func TestOldMotionsAreShown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 1)
		defer f.close()
		reg := f.desks["reg"]
		first := f.carry(ratify("label", mobile), "reg")
		for i := range listed {
			f.carry(ratify("label", fmt.Sprintf("+861390000%04d", i)), "reg")
		}
		all, err := reg.Motions(t.Context(), api.MotionQuery{})
		if err != nil || len(all.Motions) != listed {
			t.Errorf("%d are listed, %v", len(all.Motions), err)
		}
		if m, err := reg.Motion(t.Context(), first.ID); err != nil || m.State != api.MotionEnacted || len(m.Content) != 1 {
			t.Errorf("the first of them: %+v, %v", m, err)
		}
		again, err := New(reg.cfg) // what lay before the regulators it remembers no more
		f.must(err)
		if m, err := again.Motion(t.Context(), first.ID); err != nil || m.State != api.MotionEnacted {
			t.Errorf("the first of them, after a restart: %+v, %v", m, err)
		}
	})
}

// An index that the ledger does not have is told as that.
func TestAnIndexBeyondTheLedger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		_, err := f.desks["reg"].ProposeMotion(t.Context(), api.Proposal{Kind: "stay", Entries: []string{"99999"}})
		if api.KindOf(err) != api.NotFound || !strings.Contains(err.Error(), "the ledger has") {
			t.Errorf("%v", err)
		}
	})
}
