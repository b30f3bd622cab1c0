package crowd

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ringfence/node/publish"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
)

// A node that the genesis does not name is nobody's peer until the ledger admits its
// member, whoever hears of that first; then it is met at once and its flags count
// everywhere. A restart in between changes nothing. A member that the ledger removes is
// hung up on and not let in again, and signs nothing once its node knows.
func TestMembersComeAndGo(t *testing.T) {
	bubble(t, Config{Nodes: 4, Ledger: true, Strangers: 1, Known: 3}, func(n *Net) {
		old, late := n.Nodes[:3], n.Nodes[3]
		n.Within(time.Minute, "the founders have met", func() bool { return slices.Equal(old[0].Near(), []int{1, 2}) })
		if _, err := late.TryFlag(Num(9)); !errors.Is(err, publish.ErrNotIssuer) {
			t.Fatalf("a stranger flags: %v", err)
		}
		time.Sleep(2 * time.Minute)
		for _, node := range n.Nodes {
			if slices.Contains(node.Near(), 3) || node == late && len(node.Near()) > 0 {
				t.Fatalf("before it is admitted node %d is connected to %v", node.Index, node.Near())
			}
		}
		n.Tick()
		n.Decide(motion.AdmitMember, chartertest.Admission(t, n.Council.State.Constitution(), Member(3), "operator", "vendor"))
		n.Hear(old[:2]...)
		n.Hear(late)
		n.Within(5*time.Second, "those who heard of it have met it", func() bool { return slices.Equal(late.Near(), []int{0, 1}) })
		late.Flag(Num(9))
		old[1].Stop()
		old[1].Start()
		n.Hear(old[2])
		n.Within(30*time.Second, "all have met", func() bool {
			return slices.Equal(late.Near(), []int{0, 1, 2}) && slices.Equal(old[1].Near(), []int{0, 2, 3})
		})
		n.Within(30*time.Second, "all have its flag", func() bool { return Equal(n.Nodes, 1) })
		n.Within(2*time.Minute, "all agree", func() bool {
			return !slices.ContainsFunc(n.Nodes, func(o *Node) bool { return o.Federation.Standing().Agreeing != 3 })
		})

		n.Decide(motion.RemoveMember, &article.MemberRemoval{Member: Member(1), How: article.Expel})
		gone, rest := old[1], []*Node{old[0], old[2], late}
		n.Hear(rest...)
		n.Within(200*time.Millisecond, "it is hung up on", func() bool { return len(gone.Near()) == 0 })
		gone.Flag(Num(10)) // it does not know yet
		rest[0].Flag(Num(11))
		time.Sleep(2 * time.Minute)
		for _, node := range rest {
			if slices.Contains(node.Near(), 1) || len(node.Near()) != 2 || node.View.List().Counts().Statements != 2 {
				t.Errorf("node %d is connected to %v and has %+v", node.Index, node.Near(), node.View.List().Counts())
			}
			if s := node.Federation.Standing(); s.Hosts != 2 || s.Connected != 2 {
				t.Errorf("node %d knows %d other hosts, %d are connected", node.Index, s.Hosts, s.Connected)
			}
		}
		if len(gone.Near()) != 0 {
			t.Errorf("who was removed is let in again, by %v", gone.Near())
		}
		n.Hear(gone)
		if _, err := gone.TryFlag(Num(12)); !errors.Is(err, publish.ErrNotIssuer) {
			t.Errorf("an ended key flags: %v", err)
		}
	})
}
