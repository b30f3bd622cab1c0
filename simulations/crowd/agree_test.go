package crowd

import (
	"testing"
	"time"
)

// Whoever has the same list counts as agreeing also while something is being said, and
// nobody who holds all of it is shown behind for longer than news travels.
func TestAgreementWhileFlagsComeIn(t *testing.T) {
	bubble(t, Config{Nodes: 5}, func(n *Net) {
		said, behind, asked := 0, 0, 0
		look := func(when string) {
			t.Helper()
			for _, node := range n.Nodes {
				if s := node.Federation.Standing(); s.Agreeing != len(n.Nodes)-1 || s.Differing != 0 {
					t.Errorf("%s node %d is in agreement with %d of %d, and %d differ", when, node.Index, s.Agreeing, s.Connected, s.Differing)
				}
				for _, p := range node.Federation.Peers() {
					asked++
					if p.Behind > 1 || p.Ahead > 1 {
						t.Errorf("%s node %d shows a peer %d behind and %d ahead", when, node.Index, p.Behind, p.Ahead)
					} else if p.Behind > 0 {
						behind++
					}
				}
			}
		}
		flag := func() {
			n.Nodes[said%len(n.Nodes)].Flag(Num(said))
			said++
		}
		n.Within(time.Minute, "everybody knows that all agree", n.agreed)
		flag()
		look("right after a change")
		n.Within(2*time.Second, "everybody has it", func() bool { return Equal(n.Nodes, said) })
		look("once everybody has it")
		time.Sleep(time.Minute)
		for range 180 { // for longer than a comparison counts
			flag()
			time.Sleep(400 * time.Millisecond)
			look("under a flag a second")
			time.Sleep(600 * time.Millisecond)
		}
		if behind*20 > asked {
			t.Errorf("in %d of %d looks a peer is shown behind that holds everything", behind, asked)
		}
	})
}
