package crowd

import (
	"context"
	"strings"
	"testing"
	"time"

	"ringfence/node/publish/hand"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// A node a day fast and one a day slow sign nothing and say why. The fast one has
// the others' list when it is asked for the others' day, and again by itself when it
// was started with its clock right; the slow one says how many batches wait for their
// time, and has the list ten seconds after its clock was set right.
func TestADayOff(t *testing.T) {
	const day = 24 * time.Hour
	ahead := []time.Duration{0, 0, 0, day, -day}
	bubble(t, Config{Nodes: len(ahead), Ahead: func(node int) time.Duration { return ahead[node] }}, func(n *Net) {
		right, fast, slow := n.Nodes[0], n.Nodes[3], n.Nodes[4]
		n.Within(30*time.Second, "all clocks are compared", n.timed)
		for node, why := range map[*Node]string{fast: "ahead of that of the peers", slow: "behind that of the peers"} {
			if _, err := node.TryFlag(Num(9)); err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("node %d signs: %v", node.Index, err)
			}
		}
		for i := range 6 {
			n.Nodes[i%3].Flag(Num(i))
		}
		right.flagForToday(Num(6))
		n.Within(10*time.Second, "the right and the fast have all", func() bool {
			return Equal(n.Nodes[:3], 7) && fast.View.List().Counts().Statements == 7
		})
		today, tomorrow := right.today(), fast.today()
		if tomorrow != today+1 || fast.View.List().Stamp().Root == right.View.List().Stamp().Root {
			t.Fatalf("days %v and %v make no difference to the list: this shows nothing", today, tomorrow)
		}
		if listOn(t, n, fast.Store, today) != right.View.List().Stamp().Root {
			t.Error("asked for the others' day, the fast node has another list")
		}
		if listOn(t, n, right.Store, tomorrow) != fast.View.List().Stamp().Root {
			t.Error("asked for the fast node's day, the others have another list")
		}
		n.Within(time.Minute, "the slow one says that seven batches of three feeds wait", func() bool {
			s := slow.Federation.Standing()
			return s.BatchesWaiting == 7 && s.FeedsWaiting == 3
		})
		right.Flag(Num(7))
		n.Within(time.Minute, "the slow one says that one more waits", func() bool { return slow.Federation.Standing().BatchesWaiting == 8 })
		if c := slow.View.List().Counts(); c.Statements != 0 {
			t.Errorf("the slow one counts %d statements of tomorrow", c.Statements)
		}
		slow.SetAhead(0)
		n.Within(10*time.Second, "the slow one has the list once its clock is right", func() bool {
			return Equal([]*Node{right, slow}, 8)
		})
		fast.Stop() // a list does not turn back to an earlier day
		fast.SetAhead(0)
		fast.Start()
		n.Within(30*time.Second, "all lists are equal", func() bool { return Equal(n.Nodes, 8) })
		n.Within(30*time.Second, "the clocks are compared again and both sign", func() bool {
			return fast.Federation.MaySign() == nil && slow.Federation.MaySign() == nil
		})
		fast.Flag(Num(10))
		slow.Flag(Num(11))
		n.Within(10*time.Second, "everybody has their flags", func() bool { return Equal(n.Nodes, 10) })
		if s := slow.Federation.Standing(); s.FeedsWaiting != 0 || s.BatchesWaiting != 0 || s.Differing != 0 {
			t.Errorf("afterwards: %+v", s)
		}
	})
}

// timed reports whether every node has compared its clock with all others'.
func (n *Net) timed() bool {
	for _, node := range n.Nodes {
		for _, p := range node.Federation.Peers() {
			if p.ClockAheadSeconds == nil {
				return false
			}
		}
	}
	return true
}

// flagForToday says that a number is unwanted; tomorrow it counts no more.
func (n *Node) flagForToday(num string) {
	n.net.t.Helper()
	terms, err := n.Publisher.Terms()
	if err != nil {
		n.net.t.Fatal(err)
	}
	subject, err := number.Parse(num)
	if err != nil {
		n.net.t.Fatal(err)
	}
	category, err := taxonomy.ParseCategory("mkt.finance.loan")
	if err != nil {
		n.net.t.Fatal(err)
	}
	now := n.Now()
	flag, err := terms.Flag(hand.Flag{Key: subject.Range(), Category: category, Reports: 5, SeenTo: now.Unix() - 60, Expires: now.Add(24 * time.Hour).Unix()})
	if err != nil {
		n.net.t.Fatal(err)
	}
	if _, err := n.Publisher.Say(context.Background(), "", flag); err != nil {
		n.net.t.Fatal(err)
	}
}

// listOn returns the root of the list that a store's batches make on a day.
func listOn(t *testing.T, n *Net, store *memory.Store, day taxonomy.Day) merkle.Hash {
	t.Helper()
	v, err := view.New(view.Config{State: n.State, Source: store, Day: day, Session: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Follow(); err != nil {
		t.Fatal(err)
	}
	return v.List().Stamp().Root
}
