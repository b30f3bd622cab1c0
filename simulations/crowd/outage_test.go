package crowd

import (
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// looksUp is a look-up on a node.
func (n *Node) looksUp(num string) taxonomy.Entry {
	n.net.t.Helper()
	parsed, err := number.Parse(num)
	if err != nil {
		n.net.t.Fatal(err)
	}
	e, _, _ := n.View.List().Lookup(parsed)
	return e
}

// ratify has the regulator label numbers until a day.
func (n *Net) ratify(until taxonomy.Day, nums ...string) {
	n.t.Helper()
	n.take(n.Council.Try(n.Council.Motion(motion.Ratify, ballottest.Label(n.t, nums...), func(h *motion.Header) { h.Until = until }), "reg"))
}

// For 72 hours the regulators decide nothing. Flags and retractions reach everybody, and
// look-ups tell them. What the ledger decides stands where it was: its size and its day,
// what was ratified until yesterday, the contest whose deadline is past. What is the
// regulators' again follows within 30 seconds of their return, on every node.
func TestThreeDaysWithoutAQuorum(t *testing.T) {
	threeDays(t, 10*time.Second, func(n *Net, d time.Duration) { // all seconds pass in TestSoakThreeDaysWithoutAQuorum
		for _, node := range n.Nodes {
			node.SetAhead(time.Duration(node.ahead.Load()) + d - 2*time.Minute)
		}
		time.Sleep(2 * time.Minute)
	})
}

func threeDays(t *testing.T, every time.Duration, pass func(n *Net, d time.Duration)) {
	const ratified, contested = 900, 901
	holder := func(f *charter.FoundingConfig) {
		f.Grants = []charter.RangeGrant{chartertest.Grant(t, "+86138*/13", Member(0), "", "")}
	}
	bubble(t, Config{Nodes: 4, Ledger: true, Every: every, Change: holder}, func(n *Net) {
		n.Tick()
		n.ratify(taxonomy.DayOf(n.now().Unix())+1, Num(ratified))
		n.Hear(n.Nodes...)
		n.Nodes[1].Flag(Num(contested))
		n.Nodes[2].Flag(Num(contested))
		n.Within(time.Minute, "all have the flags", func() bool { return Equal(n.Nodes, 2) })
		if _, err := n.Nodes[0].says(func(t hand.Terms) (assertion.Statement, error) {
			return t.Contest(chartertest.Range(n.t, Num(contested)), "not ours")
		}); err != nil {
			t.Fatal(err)
		}
		n.Within(time.Minute, "all have the contest", func() bool { return Equal(n.Nodes, 3) })
		n.Anchor(n.Nodes...)
		n.Tick()
		n.Hear(n.Nodes...)
		stamp := n.Nodes[0].View.List().Stamp()

		statements := 3
		for round := range 12 {
			pass(n, 6*time.Hour)
			num := Num(round)
			first, second := n.Nodes[1+round%3], n.Nodes[1+(round+1)%3]
			said := first.Flag(num)
			second.Flag(num)
			statements += 2
			n.Within(10*time.Second, "two flags reach everybody", func() bool { return Equal(n.Nodes, statements) })
			for _, node := range n.Nodes {
				if e := node.looksUp(num); e.Action != taxonomy.Label || e.Ratified {
					t.Fatalf("round %d, node %d: two flags are told as %+v: %s", round, node.Index, e, node.flagsOf(num))
				}
			}
			first.Retract(said.Statements[0])
			statements++
			n.Within(10*time.Second, "a retraction reaches everybody", func() bool { return Equal(n.Nodes, statements) })
			for _, node := range n.Nodes {
				if e := node.looksUp(num); e.Action == taxonomy.Label {
					t.Fatalf("round %d, node %d: one flag is told as %+v", round, node.Index, e)
				}
				s := node.View.List().Stamp()
				if s.LedgerSize != stamp.LedgerSize || s.Day != stamp.Day || !node.looksUp(Num(ratified)).Ratified {
					t.Fatalf("round %d, node %d: the ledger has %d entries and day %v, ratified %v", round, node.Index, s.LedgerSize, s.Day, node.looksUp(Num(ratified)))
				}
				if got := node.flagsOf(Num(contested)); got != "m001 counts, m002 counts" {
					t.Fatalf("round %d, node %d: without a tick a contest comes to %s", round, node.Index, got)
				}
			}
		}

		back := time.Now()
		n.Council.Now = n.Nodes[0].Now().Unix()
		for range 4 { // a tick is worth a day at most
			n.Tick()
		}
		n.Anchor(n.Nodes...)
		n.ratify(taxonomy.DayOf(n.Council.Now)+30, Num(ratified+2))
		n.Tick()
		n.Hear(n.Nodes...)
		n.Within(30*time.Second-time.Since(back), "all have one list", func() bool { return Equal(n.Nodes, statements) })
		t.Logf("one list %s after the quorum came back", time.Since(back))
		for _, node := range n.Nodes {
			if got := node.flagsOf(Num(contested)); got != "m001 lapsed, m002 lapsed" {
				t.Errorf("node %d: past its deadline a contest comes to %s", node.Index, got)
			}
			if node.looksUp(Num(ratified)).Ratified || !node.looksUp(Num(ratified+2)).Ratified {
				t.Errorf("node %d: what ran out is %+v, what was ratified since %+v", node.Index, node.looksUp(Num(ratified)), node.looksUp(Num(ratified+2)))
			}
		}
	})
}
