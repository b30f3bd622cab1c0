package council

import (
	"context"
	"sync"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/group"
	"ringfence/node/api"
	"ringfence/node/council/letter"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// deaf is a regulator whose quorum says of no withdrawal what became of it.
type deaf struct {
	Regulator
	mu   sync.Mutex
	sent int
}

func (d *deaf) Submit(ctx context.Context, command []byte) (applied.Answer, error) {
	if ballot.VerbOf(command) != ballot.Withdraw {
		return d.Regulator.Submit(ctx, command)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent++
	return applied.Answer{}, group.ErrUnknown
}

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
		quorum := &deaf{Regulator: reg.gate}
		reg.cfg.Regulator = quorum
		of := reg.regulatorsMotion(t, made.Motion.ID)
		take := func(by keys.Private, n int64) letter.Standing {
			w, err := motion.Withdrawal{Federation: of.Federation, Motion: of.ID, By: by.Public(), Time: n}.Sign(by)
			f.must(err)
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			return reg.TakeBack(ctx, &w)
		}
		for n := range int64(3) {
			if s := take(ballottest.VoteKey("reg2"), n); s.State == letter.Withdrawn || s.Why.IsZero() || quorum.sent != 0 || len(reg.pending) != 0 {
				t.Fatalf("of another: %+v; %d submitted, %d wait", s, quorum.sent, len(reg.pending))
			}
		}
		for n := range int64(3) {
			if s := take(ballottest.VoteKey("reg"), n); s.State == letter.Withdrawn || quorum.sent == 0 || len(reg.pending) != 1 {
				t.Fatalf("of the proposer: %+v; %d submitted, %d wait", s, quorum.sent, len(reg.pending))
			}
		}
		reg.cfg.Regulator = reg.gate
		f.everywhere(made.Motion.ID, api.MotionUnknown)
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
