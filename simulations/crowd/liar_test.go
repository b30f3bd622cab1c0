package crowd

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/federation"
	"ringfence/store/assertion"
	"ringfence/store/feed"
)

// shelf is a store that shows its peers other bodies than it holds.
type shelf struct {
	federation.Store
	show func(body []byte) (shown []byte, ok bool)
}

// Batch is what peers are served from.
func (s shelf) Batch(c cid.Cid) (feed.Record, bool, error) {
	r, ok, err := s.Store.Batch(c)
	if err != nil || !ok {
		return r, ok, err
	}
	r.Body, ok = s.show(r.Body)
	return r, ok, nil
}

func garbage(body []byte) ([]byte, bool) { return bytes.Repeat([]byte{0xA5}, len(body)), true }

func nothing([]byte) ([]byte, bool) { return nil, false }

// stripped is a body without what its commitments open to.
func stripped(body []byte) ([]byte, bool) {
	slots, err := assertion.DecodeSlots(body)
	if err != nil {
		return nil, false
	}
	for i := range slots {
		slots[i] = slots[i].Erase()
	}
	body, err = assertion.EncodeSlots(slots)
	return body, err == nil
}

// Among liars alone a newcomer takes nothing, says what it is not given, and is not
// ready. With honest peers beside them it has everything ten seconds later. Who
// sends what is wrong is dropped.
func TestANewcomerAmongLiars(t *testing.T) {
	const honest, newcomer, flags = 3, 6, 200
	lies := map[int]func([]byte) ([]byte, bool){3: garbage, 4: nothing, 5: stripped}
	var drops atomic.Int64
	cfg := Config{Nodes: newcomer + 1, Alter: func(node int, cfg *federation.Config) {
		if show := lies[node]; show != nil {
			cfg.Store = shelf{cfg.Store, show}
		}
		if node == newcomer {
			cfg.Dropped = func() { drops.Add(1) }
		}
	}}
	bubble(t, cfg, func(n *Net) {
		late := n.Nodes[newcomer]
		late.Stop()
		for i := range flags {
			n.Nodes[i%honest].Flag(Num(i))
		}
		n.Within(10*time.Second, "the others have all flags", func() bool { return Equal(n.Nodes[:newcomer], flags) })
		time.Sleep(time.Minute) // gossip forgets them
		n.Sim.Partition(func(node int) int { return min(node/honest, 1) })
		late.Start()
		time.Sleep(time.Minute)
		s := late.Federation.Standing()
		if held := late.View.List().Counts().Statements; held != 0 || s.Ready || s.Connected == 0 {
			t.Errorf("among liars it has %d statements, ready %v, %d connected", held, s.Ready, s.Connected)
		}
		if len(s.Gaps) != honest || !strings.Contains(s.Gaps[0].Text, "are not to be had") {
			t.Errorf("it does not say what it is not given: %q", s.Gaps)
		}
		if drops.Load() == 0 {
			t.Error("nobody was dropped for garbage")
		}
		for _, p := range late.Federation.Peers() {
			if p.Member == Member(3) && p.Connected {
				t.Error("who sends garbage is still connected")
			}
		}
		n.Sim.Partition(nil)
		true3 := append(n.Nodes[:honest:honest], late)
		took := n.Within(10*time.Second, "it has everything from the honest", func() bool { return Equal(true3, flags) })
		t.Logf("complete %v after it could reach the honest", took)
		n.Within(30*time.Second, "it is ready", func() bool { return late.Federation.Standing().Ready })
		if s := late.Federation.Standing(); len(s.Gaps) != 0 || s.Differing != 0 {
			t.Errorf("afterwards: %+v", s)
		}
	})
}

// A node whose peers all claim batches and give none says that nobody agrees with
// it and that it is not ready, for as long as that lasts.
func TestAnEclipsedNodeKnowsIt(t *testing.T) {
	const victim = 4
	var hostile atomic.Bool
	cfg := Config{Nodes: victim + 1, Alter: func(node int, cfg *federation.Config) {
		if node != victim {
			cfg.Store = shelf{cfg.Store, func(body []byte) ([]byte, bool) { return body, !hostile.Load() }}
		}
	}}
	bubble(t, cfg, func(n *Net) {
		alone := n.Nodes[victim]
		alone.Stop()
		for i := range 8 {
			n.Nodes[i%4].Flag(Num(i))
		}
		n.Within(10*time.Second, "the others have all flags", func() bool { return Equal(n.Nodes[:victim], 8) })
		time.Sleep(time.Minute) // gossip forgets them
		hostile.Store(true)
		alone.Start()
		n.Within(30*time.Second, "it is connected", func() bool { return alone.Federation.Standing().Connected == 4 })
		for range 10 {
			time.Sleep(30 * time.Second)
			if s := alone.Federation.Standing(); s.Agreeing != 0 || s.Ready || len(s.Gaps) != 4 {
				t.Fatalf("eclipsed: %d agree, ready %v, gaps %q", s.Agreeing, s.Ready, s.Gaps)
			}
		}
		n.Within(30*time.Second, "it says that what it serves may be stale", func() bool { return alone.Federation.Standing().Stale })
		for _, p := range n.Nodes[0].Federation.Peers() {
			if p.Member == Member(victim) && p.Ready {
				t.Error("it tells its peers that it is ready")
			}
		}
		hostile.Store(false)
		n.Within(2*time.Minute, "it is ready and of one mind with all once they give", func() bool {
			s := alone.Federation.Standing()
			return s.Ready && !s.Stale && s.Agreeing == 4 && Equal(n.Nodes, 8)
		})
	})
}
