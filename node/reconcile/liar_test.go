package reconcile

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// liar answers beacons and heads like anybody, and the rest as a test wants it.
type liar struct {
	heads  []Head
	ranges func(s overlay.Stream, q message.Ranges)
	header func(s overlay.Stream)
}

func (l liar) serve(s overlay.Stream) {
	defer drop(s)
	for {
		request, err := overlay.ReadFrame(s, message.MaxRequest)
		if err != nil {
			return
		}
		k, err := message.KindOf(request)
		if err != nil {
			return
		}
		switch {
		case k == message.KindBeacon:
			say(s, message.EncodeWord(message.Word{Beacon: Beacon{Time: time.Now()}, Vector: message.Cursor{Session: 7, Version: uint64(len(l.heads))}}))
		case k == message.KindHeads:
			for from := 0; from < len(l.heads); from += message.MaxPage {
				say(s, message.EncodePage(l.heads[from:min(len(l.heads), from+message.MaxPage)]))
			}
			say(s, message.EncodeHeadsEnd(message.HeadsEnd{UpTo: message.Cursor{Session: 7, Version: uint64(len(l.heads))}}))
		case k == message.KindRanges && l.ranges != nil:
			q, err := message.DecodeRanges(request)
			if err != nil {
				return
			}
			l.ranges(s, q)
		case k == message.KindHeader && l.header != nil:
			l.header(s)
		default:
			return
		}
	}
}

func say(s overlay.Stream, b []byte) bool { return overlay.WriteFrame(s, b) == nil }

func headOf(b feedtest.Batch) Head {
	return Head{Issuer: b.Header.Issuer, Epoch: b.Header.Epoch, Sequence: b.Header.Sequence, CID: b.CID, Time: b.Header.Time}
}

func recordOf(b feedtest.Batch) message.Record { return message.Record{Header: b.Signed, Body: b.Body} }

// hang waits until the other end is gone.
func hang(s overlay.Stream) {
	if s.SetDeadline(time.Time{}) == nil {
		_, _ = s.Read(make([]byte, 1))
	}
}

// write says bytes that are no frame.
func write(s overlay.Stream, b ...byte) { _, _ = s.Write(b) }

func drop(s overlay.Stream) { _ = s.Close() }

