package realmtest

import (
	"context"
	"slices"
	"sync/atomic"
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
	r.Enact(label("+8613800138000"), "reg", "east", "south")
	ended := func(n *node.Node) bool { return problem(n, "problem.regulator_ended") }
	r.Until("it tells that its regulator has ended", func() bool { return ended(west.Node) })
	r.Enact(label("+8613800138001"), "reg", "east", "south")
	if ended(r.Of("east").Node) {
		t.Error("another tells so too")
	}
	west.Stop()
	west.Start()
	r.Of("south").Stop()
	r.Enact(label("+8613800138002"), "reg", "east", "west") // which takes all three that are left
	if ended(west.Node) {
		t.Error("started anew it tells so")
	}
}

// A regulator whose disk is too full takes no part, and says so, before a write fails: it
// goes on by itself once there is room (F03).
func TestARegulatorWaitsForRoomOnItsDisk(t *testing.T) {
	var full atomic.Bool
	r := Found(t, []string{"east: regulator", "south: regulator", "west: regulator"})
	r.Ticked()
	west := r.Of("west")
	west.Stop()
	west.Cfg.FreeFloor, west.Cfg.Free = 1<<20, func(string) (free, total uint64, err error) {
		if full.Load() {
			return 1 << 20, 1 << 40, nil
		}
		return 1 << 39, 1 << 40, nil
	}
	west.Start()
	r.Until("it cosigns", func() bool { return r.Sits("west") })
	full.Store(true)
	r.Until("it tells that it waits", func() bool { return problem(west.Node, "problem.regulator_full") })
	r.Decide(label("+8613800138000"), "reg", "east", "south")
	full.Store(false)
	r.Until("it tells of nothing", func() bool { return !problem(west.Node, "problem.regulator_full") })
	r.Of("south").Stop()
	r.Enact(label("+8613800138001"), "reg", "east", "west") // which takes all three that are left
	if problem(west.Node, "problem.regulator_ended") {
		t.Error("it tells that its regulator has ended")
	}
}

func label(number string) api.Proposal {
	return api.Proposal{Kind: "ratify", Action: "label", Category: "crm.spoof", Grounds: "decision", Reason: "a test", Items: []api.ProposedItem{{Number: number}}}
}

func problem(n *node.Node, code string) bool {
	s, err := n.Status(context.Background())
	return err == nil && slices.ContainsFunc(s.Problems, func(p phrase.Phrase) bool { return p.Code == code })
}
