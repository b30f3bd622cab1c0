package crowd

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/federation"
	"ringfence/store/feed"
	"ringfence/store/intake"
)

// A member tells everybody a year of old batches again, all of them known. Nothing
// changes, nothing that was retracted comes back, no batch is looked at by the
// door, and nobody thinks less of the honest who heard them, nor of it.
func TestReplayOfAYear(t *testing.T) {
	const nodes, days, replayer, day = 4, 365, 1, 24 * time.Hour
	var ignored, other, shown [nodes]atomic.Int64
	cfg := Config{
		Nodes: nodes,
		Ahead: func(node int) time.Duration {
			if node == 0 {
				return 0
			}
			return days * day // the year has passed for all but the one that lives it
		},
		Alter: func(node int, cfg *federation.Config) {
			cfg.Counted = func(_ string, n int) { shown[node].Add(int64(n)) }
			cfg.Gossiped = func(_, verdict string) {
				if verdict == "ignore" {
					ignored[node].Add(1)
				} else {
					other[node].Add(1)
				}
			}
		},
	}
	bubble(t, cfg, func(n *Net) {
		n.Sim.Partition(func(node int) int { return min(node, 1) })
		n.Within(2*time.Minute, "the speaker is alone", func() bool { return n.Nodes[0].Federation.Standing().Connected == 0 })
		n.Nodes[0].liveThrough(days)
		n.Sim.Partition(nil)
		n.Within(time.Minute, "everybody has the year", func() bool { return Equal(n.Nodes, days+days/30) })
		time.Sleep(11 * time.Minute) // gossip forgets what it saw, and the door's callback is asked again
		n.Within(time.Minute, "everybody agrees", n.agreed)
		var before [nodes]string
		for i, node := range n.Nodes {
			before[i] = node.holds()
			ignored[i].Store(0)
			other[i].Store(0)
			shown[i].Store(0)
		}
		scores := n.scoresOf(replayer)

		n.Nodes[replayer].Federation.Announce(history(t, n.Nodes[replayer]))
		time.Sleep(time.Minute)

		for i, node := range n.Nodes {
			if after := node.holds(); after != before[i] {
				t.Errorf("node %d held %s, now %s", i, before[i], after)
			}
			if n := shown[i].Load(); n != 0 {
				t.Errorf("node %d showed %d replayed batches to the door", i, n)
			}
			if i != replayer && (ignored[i].Load() < days || other[i].Load() != 0) {
				t.Errorf("node %d ignored %d messages and not %d, want all of them ignored", i, ignored[i].Load(), other[i].Load())
			}
		}
		for i, score := range n.scoresOf(replayer) {
			if score < scores[i]-0.5 { // what it earned by honest messages fades
				t.Errorf("the replayer's score fell from %v to %v", scores[i], score)
			}
		}
		if !n.connected() || !n.agreed() {
			t.Errorf("not of one mind after the replay\n%s", n)
		}
		n.Nodes[2].Flag(Num(days))
		n.Within(2*time.Second, "a new flag arrives as ever", func() bool { return Equal(n.Nodes, days+days/30+1) })
	})
}

// liveThrough flags a number each day and takes back one of them each thirty days.
func (n *Node) liveThrough(days int) {
	for d := range days {
		said := n.Flag(Num(d))
		if d%30 == 29 {
			n.Retract(said.Statements[0])
		}
		n.SetAhead(time.Duration(d+1) * 24 * time.Hour)
		time.Sleep(2 * time.Second) // its list turns to the next day
	}
}

// holds says what a node has and what it makes of it.
func (n *Node) holds() string {
	s := n.View.List().Stamp()
	return s.Root.String() + " " + s.Day.String() + " " + time.Duration(s.LedgerSize).String()
}

// scoresOf returns what the others think of a node.
func (n *Net) scoresOf(node int) []float64 {
	var all []float64
	for _, other := range n.Nodes {
		for _, p := range other.Federation.Peers() {
			if p.Member == Member(node) {
				all = append(all, p.Score)
			}
		}
	}
	return all
}

// history returns all batches that a node holds, as if it had just signed them.
func history(t *testing.T, n *Node) []*intake.Admitted {
	t.Helper()
	var all []*intake.Admitted
	err := n.Store.Since(0, func(_ uint64, r feed.Record) error {
		r.Header, r.Body = slices.Clone(r.Header), slices.Clone(r.Body)
		all = append(all, &intake.Admitted{CID: r.Tip.CID, Record: r})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
