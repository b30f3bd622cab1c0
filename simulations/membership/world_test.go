package membership

import (
	"context"
	"slices"
	"testing"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/simulations/realmtest"
)

// regulators decide by three of four.
var regulators = []string{"reg", "reg-2", "reg-3", "reg-4"}

// world is a federation at work.
type world struct{ *realmtest.Realm }

// begin founds a federation of four regulators and an operator, and starts their nodes.
func begin(t *testing.T) *world {
	w := &world{realmtest.Found(t, []string{"reg-2: regulator", "reg-3: regulator", "reg-4: regulator", "op: operator"})}
	w.Ticked()
	return w
}

// node is that of a member.
func (w *world) node(member string) *node.Node { return w.Of(member).Node }

// waiting waits until something waits for a regulator's vote, and returns it.
func (w *world) waiting(member string, is func(*api.Motion) bool) (found api.Motion) {
	w.Helper()
	w.Until("it waits for "+member, func() bool {
		all, err := w.node(member).Motions(context.Background(), api.MotionQuery{Mine: true})
		w.Must(err)
		i := slices.IndexFunc(all.Motions, func(m api.Motion) bool { return is(&m) })
		if i >= 0 {
			found = all.Motions[i]
		}
		return i >= 0
	})
	return found
}

// votes has a regulator vote for what waits for it, and returns the motion that it is then.
func (w *world) votes(member string, is func(*api.Motion) bool) api.Motion {
	w.Helper()
	m, err := w.node(member).VoteMotion(context.Background(), api.MotionVote{ID: w.waiting(member, is).ID, For: true})
	w.Must(err)
	return m
}
