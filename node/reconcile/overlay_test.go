package reconcile

import (
	"context"
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// TestOverRealStreams lets three nodes meet over overlays on loopback: one has
// nothing, two have all of it.
func TestOverRealStreams(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 120, 1400)+";"+chain("B", 200, 1)).All()
	size := 0
	for _, b := range all {
		size += len(b.Body)
	}
	n := newTown(t)
	f := overlaytest.Found("reconcile", 3)
	protocol := overlay.ProtocolsOf(f.ID).Reconcile
	overlays := overlaytest.Net(t, f, nil)
	houses := make([]*house, 3)
	for i, o := range overlays {
		h := n.build(string(rune('a'+i)), func(c *Config) {
			c.Open = func(ctx context.Context, peer keys.Public) (overlay.Stream, error) {
				return o.Open(ctx, peer, protocol)
			}
			c.Neighbours = o.Neighbours
			c.Drop = o.Drop
		})
		houses[i] = h
		o.Handle(protocol, h.r.Serve)
		if i > 0 {
			h.own(all...)
		}
	}
	overlaytest.Whole(t, 20*time.Second, overlays...)
	began := time.Now()
	for _, h := range houses {
		h.run()
	}
	overlaytest.Within(t, 60*time.Second, "equal feeds", func() bool { return houses[0].holds(houses[1]) })
	t.Logf("%d bytes after %v", size, time.Since(began))
	overlaytest.Within(t, 30*time.Second, "readiness", func() bool { return houses[0].r.Ready() })
	if s := houses[0].r.Standing(); s.Done != 320 || len(s.Peers) != 2 {
		t.Errorf("%+v", s)
	}
	for _, h := range houses {
		h.stop()
	}
}
