package crowd

import (
	"testing"
	"time"

	"ringfence/node/federation"
)

// While the ledger ticks every few seconds, and each node hears of that when it does,
// nodes at different ledger sizes are never taken to differ, and all go on being known to
// agree: each compares a peer's list with its own one of the same size. One that stays
// behind agrees with nobody once that has lasted, and differs from nobody either.
func TestAgreementWhileTheLedgerTicks(t *testing.T) {
	bubble(t, Config{Nodes: 4, Ledger: true}, func(n *Net) {
		n.Nodes[0].Flag(Num(1))
		n.Within(2*time.Minute, "all agree", n.agreed)
		behind := n.Nodes[3]
		for i := range 200 { // 10 minutes
			n.Tick()
			for j, node := range n.Nodes {
				if node != behind || i < 100 {
					n.Hear(node)
				}
				time.Sleep(time.Duration(j) * 500 * time.Millisecond / 2)
			}
			if i%20 == 5 {
				n.Nodes[i%3].Flag(Num(10 + i))
			}
			time.Sleep(3*time.Second - 1500*time.Millisecond)
			sizes := make(map[uint64]bool)
			for _, node := range n.Nodes {
				sizes[node.View.List().Stamp().LedgerSize] = true
				s := node.Federation.Standing()
				if s.Differing != 0 || i < 100 && s.Agreeing != 3 {
					t.Fatalf("tick %d, node %d: %d agree, %d differ", i, node.Index, s.Agreeing, s.Differing)
				}
			}
			if i >= 100 && len(sizes) < 2 {
				t.Fatal("all are at one ledger size: this shows nothing")
			}
		}
		if s := behind.Federation.Standing(); s.Agreeing != 0 || s.Connected != 3 {
			t.Errorf("who is 100 ticks behind agrees with %d of %d", s.Agreeing, s.Connected)
		}
		for _, node := range n.Nodes[:3] {
			if s := node.Federation.Standing(); s.Agreeing != 2 {
				t.Errorf("node %d agrees with %d", node.Index, s.Agreeing)
			}
		}
		n.Hear(behind)
		n.Within(2*time.Minute, "all agree again", n.agreed)
		for _, node := range n.Nodes {
			if all, err := federation.Alarms(node.Store); err != nil || len(all) != 0 {
				t.Errorf("node %d keeps alarms %+v, %v", node.Index, all, err)
			}
		}
	})
}
