package reconcile

import (
	"testing"
	"time"

	"ringfence/store/feed/feedtest"
)

// TestTwoBecomeEqual lets two nodes that hold different feeds meet.
func TestTwoBecomeEqual(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		n.delay = 20 * time.Millisecond
		a, b := n.build("a"), n.build("b")
		a.own(feedtest.Draw(t, chain("A", 200, 1)+";"+chain("C", 3, 1)).All()...)
		b.own(feedtest.Draw(t, chain("B", 70, 1)+";"+chain("C", 2, 1)).All()...)
		a.run()
		b.run()
		n.join(a, b)
		took := within(t, 5*time.Second, "equal feeds", func() bool { return a.holds(b) && a.count() == 273 })
		t.Logf("equal after %v, %d bytes in %d streams", took, n.bytes, n.streams)
		within(t, 15*time.Second, "readiness", func() bool { return a.r.Standing().Ready() && b.r.Standing().Ready() })
		if s := b.r.Standing(); len(s.Feeds) != 0 || s.Done != 201 || s.Total != 201 || s.Peers[0].Beacon.Version != "a" {
			t.Errorf("%+v", s)
		}
	})
}