// TestLiarsAndSlowOnes lets a node meet a peer that lies, and ten seconds later,
// while it is at it, an honest one. It ends with what is true, and soon.
func TestLiarsAndSlowOnes(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 30, 2)).All()
	last := headOf(all[len(all)-1])
	far := last
	far.Sequence, far.CID = 1<<40, assertion.CID([]byte("far"))
	flipped := func(b []byte, at int) []byte { c := bytes.Clone(b); c[at] ^= 1; return c }
	garbage := func(s overlay.Stream, _ message.Ranges) {
		say(s, bytes.Repeat([]byte{0xFF}, 1000))
		hang(s)
	}
	tests := map[string]struct {
		liar    liar
		dropped string // part of the reason; "" when it need not be
		within  time.Duration
	}{
		"garbage":      {liar{heads: []Head{last}, ranges: garbage}, "no honest node", 0},
		"a huge frame": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, _ message.Ranges) { write(s, 0x7F, 0xFF, 0xFF, 0xFF); hang(s) }}, "no honest node", 0},
		"a wrong signature": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, q message.Ranges) {
			for i := range all[:q.Spans[0].Count] {
				say(s, message.EncodeRecord(message.Record{Header: flipped(all[i].Signed, len(all[i].Signed)-1), Body: all[i].Body}))
			}
			say(s, message.EncodeSpanEnd(0))
		}}, "no honest node", 0},
		"another body": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, q message.Ranges) {
			for i := range all[:q.Spans[0].Count] {
				say(s, message.EncodeRecord(message.Record{Header: all[i].Signed, Body: all[(i+1)%len(all)].Body}))
			}
			say(s, message.EncodeSpanEnd(0))
		}}, "no honest node", 0},
		"another place": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, _ message.Ranges) {
			say(s, message.EncodeRecord(recordOf(all[5])))
			hang(s)
		}}, "no honest node", 0},
		"more than asked": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, _ message.Ranges) {
			for _, b := range all {
				say(s, message.EncodeRecord(recordOf(b)))
			}
			for say(s, message.EncodeRecord(recordOf(all[0]))) {
			}
		}}, "no honest node", 0},
		"an endless stream of heads": {liar{heads: manyHeads(message.MaxHeads + 1)}, "no honest node", 0},
		"truncation": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, _ message.Ranges) {
			b := message.EncodeRecord(recordOf(all[0]))
			write(s, 0, 0, byte(len(b)>>8), byte(len(b)))
			write(s, b[:100]...)
			drop(s)
		}}, "broke off", 5 * time.Second},
		"a byte a second": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, _ message.Ranges) {
			b := message.EncodeRecord(recordOf(all[0]))
			if s.SetDeadline(time.Time{}) != nil {
				return
			}
			for i := range b {
				if _, err := s.Write([]byte{0, 0, byte(len(b) >> 8), byte(len(b))}[min(i, 3) : min(i, 3)+1]); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}}, "trickles", 10*time.Second + 100*time.Millisecond},
		"silence in ranges": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, _ message.Ranges) { hang(s) }}, "no request for batches", 80 * time.Second},
		"nothing behind a claim": {liar{heads: []Head{far}, ranges: func(s overlay.Stream, q message.Ranges) {
			for range q.Spans {
				say(s, message.EncodeSpanEnd(0))
			}
		}}, "", 0},
		"an end without a record that is said to be large": {liar{heads: []Head{last}, ranges: func(s overlay.Stream, q message.Ranges) {
			for range q.Spans {
				say(s, message.EncodeSpanEnd(message.MaxRecord))
			}
		}}, "", 0},
		"a stale head":           {liar{heads: []Head{headOf(all[3])}}, "", 0},
		"silence from the start": {liar{}, "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				node, bad, good := n.build("node"), n.build("bad"), n.build("good")
				bad.answer = tt.liar.serve
				if name == "silence from the start" {
					bad.answer = func(s overlay.Stream) { hang(s) }
				}
				good.own(all...)
				node.run()
				good.run()
				n.join(node, bad)
				if tt.within > 0 {
					within(t, tt.within, "the liar is dropped", func() bool { return node.why(bad) != "" })
				}
				time.Sleep(time.Second)
				n.join(node, good)
				within(t, 11*time.Second, "the truth", func() bool { return node.holds(good) })
				if name == "silence from the start" {
					within(t, time.Minute, "readiness", node.r.Ready)
				}
				if tt.dropped != "" {
					within(t, 10*time.Second, "the liar is dropped", func() bool { return node.why(bad) != "" })
				}
				if why := node.why(bad); tt.dropped == "" && why != "" || !strings.Contains(why, tt.dropped) {
					t.Errorf("dropped: %q, want %q", why, tt.dropped)
				}
				if node.why(good) != "" {
					t.Errorf("the honest one was dropped: %s", node.why(good))
				}
				node.idle(t)
			})
		})
	}
}

func manyHeads(count int) []Head {
	heads := make([]Head, count)
	for i := range heads {
		heads[i] = Head{Issuer: feedtest.Key("A").Public(), Epoch: uint64(i), CID: assertion.CID([]byte{1}), Time: 1}
	}
	return heads
}

// idle fails the test when room of the window is taken although nothing happens.
func (h *house) idle(t *testing.T) {
	t.Helper()
	within(t, 40*time.Second, "an empty window", func() bool {
		h.r.mu.Lock()
		defer h.r.mu.Unlock()
		return h.r.plan.used == 0 && !h.r.plan.admitting
	})
}

