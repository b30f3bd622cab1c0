package council

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
)

// Each regulator promises itself on its own node, and is told in words what that means and
// who has promised. Once a quorum has, the next generation begins by itself, and what was
// before the regulators is decided in it; who stayed behind is told, and joins alike.
func TestRegulatorsRealign(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		open, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("label", mobile))
		f.must(err)
		f.everywhere(open.Motion.ID, api.MotionOpen)
		for i, m := range []string{"reg", "reg2", "reg3"} {
			if i == 0 {
				f.costs(m)
			}
			s, err := f.desks[m].RealignQuorum(t.Context(), i < 2)
			if err != nil || s.Told == nil || s.Told.Code != [...]string{"council.promised", "council.promised", "council.promised_enough"}[i] || s.Generation == nil || s.Generation.Promised != 1 {
				t.Fatalf("%s promises: %+v, %v", m, s, err)
			}
			if i == 2 {
				break // the generation begins
			}
			if i == 0 {
				f.away(m)
			}
			f.eventually("the others see its promise", func() bool {
				s, err := f.desks["reg4"].QuorumState(t.Context())
				return err == nil && slices.Contains(s.Promises, api.QuorumPromise{Member: m, Generation: 1})
			})
			if s, err := f.desks["reg4"].QuorumState(t.Context()); err != nil || s.Generation.Number != 0 {
				t.Errorf("after %d promises: %+v, %v", i+1, s.Generation, err)
			}
		}
		in := func(m string, number uint64) func() bool {
			return func() bool {
				s, err := f.desks[m].QuorumState(t.Context())
				return err == nil && s.Generation != nil && s.Generation.Number == number && s.Generation.Leader != ""
			}
		}
		for _, m := range []string{"reg", "reg2", "reg3"} {
			f.eventually(m+" is in the next generation", in(m, 1))
		}
		for _, m := range []string{"reg2", "reg3"} {
			f.eventually(m+" votes in it", func() bool {
				_, err := f.desks[m].VoteMotion(t.Context(), api.MotionVote{ID: open.Motion.ID, For: true})
				return err == nil
			})
		}
		f.everywhere(open.Motion.ID, api.MotionEnacted) // also where the generation is not joined

		last := f.desks["reg4"]
		f.eventually("the fourth is told", func() bool {
			s, err := last.QuorumState(t.Context())
			return err == nil && s.Generation.Begun == 1 && strings.Contains(fmt.Sprint(last.Problems()), "began generation 1")
		})
		time.Sleep(10 * time.Second)
		if s, err := last.QuorumState(t.Context()); err != nil || s.Generation.Number != 0 {
			t.Errorf("it joined unasked: %+v, %v", s.Generation, err)
		}
		joins, err := last.RealignQuorum(t.Context(), false)
		if f.must(err); joins.Told.Code != "council.promised_begun" || strings.Contains(fmt.Sprint(last.Problems()), "began generation 1") {
			t.Errorf("who joins is told %v, and of %v", joins.Told, last.Problems())
		}
		f.eventually("the fourth is in the next generation", in("reg4", 1))
	})
}

// costs has a regulator that is at work, as all are, asked for a promise: it is told what
// that would do, and what leads back, and is not promised.
func (f *federation) costs(m string) {
	f.Helper()
	f.eventually("all are at work", func() bool {
		s, err := f.desks[m].QuorumState(f.Context())
		return err == nil && s.Fresh == 4 && s.Stopped == ""
	})
	_, err := f.desks[m].RealignQuorum(f.Context(), false)
	if api.KindOf(err) != api.Refused || !strings.Contains(fmt.Sprint(err), "0 more may fail") || !strings.Contains(fmt.Sprint(err), "--yes") {
		f.Errorf("a promise of one of four at work: %v", err)
	}
	if s, err := f.desks[m].QuorumState(f.Context()); err != nil || s.Generation.Promised != 0 || len(s.Promises) != 0 {
		f.Errorf("after a refusal it is promised: %+v, %v", s.Generation, err)
	}
}

// away has all tell that one which is promised is not at work, and that one more loss stops
// the ledger; the next one that is asked is told that its promise would.
func (f *federation) away(m string) {
	f.Helper()
	f.eventually("nobody counts who is promised", func() bool {
		for _, other := range []string{"reg", "reg2", "reg3", "reg4"} {
			s, err := f.desks[other].QuorumState(f.Context())
			if err != nil || s.Fresh != 3 || s.Margin != 0 || !slices.ContainsFunc(s.Seats, func(q api.QuorumSeat) bool { return q.Member == m && !q.Live && q.Idle == "promised" }) {
				return false
			}
		}
		return true
	})
	if said := fmt.Sprint(f.desks[m].Problems()); strings.Contains(said, "neither reports") || !strings.Contains(said, "cosigns only what the others lock") {
		f.Errorf("who is promised says of itself %s", said)
	}
	if _, err := f.desks["reg2"].RealignQuorum(f.Context(), false); api.KindOf(err) != api.Refused || !strings.Contains(fmt.Sprint(err), "nothing is certified any more until 3 have promised") {
		f.Errorf("a promise of one of three at work: %v", err)
	}
}
