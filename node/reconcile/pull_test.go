package reconcile

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed/feedtest"
)

// TestPartsKeepTheirOrder does to the parts of a feed whatever may happen to them,
// in any order: they stay a chain without holes from the next place on, and the
// bytes that are freed are the bytes that were given.
func TestPartsKeepTheirOrder(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		peers := []*peer{{}, {}, {}}
		f := &pull{claims: map[*peer]*claim{}}
		held := 0 // bytes, as the plan counts them
		for range 200 {
			p := peers[r.IntN(3)]
			switch r.IntN(8) {
			case 0, 1, 2:
				if q, i := f.open(1000); q != nil {
					f.ask(q, i, 1+r.IntN(q.count), p)
				}
			case 3, 4:
				for _, q := range f.parts {
					if q.asker != nil {
						got := ask.Found{Records: make([]message.Record, r.IntN(q.count+1)), Ended: true}
						for i := range got.Records {
							got.Records[i].Body = make([]byte, 1+r.IntN(9))
						}
						f.give(q, q.asker, got)
						held += q.size()
						held -= f.trim()
						break
					}
				}
			case 5:
				f.next += uint64(r.IntN(20))
				held -= f.trim()
			case 6:
				if r.IntN(5) == 0 {
					held -= f.forget(p) + f.trim()
				}
			case 7:
				if r.IntN(20) == 0 {
					held -= f.clear()
				}
			}
			at, sum := f.next, 0
			for i, q := range f.parts {
				if i == 0 && q.from < at && q.asker != nil {
					at = q.from // it was asked for before the feed grew
				}
				if q.from != at || q.count < 1 || q.records != nil && (len(q.records) != q.count || q.asker != nil) {
					t.Fatalf("seed %d: part %d is %+v, and should begin at %d", seed, i, q, at)
				}
				at += uint64(q.count)
				sum += q.size()
			}
			if sum != held {
				t.Fatalf("seed %d: %d bytes are held, %d are counted", seed, sum, held)
			}
		}
	}
}

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