// TestSilenceIsNoCrime keeps a peer whose line is dead for minutes, and waits for
// what it had once it is heard.
func TestSilenceIsNoCrime(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		node, far := n.build("node"), n.build("far")
		far.own(feedtest.Draw(t, chain("A", 30, 2)).All()...)
		var dead atomic.Bool
		dead.Store(true)
		far.answer = func(s overlay.Stream) {
			if dead.Load() {
				hang(s)
				return
			}
			far.r.Serve(s)
		}
		node.run()
		far.run()
		n.join(node, far)
		near := n.build("near")
		n.join(node, near)
		within(t, 90*time.Second, "readiness without it", node.r.Ready)
		time.Sleep(10 * time.Minute)
		n.part(node, near)
		dead.Store(false)
		within(t, 20*time.Second, "equal feeds", func() bool { return node.holds(far) })
		within(t, 20*time.Second, "readiness", node.r.Ready)
		if node.why(far) != "" {
			t.Error(node.why(far))
		}
	})
}

// TestStrippedOpening takes a body with an opening stripped as one that was not
// given: no proof of malice, asked for elsewhere, and told when nobody has it.
func TestStrippedOpening(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 5, 3)).All()
	bubble(t, func(t *testing.T, n *town) {
		node, thief, good := n.build("node"), n.build("thief"), n.build("good")
		thief.own(all[:2]...)
		for _, b := range all[2:] {
			if err := thief.store.Append([]feed.Record{{Issuer: b.Header.Issuer, Tip: b.Tip(), Header: b.Signed, Body: strip(t, b.Body)}}); err != nil {
				t.Fatal(err)
			}
		}
		good.own(all...)
		node.run()
		thief.run()
		good.run()
		n.join(node, thief)
		within(t, 5*time.Second, "told as withheld", func() bool { s := node.r.Standing(); return len(s.Feeds) == 1 && s.Feeds[0].State == Withheld })
		time.Sleep(3 * time.Minute)
		got := node.r.Standing()
		if f := got.Feeds[0]; f.Sequence != 2 || !strings.Contains(f.Reason.Text, "incomplete body") || len(f.Asked) != 1 || f.Asked[0] != thief.key || f.Claimed != 3 {
			t.Errorf("%+v", f)
		}
		if node.r.Ready() || node.count() != 2 || node.why(thief) != "" {
			t.Errorf("ready %v among withholders alone, %d batches, dropped %q", node.r.Ready(), node.count(), node.why(thief))
		}
		if node.calls.Load() > 30 {
			t.Errorf("asked %d times in three minutes", node.calls.Load())
		}
		n.join(node, good)
		within(t, 2*time.Second, "all of it", func() bool { return node.count() == 5 })
		if s := node.r.Standing(); len(s.Feeds) != 0 {
			t.Errorf("%+v", s.Feeds)
		}
		node.idle(t)
	})
}

func strip(t testing.TB, body []byte) []byte {
	t.Helper()
	slots, err := assertion.DecodeSlots(body)
	if err != nil {
		t.Fatal(err)
	}
	slots[1] = slots[1].Erase()
	if body, err = assertion.EncodeSlots(slots); err != nil {
		t.Fatal(err)
	}
	return body
}

// fork gives a town several branches of one feed, one to each node, and joins them
// in a ring.
func fork(t *testing.T, n *town, drawing string, branches ...string) []*house {
	t.Helper()
	d := feedtest.Draw(t, drawing)
	var houses []*house
	for i, branch := range branches {
		h := n.build(fmt.Sprint(i))
		for name := range strings.FieldsSeq(branch) {
			h.own(d.Batch(name))
		}
		h.run()
		houses = append(houses, h)
	}
	for i := range houses {
		n.join(houses[i], houses[(i+1)%len(houses)])
	}
	return houses
}

