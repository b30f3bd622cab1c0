package crowd

import (
	"testing"
	"time"

	"ringfence/node/federation"
	"ringfence/store/charter"
)

// Equal inputs with unequal roots raise an alarm on both sides, which says where
// the first difference lies and is kept; nodes that agree raise none.
func TestUnequalListsRaiseAnAlarm(t *testing.T) {
	trust := func(c *charter.FoundingConfig) { c.Trusted = append(c.Trusted, Member(1)) }
	bubble(t, Config{Nodes: 4, Judged: 3, Misjudge: trust}, func(n *Net) {
		for i := range 300 {
			n.Nodes[i%2].Flag(Num(i * 1000))
		}
		n.Within(10*time.Second, "everybody has all flags", func() bool {
			return n.Nodes[3].View.List().Counts().Statements == 300 && Equal(n.Nodes[:3], 300)
		})
		n.Within(2*time.Minute, "both sides are alarmed", func() bool {
			return n.Nodes[3].Federation.Standing().Differing == 3 && n.Nodes[0].Federation.Standing().Differing == 1
		})
		time.Sleep(10 * time.Second) // to look for the difference
		for i, node := range n.Nodes {
			kept, err := federation.Alarms(node.Store)
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if i == 3 {
				want = 3
			}
			if len(kept) < want {
				t.Fatalf("node %d kept %d alarms, want %d", i, len(kept), want)
			}
			for _, a := range kept {
				if a.Prefix == "" || a.OwnBlock == nil || a.TheirBlock == nil || a.OwnBlock.Hash == a.TheirBlock.Hash || a.OwnRoot == a.TheirRoot {
					t.Errorf("node %d: %+v", i, a)
				}
				if i < 3 && a.Member != Member(3) {
					t.Errorf("node %d accuses %s", i, a.Member)
				}
			}
		}
		if n.Nodes[0].Federation.Standing().Agreeing != 2 {
			t.Error("nodes that agree do not know it")
		}
		n.Nodes[3].Stop()
		n.Within(time.Minute, "who is gone differs no more", func() bool { return n.Nodes[0].Federation.Standing().Differing == 0 })
	})
}
