package council

import (
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/council/letter"
	"ringfence/node/council/overtaken"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
)

// What lies in an inbox waits for nobody once the ledger has overtaken it: the regulator is
// told why, and so is who proposed it.
func TestWhatIsOvertakenWaitsForNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 1)
		defer f.close()
		reg := f.desks["reg"]
		made, err := reg.ProposeMotion(t.Context(), ratify("label", mobile))
		f.must(err)
		f.everywhere(made.Motion.ID, api.MotionEnacted)
		m, err := reg.Motion(t.Context(), made.Motion.ID)
		f.must(err)
		entry := m.Parts[0].First + 1
		var ids []cid.Cid
		for n := range int64(2) {
			now := time.Now().Unix() + n
			p := f.MotionBy(chartertest.Issuer("op"), motion.Revoke, ballottest.Reverse(entry), func(h *motion.Header) { h.Time, h.Expires = now, now+86400 })
			l, err := letter.Motion(&p.Signed, p.Items)
			f.must(err)
			if s := reg.Take(&l, letter.Bearer{Member: "op"}); s.State != letter.Inbox {
				t.Fatalf("it is not taken: %+v", s)
			}
			ids = append(ids, l.ID)
		}
		if all, err := reg.Motions(t.Context(), api.MotionQuery{Mine: true}); err != nil || len(all.Motions) != 2 {
			t.Fatalf("%d motions wait, %v", len(all.Motions), err)
		}
		before := reg.cfg.Ledger.Past()
		_, err = reg.VoteMotion(t.Context(), api.MotionVote{ID: ids[1].String(), For: true})
		f.must(err)
		f.everywhere(ids[1].String(), api.MotionEnacted)
		if all, err := reg.Motions(t.Context(), api.MotionQuery{Mine: true}); err != nil || len(all.Motions) != 0 {
			t.Errorf("it waits still: %+v, %v", all.Motions, err)
		}
		if m, err := reg.Motion(t.Context(), ids[0].String()); err != nil || m.State != api.MotionRefused || m.Refusal == nil || m.Refusal.Code != "ballot.revoked" {
			t.Errorf("it is told as %+v, %v", m, err)
		}
		if s := reg.Tell(ids[:1])[0]; s.State != letter.Refused || s.Why.IsZero() {
			t.Errorf("who proposed it is told %+v", s)
		}
		if _, err := reg.VoteMotion(t.Context(), api.MotionVote{ID: ids[0].String(), For: true}); api.KindOf(err) != api.Refused {
			t.Errorf("a vote on it: %v", err)
		}

		pasts, asked := []*enact.Past{reg.cfg.Ledger.Past(), before}, 0
		reg.overtaken = overtaken.Judge{Size: func() uint64 { return 0 }, Past: func() *enact.Past { asked++; return pasts[(asked-1)%2] }}
		if all, err := reg.Motions(t.Context(), api.MotionQuery{}); err != nil || asked == 0 || len(all.Motions) == 0 {
			t.Errorf("while the ledger changes: %+v, %v", all.Motions, err)
		}
	})
}
