package crowd

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ringfence/node/api"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/view"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(bothered); address != "" {
		os.Exit(bother(address)) // the child of TestFiveHundredStrangers
	}
	if raced {
		// Two threads that fire timers of one bubble at once share one state of the
		// race detector, which breaks it: golang/go#78156, a SIGSEGV in go1.26.8.
		runtime.GOMAXPROCS(1)
	}
	goleak.VerifyTestMain(m)
}

// bubble runs a scenario in virtual time.
func bubble(t *testing.T, cfg Config, scenario func(n *Net)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := New(t, cfg)
		defer n.Close()
		if cfg.Strangers == 0 {
			n.Within(time.Minute, "everybody is connected", func() bool { return n.connected() })
		}
		scenario(n)
	})
}

// connected reports whether every node has all others as neighbours.
func (n *Net) connected() bool {
	for _, node := range n.Nodes {
		if node.Federation.Standing().Connected < len(n.Nodes)-1 {
			return false
		}
	}
	return true
}

// agreed reports whether every node says that all the others have its list.
func (n *Net) agreed() bool {
	for _, node := range n.Nodes {
		if s := node.Federation.Standing(); s.Agreeing < len(n.Nodes)-1 || !s.Ready {
			return false
		}
	}
	return true
}

func TestAFlagReachesEverybody(t *testing.T) {
	bubble(t, Config{Nodes: 8}, func(n *Net) {
		said := n.Nodes[3].Flag(Num(1))
		took := n.Within(2*time.Second, "everybody has the flag", func() bool { return Equal(n.Nodes, 1) })
		t.Logf("everybody had it after %v", took)
		n.Within(20*time.Second, "everybody knows that all agree", n.agreed)
		n.Nodes[3].Retract(said.Statements[0])
		n.Within(2*time.Second, "everybody has the retraction", func() bool { return Equal(n.Nodes, 2) })
		if c := n.Nodes[0].View.List().Counts(); c.Entries != 0 {
			t.Errorf("%d entries are listed after the retraction", c.Entries)
		}
	})
}

// halves puts the first half of the nodes on one side.
func halves(nodes int) func(int) int {
	return func(node int) int {
		if node < nodes/2 {
			return 0
		}
		return 1
	}
}

// Ten minutes of partition with a thousand flags on each side: equal list roots
// within ten seconds of healing.
func TestPartition(t *testing.T) {
	const nodes, flags, lasts = 10, 1000, 10 * time.Minute
	bubble(t, Config{Nodes: nodes}, func(n *Net) {
		n.Sim.Partition(halves(nodes))
		var sides sync.WaitGroup
		for side := range 2 {
			sides.Go(func() {
				for i := range flags {
					n.Nodes[side*nodes/2+i%(nodes/2)].Flag(Num(side*flags + i))
					time.Sleep(lasts / flags)
				}
			})
		}
		sides.Wait()
		for side := range 2 {
			if half := n.Nodes[side*nodes/2 : (side+1)*nodes/2]; !Equal(half, flags) {
				t.Errorf("side %d is not of one mind before the healing\n%s", side, n)
			}
		}
		n.Sim.Partition(nil)
		took := n.Within(10*time.Second, "equal list roots after healing", func() bool { return Equal(n.Nodes, 2*flags) })
		t.Logf("equal %v after healing", took)
	})
}

// Loss and a slow, uneven network cost time and nothing else.
func TestLossAndJitter(t *testing.T) {
	for _, c := range []struct {
		name string
		net  overlaytest.SimnetConfig
		p99  time.Duration
	}{
		{"2 % loss", overlaytest.SimnetConfig{Loss: 0.02}, 5 * time.Second},
		{"10 % loss", overlaytest.SimnetConfig{Loss: 0.10}, 10 * time.Second},
		{"300 ms and up to 200 more, 5 % loss, 1 Mb/s", overlaytest.SimnetConfig{
			Latency: func(int, int) time.Duration { return 300 * time.Millisecond }, Jitter: 200 * time.Millisecond, Loss: 0.05, BitsPerSecond: 1_000_000,
		}, 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			const nodes, flags = 10, 60
			bubble(t, Config{Nodes: nodes, Network: c.net}, func(n *Net) {
				for i := range flags {
					n.Nodes[i%nodes].Flag(Num(i))
					time.Sleep(time.Second)
				}
				took := n.Within(c.p99, "everybody has all", func() bool { return Equal(n.Nodes, flags) })
				t.Logf("equal %v after the last word", took)
			})
		})
	}
}

