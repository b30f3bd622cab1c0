package council

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/store/assertion"
)

// reassign says that a number has another user since yesterday.
func (v *voice) reassign(text string) {
	s := v.about(text, assertion.KindReassign, int64(v.f.State.Constitution().Policy().ExpiryDays.Reassign)+1)
	v.f.must(s.SetBody(assertion.Reassign{Date: time.Now().Unix() - 86400}))
	v.f.hear(v.say(s))
}

// A proposal of what the list has, by a query: the preview tells, before anything is
// signed, how many numbers in whose ranges, and which are contested, were reassigned, or
// decided about already. What is proposed is what was previewed.
func TestAProposalFromTheList(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		op, vendor := f.voice("op"), f.voice("vendor")
		const labelled, alone, contested, reassigned, abroad = "+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003", "+34911000000"
		op.reassign(reassigned)
		for _, n := range []string{labelled, contested, reassigned, abroad} {
			f.hear(op.flag(n))
			f.hear(vendor.flag(n))
		}
		f.hear(vendor.flag(alone))
		f.hear(op.contest(contested))
		reg := f.desks["reg"]
		anchored, err := reg.ProposeMotion(t.Context(), api.Proposal{Kind: "anchor", Reason: "all of it"})
		f.must(err)
		f.everywhere(anchored.Motion.ID, api.MotionEnacted)
		f.eventually("the contest is open", func() bool {
			some, err := reg.ProposeMotion(t.Context(), api.Proposal{Kind: "ratify", Action: "label", FromList: "contested=yes", Preview: true})
			return err == nil && some.Motion.Items == 1
		})
		f.carry(ratify("label", labelled), "reg", "reg2", "reg3")

		p := api.Proposal{Kind: "ratify", Action: "label", FromList: "class=mkt groups>=2", Reason: "two agree", Preview: true}
		made, err := reg.ProposeMotion(t.Context(), p)
		f.must(err)
		e := &made.Effect
		if e.Items != 3 || e.Numbers != 3 || e.Labelled != 3 || e.Blocked != 0 || e.Votes != 3 {
			t.Fatalf("the preview: %+v of %+v", e, made.Motion)
		}
		if !slices.Equal(e.Contested, []string{contested}) || !slices.Equal(e.Reassigned, []string{reassigned}) || len(e.Ratified) != 0 || len(e.Protected) != 0 {
			t.Errorf("contested %v, reassigned %v, ratified %v, protected %v", e.Contested, e.Reassigned, e.Ratified, e.Protected)
		}
		if len(e.Holders) != 2 || e.Holders[0] != (api.HolderShare{Member: "op", Items: 2, Numbers: 2}) || e.Holders[1].Member != "" {
			t.Errorf("whose ranges: %+v", e.Holders)
		}
		if all, err := reg.Motions(t.Context(), api.MotionQuery{Mine: true}); err != nil || len(all.Motions) != 0 || f.desks["reg2"].waits() != 0 {
			t.Errorf("a preview is before the regulators: %+v, %v", all, err)
		}
		p.Preview = false
		m := f.carry(p, "reg", "reg2", "reg3")
		if len(m.Content) != 3 || !strings.Contains(m.Content[0].Text, "mkt.retail (flags)") {
			t.Errorf("it says %q", m.Content)
		}
		for n, want := range map[string]bool{labelled: true, alone: false, contested: true, reassigned: true, abroad: true} {
			if f.desks["reg4"].ratified(n) != want {
				t.Errorf("%s is ratified: %v", n, !want)
			}
		}
		p = api.Proposal{Kind: "ratify", Action: "label", Category: "mkt.retail", Grounds: "flags", Reason: "again", Preview: true, Items: []api.ProposedItem{{Number: abroad}, {Number: "+86!12321"}}}
		made, err = reg.ProposeMotion(t.Context(), p)
		f.must(err)
		if e = &made.Effect; !slices.Equal(e.Ratified, []string{abroad}) || !slices.Equal(e.Protected, []string{"+86!12321"}) {
			t.Errorf("ratified already %v, protected %v", e.Ratified, e.Protected)
		}
	})
}

// waits counts what waits for a regulator's vote.
func (d *desk) waits() int {
	all, err := d.Motions(context.Background(), api.MotionQuery{Mine: true})
	if err != nil {
		panic(err)
	}
	return len(all.Motions)
}
