package crowd

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/federation"
	"ringfence/node/overlay"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/view"
)

// silent is the store of a member that passes nothing on: gossip brings it only
// what it has, so it ignores all, and it shows its peers nothing to pull.
type silent struct{ federation.Store }

func (silent) Has(cid.Cid) (bool, error)  { return true, nil }
func (silent) Tips() ([]feed.Head, error) { return nil, nil }

// ring is the roster of an honest node that reaches all droppers, and of the honest
// only the next on either side: what the others say must be passed on to it.
type ring struct {
	overlay.Roster
	far map[keys.Public]bool
}

func (r ring) Host(k keys.Public) (charter.MemberIndex, bool) {
	of, ok := r.Roster.Host(k)
	return of, ok && !r.far[k]
}

// inRing makes a node know the honest beside it alone.
func inRing(node, honest int, cfg *federation.Config) {
	far, open := make(map[keys.Public]bool), cfg.Open
	for other := range honest {
		if apart := (other - node + honest) % honest; apart > 1 && apart < honest-1 {
			far[chartertest.Key("host", Member(other)).Public()] = true
		}
	}
	cfg.Open = func(o overlay.Config) (*overlay.Overlay, error) {
		hosts := o.Hosts
		o.Roster = ring{o.Roster, far}
		o.Hosts = func() []keys.Public { return slices.DeleteFunc(hosts(), func(k keys.Public) bool { return far[k] }) }
		return open(o)
	}
}

// Four of five members take what they are given and keep it to themselves, in
// gossip and in reconciliation, and the honest are not all connected. From the
// first flag on what the honest say reaches the honest within half a minute. A
// minute or two later gossip has learned who passes on, and 99 % is there within
// five times the 50 ms that two hops take where nobody is silent.
func TestFourDroppersToOne(t *testing.T) { withDroppers(t, 4, 16, 30) }

func withDroppers(t *testing.T, honest, droppers, flags int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		const learns, settled, repaired = 150, 250 * time.Millisecond, 30 * time.Second
		seen := &arrivals{next: make([]int, honest), had: make([]map[int]bool, honest)}
		for i := range seen.had {
			seen.had[i] = make(map[int]bool)
		}
		n := New(t, Config{
			Nodes: honest + droppers, Known: 3,
			Alter: func(node int, cfg *federation.Config) {
				if node >= honest {
					cfg.Store = silent{cfg.Store}
					return
				}
				inRing(node, honest, cfg)
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
		for i := range learns + flags {
			speaker := n.Nodes[i%honest]
			seen.expect(t, Num(i))
			speaker.Flag(Num(i))
			seen.look(speaker.Index, speaker.View.List()) // its own is nothing that must arrive
			time.Sleep(time.Second)
		}
		n.Within(repaired, "all honest have all", func() bool { return Equal(n.Nodes[:honest], learns+flags) })
		all := seen.result(honest)
		seen.said, seen.since = seen.said[learns:], seen.since[learns:]
		late := seen.result(honest)
		t.Logf("to each: p99 %v, slowest %v; once gossip has learned p99 %v, slowest %v", all.ToEach99, all.Slowest, late.ToEach99, late.Slowest)
		if all.Reached != all.Flags*honest || all.Slowest > repaired {
			t.Errorf("%d of %d deliveries, the slowest after %v", all.Reached, all.Flags*honest, all.Slowest)
		}
		if late.Flags != flags || late.ToEach99 > settled {
			t.Errorf("of the last %d flags 99 %% are there after %v, want %v", late.Flags, late.ToEach99, settled)
		}
	})
}
