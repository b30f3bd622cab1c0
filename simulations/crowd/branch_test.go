package crowd

import (
	"testing"
	"time"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/intake"
)

// tell admits so many batches that go on from a batch in a story of their own, at a node that
// may be stopped, and returns their places.
func (n *Node) tell(author *Node, after feed.Tip, count int, apart int64) (tips []feed.Tip) {
	t := n.net.t
	t.Helper()
	record, held, err := n.Store.Batch(after.CID)
	if err != nil || !held {
		t.Fatal(held, err)
	}
	h, _, err := feed.Peek(record.Header)
	if err != nil {
		t.Fatal(err)
	}
	for range count {
		h.Sequence, h.Previous, h.Time = h.Sequence+1, after.CID, h.Time+apart
		encoded, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		signed, err := assertion.Sign(encoded, author.key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := n.Door.Admit([]intake.Offer{{Header: signed, Body: record.Body}}, n.Now())
		if err != nil || got[0].Status != intake.Fresh {
			t.Fatalf("node %d takes no batch %d: %v, %s, %v", n.Index, h.Sequence, got[0].Status, got[0].Detail, err)
		}
		after = got[0].Tip
		tips = append(tips, after)
	}
	n.wake()
	return tips
}

// A key tells two stories, and the ledger anchors one of them: every node that holds the
// other changes to it, be that longer or shorter, and all have one list; the one whose key
// it is too, and one that is stopped in the midst of it. The proof stays.
func TestTheAnchoredStoryWinsEverywhere(t *testing.T) {
	for name, lengths := range map[string][2]int{"the other is longer": {4, 150}, "the other is shorter": {90, 2}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{Nodes: 5, Ledger: true, Known: 4}, func(n *Net) {
				author, one, other := n.Nodes[0], n.Nodes[1:3], n.Nodes[3:]
				issuer := author.key.Public()
				n.Tick()
				n.Hear(n.Nodes...)
				author.Flag(Num(1))
				author.Flag(Num(2))
				n.Within(time.Minute, "all have what both stories begin with", func() bool { return Equal(n.Nodes, 2) })
				common, _, err := author.Store.Tip(issuer, 0)
				if err != nil {
					t.Fatal(err)
				}
				author.Stop()
				for _, node := range other {
					node.Stop()
				}
				anchored := one[0].tell(author, common, lengths[0], 1)
				for _, node := range other {
					node.tell(author, common, lengths[1], 2)
				}
				for _, node := range append([]*Node{author}, other...) {
					node.Start()
				}
				n.Within(5*time.Minute, "all know of the fork", func() bool {
					for _, node := range n.Nodes {
						if proofs, err := node.Store.Forks(); err != nil || len(proofs) != 1 {
							return false
						}
					}
					return true
				})
				head := anchored[len(anchored)-2]
				n.AnchorAt(issuer, head)
				n.Tick()
				n.Hear(n.Nodes...)
				other[1].Stop() // perhaps between what goes and what comes
				other[1].Start()
				on := func(node *Node) bool {
					tip, held, err := node.Store.Tip(issuer, 0)
					if err != nil {
						t.Fatal(err)
					}
					return held && (tip == head || tip == anchored[len(anchored)-1])
				}
				took := n.Within(10*time.Minute, "all are on the anchored story", func() bool {
					for _, node := range n.Nodes {
						if !on(node) {
							return false
						}
					}
					return true
				})
				t.Logf("changed within %v", took)
				n.Within(2*time.Minute, "all have its list", func() bool { return Equal(n.Nodes, n.Nodes[1].View.List().Counts().Statements) })
				n.Within(2*time.Minute, "all agree", n.agreed)
				root := other[0].View.List().Stamp().Root
				other[0].Stop()
				other[0].Start()
				n.Within(2*time.Minute, "it has the same list when it begins anew", func() bool { return on(other[0]) && other[0].View.List().Stamp().Root == root })
				for _, node := range n.Nodes {
					if proofs, err := node.Store.Forks(); err != nil || len(proofs) != 1 {
						t.Errorf("node %d keeps %d proofs, %v", node.Index, len(proofs), err)
					}
				}
			})
		})
	}
}
