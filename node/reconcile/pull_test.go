package reconcile

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed/feedtest"
)

// TestAnotherBranchAbove follows a contradiction up although the other side never
// looks: its next batch has a parent that is not held here.
func TestAnotherBranchAbove(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0' <- A1' <- A2' <- A3'")
	bubble(t, func(t *testing.T, n *town) {
		node, other := n.build("node"), n.build("other")
		node.own(named(d, "A0 A1")...)
		other.own(named(d, "A0' A1' A2' A3'")...)
		node.run()
		n.join(node, other) // it only answers
		within(t, time.Second, "frozen", func() bool {
			s := node.r.Standing()
			return len(s.Feeds) == 1 && s.Feeds[0].State == Frozen
		})
		if node.why(other) != "" {
			t.Error(node.why(other))
		}
	})
}

// TestBatchWithoutAParentOfItsOwn drops who gives a batch on a branch of which it
// shows another header below.
func TestBatchWithoutAParentOfItsOwn(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0' <- A1' <- A2'")
	bubble(t, func(t *testing.T, n *town) {
		node, bad := n.build("node"), n.build("bad")
		node.own(named(d, "A0 A1")...)
		bad.answer = liar{
			heads: []Head{headOf(d.Batch("A2'"))},
			ranges: func(s overlay.Stream, _ message.Ranges) {
				say(s, message.EncodeRecord(recordOf(d.Batch("A2'"))))
				say(s, message.EncodeSpanEnd(0))
			},
			header: func(s overlay.Stream) { say(s, message.EncodeBytes(d.Batch("A1").Signed)) },
		}.serve
		node.run()
		n.join(node, bad)
		within(t, time.Second, "dropped", func() bool { return strings.Contains(node.why(bad), "tells of another batch") })
	})
}

// TestForkInTime waits for a fork's other half that is dated ahead, and proves the
// fork when its time has come.
func TestForkInTime(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		node, other := n.build("node"), n.build("other")
		d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'@88200; B0") // half an hour ahead
		node.own(named(d, "A0 A1")...)
		other.own(named(d, "A0 A1' B0")...)
		node.run()
		n.join(node, other)
		within(t, time.Second, "the other feed", func() bool { return node.count() == 3 })
		time.Sleep(10 * time.Minute)
		if s := node.r.Standing(); !node.r.Ready() || len(s.Feeds) != 0 {
			t.Errorf("%+v", s)
		}
		within(t, 11*time.Minute, "frozen", func() bool { s := node.r.Standing(); return len(s.Feeds) == 1 && s.Feeds[0].State == Frozen })
	})
}

// TestStopsAtOnce ends a node in the middle of everything, and leaves nothing.
func TestStopsAtOnce(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 300, 1)).All()
	for after := range 20 {
		bubble(t, func(t *testing.T, n *town) {
			n.delay = 7 * time.Millisecond
			node, good := n.build("node"), n.build("good")
			good.own(all...)
			node.run()
			good.run()
			n.join(node, good)
			time.Sleep(time.Duration(after) * 5 * time.Millisecond)
			began := time.Now()
			node.stop()
			if took := time.Since(began); took > 0 {
				t.Errorf("after %d: it took %v", after, took)
			}
			synctest.Wait()
		})
	}
}
