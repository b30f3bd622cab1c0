package council

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"ringfence/node/api"
)

// Who votes is told in the list which numbers a proposal is about, of many the first few
// and how many more: also of what it revokes, which it names by index.
func TestAListNamesNumbers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		numbers := []string{"+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003", "+8613800138004"}
		waits := func(p api.Proposal, want string) {
			t.Helper()
			made, err := f.desks["reg"].ProposeMotion(t.Context(), p)
			f.must(err)
			f.everywhere(made.Motion.ID, api.MotionOpen)
			all, err := f.desks["reg2"].Motions(t.Context(), api.MotionQuery{Mine: true})
			if err != nil || len(all.Motions) != 1 || all.Motions[0].Does.Text != want {
				t.Errorf("what waits: %+v, %v; want %q", all.Motions, err, want)
			}
			for _, member := range []string{"reg2", "reg3"} {
				if p.Kind == "ratify" || member == "reg2" {
					_, err := f.desks[member].VoteMotion(t.Context(), api.MotionVote{ID: made.Motion.ID, For: true})
					f.must(err)
				}
			}
			f.everywhere(made.Motion.ID, api.MotionEnacted)
		}
		p := ratify("label", numbers...)
		p.Until = time.Now().UTC().AddDate(0, 0, 30).Format(time.DateOnly)
		waits(p, "labels 5 numbers, until "+p.Until+": +8613800138000, +8613800138001, +8613800138002 and 2 more")
		waits(api.Proposal{Kind: "revoke", Entries: numbers[1:]}, "revokes 4 ratified entries for good: +8613800138001, +8613800138002, +8613800138003 and 1 more")
		waits(api.Proposal{Kind: "revoke", Entries: numbers[:1]}, "revokes 1 ratified entry for good: +8613800138000")
	})
}

// Who votes on a policy is told which figures become others, and which numbers are
// protected from then on or no longer; also of one that is in force by now.
func TestAPolicyIsToldByWhatItChanges(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		want := []string{"label_permille: 500, until now " + label(f), "protected from then on: +86!110", "no longer protected: +86!12321"}
		made, err := f.desks["reg"].ProposeMotion(t.Context(), api.Proposal{Kind: "set_policy", File: "kind: set_policy\npolicy:\n  label_permille: 500\nprotected: [\"+86!110\"]\n"})
		f.must(err)
		told := func(m *api.Motion) {
			t.Helper()
			var got []string
			for _, line := range m.Content {
				got = append(got, line.Text)
			}
			if !slices.Equal(got, want) {
				t.Errorf("it is told as %q, want %q", got, want)
			}
		}
		told(&made.Motion)
		f.everywhere(made.Motion.ID, api.MotionOpen)
		for _, member := range []string{"reg2", "reg3"} {
			m, err := f.desks[member].VoteMotion(t.Context(), api.MotionVote{ID: made.Motion.ID, For: true})
			f.must(err)
			if m.State == api.MotionOpen {
				told(&m)
			}
		}
		f.everywhere(made.Motion.ID, api.MotionEnacted)
		m, err := f.desks["reg4"].Motion(t.Context(), made.Motion.ID)
		f.must(err)
		told(&m)
	})
}

// label is how much labels, by the policy of the genesis.
func label(f *federation) string {
	return strconv.Itoa(int(f.State.Constitution().Policy().LabelPermille))
}
