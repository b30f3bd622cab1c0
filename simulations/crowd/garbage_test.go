package crowd

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/node/federation"
	"ringfence/node/overlay"
	"ringfence/store/charter/chartertest"
)

// A member that sends garbage on the mesh is hung up on by whom it sends it to, who
// says why, and by nobody else. What it signs arrives through the others meanwhile.
// It comes back a quarter of an hour later, and is heard like anybody.
func TestWhoSendsGarbageOnTheMeshIsHungUpOnAndComesBack(t *testing.T) {
	const victim, mad, faults = 0, 2, 4
	var o *overlay.Overlay
	var drops, counted atomic.Int64
	cfg := Config{Nodes: 4, Alter: func(node int, cfg *federation.Config) {
		switch node {
		case victim:
			cfg.Dropped = func() { drops.Add(1) }
			cfg.Faulty = func(fault string) {
				if fault == "garbled" {
					counted.Add(1)
				}
			}
		case mad:
			open := cfg.Open
			cfg.Open = func(c overlay.Config) (made *overlay.Overlay, err error) {
				o, err = open(c)
				return o, err
			}
		}
	}}
	bubble(t, cfg, func(n *Net) {
		id, err := overlay.PeerID(chartertest.Key("host", Member(victim)).Public())
		if err != nil {
			t.Fatal(err)
		}
		mesh := protocol.ID(overlay.ProtocolsOf(n.State.Federation()).Mesh + "/meshsub/1.2.0")
		for tries := 0; counted.Load() < faults && tries < 3*faults; tries++ { // its mesh may open a stream in place of this one
			s, err := o.Host().NewStream(context.Background(), id, mesh)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Write([]byte{2, 0x0a, 0x7f}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		began := time.Now()
		for _, p := range n.Nodes[victim].Federation.Peers() {
			if p.Member == Member(mad) && (p.Connected || p.Trouble == nil || !strings.Contains(p.Trouble.Text, "dropped until") || !strings.Contains(p.Trouble.Text, "bytes that are no message")) {
				t.Errorf("the victim says of it: connected %v, %v", p.Connected, p.Trouble)
			}
		}
		if drops.Load() != 1 || counted.Load() != faults {
			t.Errorf("%d faults are counted and %d peers dropped, want %d and one", counted.Load(), drops.Load(), faults)
		}
		for i, node := range n.Nodes {
			if got := node.Federation.Standing().Connected; i != victim && i != mad && got != len(n.Nodes)-1 {
				t.Errorf("node %d is connected to %d", i, got)
			}
		}
		n.Nodes[mad].Flag(Num(1))
		n.Within(5*time.Second, "what it signs is everywhere", func() bool { return Equal(n.Nodes, 1) })
		time.Sleep(11 * time.Minute)
		if n.connected() {
			t.Error("it is back before its time")
		}
		n.Within(8*time.Minute, "it is back", n.connected)
		t.Logf("back after %v", time.Since(began))
		n.Nodes[mad].Flag(Num(2))
		n.Within(5*time.Second, "what it signs now is everywhere", func() bool { return Equal(n.Nodes, 2) })
		for _, p := range n.Nodes[victim].Federation.Peers() {
			if p.Score < 0 || p.Trouble != nil {
				t.Errorf("of %s remains: score %v, %v", p.Member, p.Score, p.Trouble)
			}
		}
	})
}
