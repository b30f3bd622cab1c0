package crowd

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// says has a node say what it drafts by hand.
func (n *Node) says(draft func(hand.Terms) (assertion.Statement, error)) (taxonomy.Ref, error) {
	n.net.t.Helper()
	terms, err := n.Publisher.Terms()
	if err != nil {
		n.net.t.Fatal(err)
	}
	one, err := draft(terms)
	if err != nil {
		n.net.t.Fatal(err)
	}
	said, err := n.Publisher.Say(context.Background(), "", one)
	if err != nil {
		return taxonomy.Ref{}, err
	}
	return said.Statements[0], nil
}

// flagsOf tells what became of each member's flag of a number.
func (n *Node) flagsOf(num string) string {
	n.net.t.Helper()
	subject, err := number.Parse(num)
	if err != nil {
		n.net.t.Fatal(err)
	}
	var all []string
	l := n.View.List()
	for _, told := range l.Explain(subject).Keys[0].Told {
		if told.Statement.Kind == assertion.KindFlag {
			all = append(all, l.State().Member(told.Member).ID+" "+told.Status.String())
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// A contest runs from the tick of its anchor, and at the deadline what nobody answered for
// lapses on every node, for good: also where an answer was dated in time and anchored too
// late, and on a node that was away and hears of all of it at once, in another order.
func TestAnUnansweredContestLapsesEverywhere(t *testing.T) {
	holder := func(f *charter.FoundingConfig) {
		f.Grants = []charter.RangeGrant{chartertest.Grant(t, "+86138*/13", Member(0), "", "")}
	}
	bubble(t, Config{Nodes: 5, Ledger: true, Change: holder}, func(n *Net) {
		away, here := n.Nodes[4], n.Nodes[:4]
		away.Stop()
		all := func(what, want string, nodes ...*Node) {
			t.Helper()
			for _, node := range nodes {
				if got := node.flagsOf(Num(1)); got != want {
					t.Fatalf("%s, on node %d: %s; want %s", what, node.Index, got, want)
				}
			}
		}
		n.Tick()
		n.Hear(here...)
		for _, node := range here[1:] {
			node.Flag(Num(1))
		}
		key := chartertest.Range(t, Num(1))
		contest := func(t hand.Terms) (assertion.Statement, error) { return t.Contest(key, "not ours") }
		ref, err := here[0].says(contest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = here[0].says(contest); err == nil || !strings.Contains(err.Error(), "said too recently") {
			t.Errorf("contested again at once: %v", err)
		}
		n.Within(time.Minute, "all have the contest", func() bool { return Equal(here, 4) })
		if c := here[2].View.List().Contests(key); len(c) != 1 || c[0].Anchored || c[0].Deadline != 0 || !c[0].Open() {
			t.Errorf("before its anchor: %+v", c)
		}
		n.Anchor(here...)
		n.Tick()
		opened := n.Council.Now
		n.Hear(here...)
		for _, node := range here {
			if c := node.View.List().Contests(key); len(c) != 1 || c[0].Opened != opened || c[0].Deadline != opened+72*3600 {
				t.Errorf("node %d has %+v", node.Index, c)
			}
		}
		for _, node := range here[1:3] {
			if _, err := node.says(func(t hand.Terms) (assertion.Statement, error) { return t.Answer(ref, true, "seen") }); err != nil {
				t.Fatal(err)
			}
		}
		n.Within(time.Minute, "all have the answers", func() bool { return Equal(here, 6) })
		n.Anchor(here[1])
		all("before the deadline", "m001 counts, m002 counts, m003 counts", here...)
		for n.Council.Now < opened+72*3600 {
			n.Council.Now = min(n.Council.Now+86400, opened+72*3600)
			n.Tick()
		}
		n.Hear(here...)
		const lapsed = "m001 counts, m002 lapsed, m003 lapsed"
		all("at the deadline", lapsed, here...)
		n.Anchor(here...)
		n.Council.Now++
		n.Tick()
		n.Hear(here...)
		all("the late answer is anchored", lapsed, here...)

		away.Start()
		n.Hear(away)
		n.Within(5*time.Minute, "who was away has the same list", func() bool { return Equal(n.Nodes, 6) })
		all("after all of it", lapsed, n.Nodes...)
		n.anyOrder(map[string]string{Num(1): lapsed})
	})
}