// A key that two halves, or three parts, have heard different stories from is
// frozen alike everywhere, by the same proof, whichever came first, and nothing
// of it counts; so it stays after restarts.
func TestForks(t *testing.T) {
	for _, parts := range []int{2, 3} {
		t.Run(fmt.Sprintf("%d stories", parts), func(t *testing.T) {
			const nodes = 9
			thieves := map[int]bool{0: true, 3: true, 6: true}
			cfg := Config{Nodes: nodes, Issuer: func(node int) int {
				if thieves[node] && node < 3*parts {
					return 0
				}
				return node
			}}
			bubble(t, cfg, func(n *Net) { forks(t, n, parts) })
		})
	}
}

func forks(t *testing.T, n *Net, parts int) {
	n.Nodes[1].Flag(Num(1))
	n.Within(5*time.Second, "everybody has the honest flag", func() bool { return Equal(n.Nodes, 1) })
	n.Sim.Partition(func(node int) int { return min(node/3, parts-1) })
	for part := range parts {
		for i := range 2 + part { // so that the parents of the later ones differ too
			n.Nodes[3*part].Flag(Num(100*part + 10 + i))
		}
	}
	time.Sleep(5 * time.Second)
	n.Sim.Partition(nil)
	same := func() bool {
		var first string
		for i, node := range n.Nodes {
			proof, ok, err := node.Store.Fork(node.net.Nodes[0].key.Public(), 0)
			if err != nil || !ok {
				return false
			}
			if i == 0 {
				first = string(proof.Bytes())
			}
			if string(proof.Bytes()) != first || node.View.List().Stamp().Root != n.Nodes[0].View.List().Stamp().Root {
				return false
			}
		}
		return true
	}
	took := n.Within(15*time.Second, "everybody has the same proof and the same list", same)
	t.Logf("frozen alike %v after healing", took)
	n.Within(30*time.Second, "everybody agrees", n.agreed)
	for _, node := range n.Nodes {
		c := node.View.List().Counts()
		if c.Suspended == 0 {
			t.Errorf("node %d holds nothing of the forked feed: that shows nothing", node.Index)
		}
		if c.Suspended = 0; c != (view.Counts{Batches: 1, Statements: 1, Keys: 1, Entries: 1}) {
			t.Errorf("node %d: the list stands on %+v, want the honest flag", node.Index, c)
		}
	}
	n.Within(30*time.Second, "nobody is ahead or behind by what nobody takes any more", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *Node) bool {
			return slices.ContainsFunc(node.Federation.Peers(), func(p api.Peer) bool { return p.Ahead != 0 || p.Behind != 0 })
		})
	})
	if _, err := n.Nodes[0].TryFlag(Num(5)); err == nil || !strings.Contains(err.Error(), "signing is barred") {
		t.Errorf("a node whose key told two stories signs on: %v", err)
	}
	for _, i := range []int{2, 5} {
		n.Nodes[i].Stop()
		n.Nodes[i].Start()
	}
	n.Within(30*time.Second, "restarted nodes have the same proof and the same list", func() bool { return same() && n.agreed() })
}

// Ten minutes off, either way, is borne; more is not signed, and says so. What a
// fast clock signed waits until due.
func TestClocks(t *testing.T) {
	ahead := []time.Duration{0, 0, 9 * time.Minute, -9 * time.Minute, 11 * time.Minute, 0}
	bubble(t, Config{Nodes: len(ahead), Ahead: func(node int) time.Duration { return ahead[node] }}, func(n *Net) {
		n.Within(30*time.Second, "everybody has heard from all", func() bool {
			_, err := n.Nodes[4].TryFlag(Num(4))
			return err != nil
		})
		for i := range 4 {
			n.Nodes[i].Flag(Num(i))
		}
		_, err := n.Nodes[4].TryFlag(Num(4))
		if err == nil || !strings.Contains(err.Error(), "ahead of that of the peers") {
			t.Errorf("eleven minutes ahead and it signs: %v", err)
		}
		n.Within(10*time.Second, "what is in time is everywhere", func() bool { return Equal(n.Nodes[:2], 4) && Equal(n.Nodes[4:], 4) })
		// Nine minutes behind the one that is nine minutes ahead: eighteen.
		if c := n.Nodes[3].View.List().Counts(); c.Statements != 3 {
			t.Errorf("%d statements with the slow clock, want the three that are due", c.Statements)
		}
		n.Within(time.Minute, "it says that one feed waits", func() bool { return n.Nodes[3].Federation.Standing().FeedsWaiting == 1 })
		n.Within(10*time.Minute, "the slow clock has all once it is due", func() bool { return Equal(n.Nodes, 4) })
	})
}