// TestWhoKeepsAForkPullsIt lets somebody who joined after a fork have one whole branch
// of it, of what is left when no branch goes on from what it holds be told who claims
// it, and come to rest.
func TestWhoKeepsAForkPullsIt(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3; A0 <- A1' <- A2' <- A3' <- A4' <- A5'")
	for name, gone := range map[string]bool{"branches of different length": false, "one branch": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				houses := fork(t, n, "A0 <- A1 <- A2 <- A3; A0 <- A1' <- A2' <- A3' <- A4' <- A5'", "A0 A1 A2 A3", "A0 A1' A2' A3' A4' A5'")
				issuer := feedtest.Key("A").Public()
				within(t, 40*time.Second, "the proof", func() bool {
					_, first, _ := houses[0].store.Fork(issuer, 0)
					_, second, _ := houses[1].store.Fork(issuer, 0)
					return first && second
				})
				node := n.build("node", func(c *Config) { c.Keep = func(k keys.Public) bool { return k == issuer } })
				other := n.build("other")
				proof, _, _ := houses[0].store.Fork(issuer, 0)
				for _, h := range []*house{node, other} { // which is heard of before any batch
					if _, err := h.AdmitFork(proof.Bytes()); err != nil {
						t.Fatal(err)
					}
					h.run()
				}
				n.join(other, houses[0])
				n.join(node, houses[0])
				within(t, 20*time.Second, "the branch of the one that is met", func() bool {
					tip, _, _ := node.store.Tip(issuer, 0)
					return tip.CID.Equals(d.Batch("A3").CID)
				})
				if !gone {
					n.join(node, houses[1])
				}
				time.Sleep(2 * time.Minute)
				node.idle(t)
				if dropped, refused := node.wrongs(); len(dropped) > 0 || len(refused) > 0 || !node.r.Ready() {
					t.Errorf("ready %v, dropped %v, refused %v", node.r.Ready(), dropped, refused)
				}
				s := node.r.Standing()
				switch {
				case gone && len(s.Feeds) != 0:
					t.Errorf("of what is held whole is told: %+v", s.Feeds)
				case !gone && (len(s.Feeds) != 1 || s.Feeds[0].State != Frozen || s.Feeds[0].Claimed != 2 || len(s.Feeds[0].Asked) != 1 || s.Feeds[0].Asked[0] != houses[1].key):
					t.Errorf("of the other branch is told: %+v", s.Feeds)
				}
				if other.count() != 0 {
					t.Errorf("who does not keep it took %d batches", other.count())
				}
				if s := other.r.Standing(); len(s.Feeds) != 1 || s.Feeds[0].State != Frozen || s.Feeds[0].Claimed != 4 || len(s.Feeds[0].Asked) != 1 {
					t.Errorf("of whom is told who does not keep it: %+v", s.Feeds)
				}
			})
		})
	}
}

// TestForks shows forks to two and to three halves: every node ends with the same
// proof, frozen, nobody is ahead or behind by what each holds of it, and nobody is
// dropped for what an issuer did.
func TestForks(t *testing.T) {
	for name, tt := range map[string]struct {
		drawing  string
		branches []string
	}{
		"two halves":                       {"A0 <- A1 <- A2; A1 <- A2'", []string{"A0 A1 A2", "A0 A1 A2'"}},
		"one further than the other":       {"A0 <- A1 <- A2 <- A3 <- A4; A1 <- A2'", []string{"A0 A1 A2 A3 A4", "A0 A1 A2'"}},
		"deep below":                       {"A0 <- A1 <- A2 <- A3; A0 <- A1' <- A2' <- A3' <- A4' <- A5'", []string{"A0 A1 A2 A3", "A0 A1' A2' A3' A4' A5'"}},
		"from the first":                   {"A0 <- A1; A0' <- A1'", []string{"A0 A1", "A0' A1'", ""}},
		"three halves, different parents":  {"A0 <- A1 <- A2 <- A3; A1 <- A2' <- A3'; A0 <- A1'' <- A2'' <- A3''", []string{"A0 A1 A2 A3", "A0 A1 A2' A3'", "A0 A1'' A2'' A3''", "A0", "A0 A1"}},
		"a next batch with another parent": {"A0 <- A1; A0' <- A1' <- A2' <- A3'", []string{"A0 A1", "A0' A1' A2'", "A0' A1' A2' A3'"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				houses := fork(t, n, tt.drawing, tt.branches...)
				issuer := feedtest.Key("A").Public()
				within(t, 40*time.Second, "one proof everywhere", func() bool {
					first, held, _ := houses[0].store.Fork(issuer, 0)
					for _, h := range houses {
						p, ok, _ := h.store.Fork(issuer, 0)
						held = held && ok && p.Compare(first) == 0
					}
					return held
				})
				time.Sleep(30 * time.Second)
				for _, h := range houses {
					s := h.r.Standing()
					dropped, _ := h.wrongs()
					for _, p := range s.Peers {
						if p.Ahead != 0 || p.Behind != 0 {
							t.Errorf("%s: a peer is %d ahead and %d behind by what nobody takes any more", h.name, p.Ahead, p.Behind)
						}
					}
					if len(s.Feeds) != 1 || s.Feeds[0].State != Frozen || !h.r.Ready() || len(dropped) > 0 {
						t.Errorf("%s: ready %v, %+v, dropped %v", h.name, h.r.Ready(), s.Feeds, dropped)
					}
					h.idle(t)
				}
			})
		})
	}
}

