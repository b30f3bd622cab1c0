package crowd

import (
	"math/rand/v2"
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

// inRing makes a node, the first of each so many, know of the honest the one before
// it and the one after it alone.
func inRing(node, each, honest int, cfg *federation.Config) {
	far, open := make(map[keys.Public]bool), cfg.Open
	for other := range honest {
		if apart := (other - node/each + honest) % honest; apart > 1 && apart < honest-1 {
			far[chartertest.Key("host", Member(other*each)).Public()] = true
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
// first flag on what the honest say reaches the honest: 99 % of it within five times
// the 50 ms that two hops take where nobody is silent, and all within half a minute.
func TestFourDroppersToOne(t *testing.T) {
	withDroppers(t, crowdOfDroppers{honest: 4, droppers: 16, flags: 60, ring: true})
}

type crowdOfDroppers struct {
	honest, droppers, flags int
	ring                    bool // the honest know those beside them alone, else whom the overlay gives them
}

func withDroppers(t *testing.T, c crowdOfDroppers) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		const soon, repaired = 250 * time.Millisecond, 30 * time.Second
		each := 1 + c.droppers/c.honest // of so many nodes the first is honest
		seen := &arrivals{next: make([]int, c.honest), had: make([]map[int]bool, c.honest)}
		for i := range seen.had {
			seen.had[i] = make(map[int]bool)
		}
		n := New(t, Config{
			Nodes: c.honest * each, Known: 3,
			Alter: func(node int, cfg *federation.Config) {
				switch {
				case node%each != 0:
					cfg.Store = silent{cfg.Store}
				case c.ring:
					inRing(node, each, c.honest, cfg)
				}
			},
			Listed: func(node int, l *view.List) {
				if node%each == 0 {
					seen.look(node/each, l)
				}
			},
		})
		defer n.Close()
		var honest []*Node
		for i := range c.honest {
			honest = append(honest, n.Nodes[i*each])
		}
		n.Within(2*time.Minute, "the honest are ready", func() bool {
			return !slices.ContainsFunc(honest, func(node *Node) bool { return !node.Federation.CaughtUp() })
		})
		time.Sleep(5 * time.Second) // the mesh stands, and no score tells who passes on
		for i := range c.flags {
			speaker := honest[i%c.honest]
			seen.expect(t, Num(i))
			speaker.Flag(Num(i))
			seen.look(i%c.honest, speaker.View.List()) // its own is nothing that must arrive
			time.Sleep(500*time.Millisecond + rand.N(time.Second))
		}
		n.Within(repaired, "all honest have all", func() bool { return Equal(honest, c.flags) })
		all := seen.result(c.honest)
		t.Logf("to each: median %v, p99 %v, slowest %v", all.ToEach50, all.ToEach99, all.Slowest)
		if all.Reached != c.flags*c.honest || all.Slowest > repaired {
			t.Errorf("%d of %d deliveries, the slowest after %v", all.Reached, c.flags*c.honest, all.Slowest)
		}
		if all.ToEach99 > soon {
			t.Errorf("99 %% of the flags are there after %v, want %v", all.ToEach99, soon)
		}
	})
}
