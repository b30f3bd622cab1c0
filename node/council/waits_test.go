package council

import (
	"fmt"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/node/council/inbox"
	"ringfence/node/council/letter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// puts has a member put the label of a number to a regulator, dated some seconds ahead, and
// returns the motion's ID.
func (f *federation) puts(to *desk, member, number string, ahead int64) string {
	f.Helper()
	at := time.Now().Unix() + ahead
	p := f.MotionBy(chartertest.Issuer(member), motion.Ratify, ballottest.Label(f, number), func(h *motion.Header) { h.Time, h.Expires, h.Until = at, at+86400, taxonomy.DayOf(at)+30 })
	l, err := letter.Motion(&p.Signed, p.Items)
	f.must(err)
	if s := to.Take(&l, letter.Bearer{Member: member}); s.State != letter.Inbox {
		f.Fatalf("it is not taken: %+v", s)
	}
	return l.ID.String()
}

// A member that fills its room in a regulator's inbox hides nothing of another's: all that
// waits is listed, however much is newer.
func TestWhatWaitsIsListedBehindAFlood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 1)
		defer f.close()
		reg := f.desks["reg"]
		honest := f.puts(reg, "vendor", "+8613800138000", 0)
		for i := range int64(inbox.MaxLetters) {
			f.puts(reg, "op", fmt.Sprintf("+86139001390%02d", i), 1+i%60)
		}
		all, err := reg.Motions(t.Context(), api.MotionQuery{Mine: true})
		f.must(err)
		found := false
		for i := range all.Motions {
			found = found || all.Motions[i].ID == honest
		}
		if !found || len(all.Motions) != inbox.MaxLetters+1 {
			t.Errorf("%d are listed, the oldest among them: %t", len(all.Motions), found)
		}
	})
}

// A letter that could not be brought before the regulators for want of a quorum waits on, and
// once it is on its way it is not told as unsent any more.
func TestWhatIsTriedAgainIsNotToldAsUnsent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg := f.desks["reg"]
		id := f.puts(reg, "vendor", mobile, 0)
		reg.gate.set(gate{left: true})
		if _, err := reg.VoteMotion(t.Context(), api.MotionVote{ID: id, For: true}); api.KindOf(err) != api.Unavailable {
			t.Fatalf("nobody is there: %v", err)
		}
		if m, err := reg.Motion(t.Context(), id); err != nil || m.State != api.MotionInbox || m.Mine != mineWaits {
			t.Errorf("it is told as %+v, %v", m, err)
		}
		reg.gate.set(gate{refuse: 1 << 20})
		m, err := reg.VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
		if err != nil || m.State != api.MotionUnknown || m.Waiting == nil || m.Refusal != nil {
			t.Errorf("on its way it is told as %+v, %v", m, err)
		}
	})
}