// TestHeadThatIsNotItsOwn drops a peer that tells of another batch than it holds.
func TestHeadThatIsNotItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
		node, bad := n.build("node"), n.build("bad")
		node.own(d.Batch("A0"), d.Batch("A1"))
		bad.answer = liar{
			heads:  []Head{headOf(d.Batch("A1'"))},
			header: func(s overlay.Stream) { say(s, message.EncodeBytes(d.Batch("A1").Signed)) },
		}.serve
		node.run()
		n.join(node, bad)
		within(t, 5*time.Second, "dropped", func() bool { return strings.Contains(node.why(bad), "tells of another batch") })
	})
}

// TestWrongClocks meets batches that are dated ahead of a node's clock: they wait,
// it is told, and they come when the time has come or the clock is set right.
func TestWrongClocks(t *testing.T) {
	day := 24 * time.Hour
	for _, slow := range []time.Duration{-9 * time.Minute, 9 * time.Minute, -25 * time.Minute, -23 * time.Hour, day} {
		t.Run(slow.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				node, good := n.build("node"), n.build("good")
				ago := int(good.now().Unix() - feedtest.Start - 60)
				good.own(feedtest.Draw(t, fmt.Sprintf("A0 <- A1 <- A2@%d <- A3; B0", ago)).All()...)
				node.ahead.Store(int64(slow))
				node.run()
				good.run()
				n.join(node, good)
				if slow > -intake.Ahead {
					within(t, 2*time.Second, "equal feeds", func() bool { return node.holds(good) })
					return
				}
				within(t, 2*time.Second, "all that is due", func() bool { return node.count() == 3 })
				within(t, 15*time.Second, "readiness, and a count of what waits by its headers", func() bool {
					return node.r.Ready() && node.r.Standing().Feeds[0].Waiting == 2
				})
				f := node.r.Standing().Feeds[0]
				if f.State != Waiting || f.Claimed != 2 || f.Waiting != 2 || f.Sequence != 2 || !strings.Contains(f.Reason.Text, "ahead of this node's clock") {
					t.Errorf("%+v", f)
				}
				if wait := f.Due.Sub(node.now()); wait > -slow || wait < -slow-20*time.Minute {
					t.Errorf("due in %v", wait)
				}
				calls := node.calls.Load()
				time.Sleep(5 * time.Minute)
				if node.count() != 3 || node.calls.Load() > calls+1 || node.why(good) != "" {
					t.Errorf("%d batches, %d calls of the door, dropped: %q", node.count(), node.calls.Load()-calls, node.why(good))
				}
				if slow < -time.Hour {
					node.ahead.Store(0)
					within(t, 3*time.Second, "the rest, with the clock set right", func() bool { return node.holds(good) })
					return
				}
				within(t, -slow, "the rest in its time", func() bool { return node.holds(good) })
			})
		})
	}
}
