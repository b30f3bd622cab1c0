package council

import (
	"slices"
	"testing"

	"ringfence/node/api"
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
		if m.Mine != "waits" || m.Does.Text != "enters 1 blocks, 0 labels and 0 entries that allow, until "+m.Until || len(m.Content) != 1 ||
			m.Content[0] != mobile+" block crm.fraud.impersonation (investigation)" {
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
