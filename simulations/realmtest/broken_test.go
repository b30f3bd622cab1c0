package realmtest

import (
	"context"
	"slices"
	"testing"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// A regulator that cannot keep what it is to say says nothing more. Its node follows what
// the others decide, and tells that its regulator has ended and what to do; started anew it
// takes part again.
func TestANodeWhoseRegulatorEndsFollowsOn(t *testing.T) {
	r := Found(t, []string{"east: regulator", "south: regulator", "west: regulator"})
	r.Ticked()
	west := r.Of("west")
	r.Until("it cosigns", func() bool { return r.Sits("west") })
	r.Must(west.Node.Ledger().Close()) // nothing can be kept any more
	ratify := func(number string, voters ...string) {
		t.Helper()
		r.Enact(api.Proposal{Kind: "ratify", Action: "label", Category: "crm.spoof", Grounds: "decision", Reason: "a test", Items: []api.ProposedItem{{Number: number}}}, "reg", voters...)
	}
	ratify("+8613800138000", "east", "south")
	ended := func(n *node.Node) bool {
		s, err := n.Status(context.Background())
		return err == nil && slices.ContainsFunc(s.Problems, func(p phrase.Phrase) bool { return p.Code == "problem.regulator_ended" })
	}
	r.Until("it tells that its regulator has ended", func() bool { return ended(west.Node) })
	ratify("+8613800138001", "east", "south")
	if ended(r.Of("east").Node) {
		t.Error("another tells so too")
	}
	west.Stop()
	west.Start()
	r.Of("south").Stop()
	ratify("+8613800138002", "east", "west") // which takes all three that are left
	if ended(west.Node) {
		t.Error("started anew it tells so")
	}
}
