package crowd

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/federation"
	"ringfence/store/feed"
)

// mute is the store of a node that keeps its connections and answers nobody who asks
// what it holds.
type mute struct {
	federation.Store
	silent *atomic.Bool
}

func (m mute) Tips() ([]feed.Head, error) {
	if m.silent.Load() {
		return nil, errors.New("it says nothing")
	}
	return m.Store.Tips()
}

// A node that hears from no peer what it holds says after five minutes, and not
// before, that what it serves may be stale, and for how long; the first peer that
// answers ends that. One honest peer beside silent ones is enough.
func TestWhoHearsNobodySaysThatItIsStale(t *testing.T) {
	const victim, honest = 4, 0
	var silent [victim + 1]atomic.Bool
	cfg := Config{Nodes: victim + 1, Alter: func(node int, cfg *federation.Config) {
		cfg.Store = mute{cfg.Store, &silent[node]}
	}}
	for _, way := range []struct {
		name     string
		eclipse  func(n *Net)
		relent   func(n *Net)
		connects int
	}{
		{"cut off", func(n *Net) {
			n.Sim.Partition(func(node int) int { return node / victim })
		}, func(n *Net) { n.Sim.Partition(nil) }, 0},
		{"silent peers", func(*Net) {
			for i := range victim {
				silent[i].Store(true)
			}
		}, func(*Net) { silent[honest].Store(false) }, victim},
	} {
		t.Run(way.name, func(t *testing.T) {
			for i := range silent {
				silent[i].Store(false)
			}
			bubble(t, cfg, func(n *Net) {
				alone := n.Nodes[victim].Federation
				n.Within(30*time.Second, "all agree", n.agreed)
				time.Sleep(10 * time.Minute)
				if s := alone.Standing(); s.Stale || s.UnheardSeconds > 45 || !alone.Stale().IsZero() {
					t.Fatalf("among honest peers: stale %v, unheard for %d s, %q", s.Stale, s.UnheardSeconds, alone.Stale())
				}
				way.eclipse(n)
				time.Sleep(4*time.Minute + 5*time.Second) // a federation at rest compares each half minute
				if s := alone.Standing(); s.Stale || s.UnheardSeconds < 4*60 {
					t.Errorf("before the bound: stale %v, unheard for %d s", s.Stale, s.UnheardSeconds)
				}
				time.Sleep(time.Minute)
				s := alone.Standing()
				if !s.Stale || s.UnheardSeconds <= 300 || !strings.Contains(alone.Stale().Text, "may be stale") {
					t.Errorf("past the bound: stale %v, unheard for %d s, %q", s.Stale, s.UnheardSeconds, alone.Stale())
				}
				if s.Connected != way.connects {
					t.Errorf("%d connected, want %d: this shows something else", s.Connected, way.connects)
				}
				way.relent(n)
				n.Within(30*time.Second, "one honest peer ends it", func() bool { return !alone.Standing().Stale })
				for i := range silent {
					silent[i].Store(false)
				}
			})
		})
	}
}
