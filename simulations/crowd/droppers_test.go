package crowd

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/federation"
	"ringfence/store/feed"
	"ringfence/store/view"
)

// silent is the store of a member that passes nothing on: gossip brings it only
// what it has, so it ignores all, and it shows its peers nothing to pull.
type silent struct{ federation.Store }

func (silent) Has(cid.Cid) (bool, error)  { return true, nil }
func (silent) Tips() ([]feed.Head, error) { return nil, nil }

// Four of five members take what they are given and keep it to themselves, in
// gossip and in reconciliation. Of what the honest say all reaches the honest
// within half a minute, and 99 % within a second.
func TestFourDroppersToOne(t *testing.T) { withDroppers(t, 4, 16, 30) }

func withDroppers(t *testing.T, honest, droppers, flags int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		seen := &arrivals{next: make([]int, honest), had: make([]map[int]bool, honest)}
		for i := range seen.had {
			seen.had[i] = make(map[int]bool)
		}
		n := New(t, Config{
			Nodes: honest + droppers, Known: 3,
			Alter: func(node int, cfg *federation.Config) {
				if node >= honest {
					cfg.Store = silent{cfg.Store}
				}
			},
			Listed: func(node int, l *view.List) {
				if node < honest {
					seen.look(node, l)
				}
			},
		})
		defer n.Close()
		n.Within(2*time.Minute, "the honest are ready", func() bool {
			return !slices.ContainsFunc(n.Nodes[:honest], func(node *Node) bool { return !node.Federation.CaughtUp() })
		})
		time.Sleep(20 * time.Second) // the mesh of gossip settles
		for i := range flags {
			speaker := n.Nodes[i%honest]
			seen.expect(t, Num(i))
			speaker.Flag(Num(i))
			seen.look(speaker.Index, speaker.View.List()) // its own is nothing that must arrive
			time.Sleep(time.Second)
		}
		n.Within(30*time.Second, "all honest have all", func() bool { return Equal(n.Nodes[:honest], flags) })
		r := seen.result(honest)
		t.Logf("to each: median %v, p99 %v; slowest %v", r.ToEach50, r.ToEach99, r.Slowest)
		if r.Reached != flags*honest || r.ToEach99 > time.Second {
			t.Errorf("%d of %d deliveries, p99 %v", r.Reached, flags*honest, r.ToEach99)
		}
	})
}
