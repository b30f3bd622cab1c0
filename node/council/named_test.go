package council

import (
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
		waits(p, "enters 0 to block, 5 to label and 0 to allow, until "+p.Until+": +8613800138000, +8613800138001, +8613800138002 and 2 more")
		waits(api.Proposal{Kind: "revoke", Entries: numbers[1:]}, "revokes for good, of what is ratified, 4: +8613800138001, +8613800138002, +8613800138003 and 1 more")
		waits(api.Proposal{Kind: "revoke", Entries: numbers[:1]}, "revokes for good, of what is ratified, 1: +8613800138000")
	})
}
