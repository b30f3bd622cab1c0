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
			s, err := f.desks[m].RealignQuorum(t.Context())
			if err != nil || s.Told == nil || s.Told.Code != "council.promised" || s.Generation == nil || s.Generation.Promised != 1 {
				t.Fatalf("%s promises: %+v, %v", m, s, err)
			}
			if i == 2 {
				break // the generation begins
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
		_, err = last.RealignQuorum(t.Context())
		f.must(err)
		f.eventually("the fourth is in the next generation", in("reg4", 1))
	})
}
