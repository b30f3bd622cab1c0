package council

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/node/council/letter"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// A member's node may bring the withdrawal of anybody. One that the proposer did not sign
// never comes before the regulators, and of those that he signs one at a time waits to be
// submitted again, however many he signs: what waits is bounded, and votes wait there too.
func TestWithdrawalsTakeNoRoomFromVotes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg := f.desks["reg"]
		made, err := reg.ProposeMotion(t.Context(), ratify("label", mobile))
		f.must(err)
		f.everywhere(made.Motion.ID, api.MotionOpen)
		reg.gate.set(gate{mute: ballot.Withdraw})
		sent := func() int {
			reg.gate.mu.Lock()
			defer reg.gate.mu.Unlock()
			return reg.gate.muted
		}
		of := reg.regulatorsMotion(t, made.Motion.ID)
		take := func(by keys.Private, n int64) letter.Standing {
			w, err := motion.Withdrawal{Federation: of.Federation, Motion: of.ID, By: by.Public(), Time: n}.Sign(by)
			f.must(err)
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			return reg.TakeBack(ctx, &w)
		}
		for n := range int64(3) {
			if s := take(ballottest.VoteKey("reg2"), n); s.State == letter.Withdrawn || s.Why.IsZero() || sent() != 0 || reg.kept() != 0 {
				t.Fatalf("of another: %+v; %d submitted, %d wait", s, sent(), reg.kept())
			}
		}
		for n := range int64(3) {
			if s := take(ballottest.VoteKey("reg"), n); s.State == letter.Withdrawn || sent() == 0 || reg.kept() != 1 {
				t.Fatalf("of the proposer: %+v; %d submitted, %d wait", s, sent(), reg.kept())
			}
		}
		reg.gate.set(gate{})
		f.everywhere(made.Motion.ID, api.MotionWithdrawn) // also where nobody took it back by hand
	})
}

// A motion that is withdrawn before a regulator's node looked at it is told as that.
func TestWhatWasWithdrawnUnread(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		made, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("label", mobile))
		f.must(err)
		_, err = f.desks["reg"].WithdrawMotion(t.Context(), made.Motion.ID)
		f.must(err)
		code := func(err error) string {
			var e *api.Error
			if !errors.As(err, &e) || e.Kind != api.NotFound {
				return fmt.Sprint(err)
			}
			return e.Code
		}
		id, err := cid.Decode(made.Motion.ID)
		f.must(err)
		f.eventually("another has it withdrawn", func() bool { return f.desks["reg2"].regulator.Withdrawn(id) })
		if _, err := f.desks["reg2"].Motion(t.Context(), made.Motion.ID); code(err) != "council.unread" {
			t.Errorf("looked at: %v", err)
		}
		if _, err := f.desks["reg2"].VoteMotion(t.Context(), api.MotionVote{ID: made.Motion.ID, For: true}); code(err) != "council.unread" {
			t.Errorf("a vote on it: %v", err)
		}
	})
}

// regulatorsMotion returns a motion that is before the regulators.
func (d *desk) regulatorsMotion(t *testing.T, id string) *motion.Signed {
	t.Helper()
	docket, _ := d.docket()
	for i := range docket.Motions {
		if m := &docket.Motions[i].Motion; m.ID.String() == id {
			return m
		}
	}
	t.Fatalf("%s is not before the regulators", id)
	return nil
}
