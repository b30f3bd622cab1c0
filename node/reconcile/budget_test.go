package reconcile

import (
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// TestComingAndGoingKeepsNobodyWaiting lets a member part and come back all the time
// that keeps what it has to itself, from its first word on or once it has told. An
// honest peer has given all it has, so the node is ready.
func TestComingAndGoingKeepsNobodyWaiting(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 3, 2)).All()
	for name, tt := range map[string]struct {
		answer func(overlay.Stream)
		every  time.Duration
	}{
		"it says nothing":                     {hang, 30 * time.Second},
		"it tells and does not give":          {liar{heads: []Head{headOf(all[2])}, ranges: func(s overlay.Stream, _ message.Ranges) { hang(s) }}.serve, 9 * time.Second},
		"it tells and breaks off what it has": {liar{heads: []Head{headOf(all[2])}, ranges: func(s overlay.Stream, _ message.Ranges) { write(s, 0, 0, 1, 0); drop(s) }}.serve, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				node, bad, good := n.build("node"), n.build("bad"), n.build("good")
				bad.answer = tt.answer
				good.own(feedtest.Draw(t, chain("B", 3, 1)).All()...)
				node.run()
				good.run()
				n.join(node, bad)
				n.join(node, good)
				begun, met := time.Now(), time.Now()
				within(t, 5*time.Minute, "readiness", func() bool {
					if time.Since(met) >= tt.every && node.why(bad) == "" {
						met = time.Now()
						n.part(node, bad)
						n.join(node, bad)
					}
					// While it is away, or just back, readiness says nothing; and it may come
					// and go until the neighbour was waited for a minute in all.
					return time.Since(begun) > 3*time.Minute && (time.Since(met) > time.Second || node.why(bad) != "") && node.r.Ready() && node.holds(good)
				})
				for range 100 { // and it lasts
					if node.why(bad) == "" {
						n.part(node, bad)
						n.join(node, bad)
					}
					time.Sleep(time.Second)
					if !node.r.Ready() {
						t.Fatal("no longer ready")
					}
				}
			})
		})
	}
}

// TestHeadsThatChangeAllTheTimeCostLittle lets a member tell five times a second that
// as many heads have changed as there can be. What is not open costs no look at the
// store and is not remembered, and it is soon asked less often.
func TestHeadsThatChangeAllTheTimeCostLittle(t *testing.T) {
	one := headOf(feedtest.Draw(t, "A0").Batch("A0"))
	for name, tt := range map[string]struct {
		head  func(i uint64) (issuer keys.Public, epoch uint64)
		reads int64
	}{
		"epochs that were never opened":   {func(i uint64) (keys.Public, uint64) { return one.Issuer, i + 1 }, 0},
		"issuers that were never there":   {func(i uint64) (keys.Public, uint64) { return keys.Public{byte(i), byte(i >> 8), 1}, 0 }, 0},
		"one feed again and again, ahead": {func(uint64) (keys.Public, uint64) { return one.Issuer, 0 }, 3 * 4 * message.MaxHeads},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				var node *house
				w := &watched{node: &node}
				node = n.build("node", func(c *Config) { w.Held, c.Held = c.Held, w })
				bad := n.build("bad")
				var version, asked atomic.Uint64
				word := func() message.Word {
					return message.Word{Beacon: Beacon{Time: time.Now()}, Vector: message.Cursor{Session: 7, Version: version.Add(1)}}
				}
				bad.answer = func(s overlay.Stream) {
					defer drop(s)
					for {
						request, err := overlay.ReadFrame(s, message.MaxRequest)
						if err != nil {
							return
						}
						switch k, _ := message.KindOf(request); k {
						case message.KindBeacon:
							say(s, message.EncodeWord(word()))
						case message.KindHeads:
							asked.Add(1)
							page := make([]Head, message.MaxPage)
							for from := uint64(0); from < message.MaxHeads; from += message.MaxPage {
								for i := range page {
									page[i] = one
									page[i].Issuer, page[i].Epoch = tt.head(from + uint64(i))
									page[i].Sequence = version.Add(1)
								}
								say(s, message.EncodePage(page))
							}
							say(s, message.EncodeHeadsEnd(message.HeadsEnd{UpTo: word().Vector}))
						default: // nothing of what was asked for
							say(s, message.EncodeSpanEnd(0))
						}
					}
				}
				node.run()
				n.join(node, bad)
				for range 5 * 60 { // a minute
					node.r.post(func(now time.Time) { node.r.plan.told(bad.key, word(), now) })
					time.Sleep(200 * time.Millisecond)
				}
				t.Logf("asked %d times for heads, %d reads of the store", asked.Load(), w.reads.Load())
				if node.why(bad) != "" {
					t.Errorf("dropped: %q", node.why(bad))
				}
				if asked.Load() > 3 || asked.Load() == 0 {
					t.Errorf("asked %d times for %d heads", asked.Load(), message.MaxHeads)
				}
				if w.reads.Load() > tt.reads {
					t.Errorf("%d reads of the store, want at most %d", w.reads.Load(), tt.reads)
				}
				if feeds := len(node.r.Standing().Feeds); feeds > 1 || feeds == 1 && tt.reads == 0 {
					t.Errorf("%d feeds are remembered", feeds)
				}
			})
		})
	}
}
