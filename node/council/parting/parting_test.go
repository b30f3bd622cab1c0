package parting_test

import (
	"strings"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/council/courier"
	"ringfence/node/council/letter"
	"ringfence/node/council/parting"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
)

// Who has asked to leave is told what becomes of what it says, until that is decided; who
// proposed that another goes is not.
func TestWhoAskedToLeaveIsTold(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	p := f.MotionBy(chartertest.Issuer("op"), motion.RemoveMember, f.Article(&article.MemberRemoval{Member: "op", How: article.Leave}), nil)
	l, err := letter.Motion(&p.Signed, p.Items)
	if err != nil {
		t.Fatal(err)
	}
	for state, told := range map[letter.State]bool{letter.Unknown: true, letter.Inbox: true, letter.Tabled: true, letter.Entered: true, letter.Withdrawn: false, letter.Refused: false, letter.Aside: false, letter.Expired: false} {
		w := parting.Watch{State: f.State.Constitution, Sent: func() []courier.Sent {
			return []courier.Sent{{Letter: l, Standing: letter.Standing{ID: l.ID, State: state}}}
		}}
		all := w.Problems()
		if (len(all) == 1) != told {
			t.Errorf("in state %d: %v", state, all)
		}
		if told && (all[0].Code != "problem.leaving" || !strings.Contains(all[0].Text, "motion withdraw "+l.ID.String())) {
			t.Errorf("in state %d: %s", state, all[0].Text)
		}
	}
	p = f.MotionBy(chartertest.Issuer("op"), motion.RemoveMember, f.Article(&article.MemberRemoval{Member: "reg", How: article.Expel}), nil)
	if l, err = letter.Motion(&p.Signed, p.Items); err != nil {
		t.Fatal(err)
	}
	w := parting.Watch{State: f.State.Constitution, Sent: func() []courier.Sent { return []courier.Sent{{Letter: l}} }}
	if all := w.Problems(); len(all) != 0 {
		t.Errorf("who wants another to go: %v", all)
	}
}
