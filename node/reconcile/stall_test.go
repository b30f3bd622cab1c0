package reconcile

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// A header and a body that no release knows. Anybody can write them: nothing in
// them is signed that could be checked.
var (
	newerHeader = []byte{0x84, 2, 0x40, 0x40, 0x40}
	newerBody   = []byte{0x83, 2, 0x80, 0x40}
)

// TestNewerVersionIsTheClaimsFault lets a liar answer with what only a newer release
// could read. Nobody else is asked less for that, and nothing is decided by it.
func TestNewerVersionIsTheClaimsFault(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 30, 2)).All()
	last := headOf(all[len(all)-1])
	give := func(what func(b feedtest.Batch) message.Record) func(overlay.Stream, message.Ranges) {
		return func(s overlay.Stream, q message.Ranges) {
			for _, span := range q.Spans {
				say(s, message.EncodeRecord(what(all[span.From])))
				say(s, message.EncodeSpanEnd(0))
			}
		}
	}
	for name, ranges := range map[string]func(overlay.Stream, message.Ranges){
		"a forged header":      give(func(b feedtest.Batch) message.Record { return message.Record{Header: newerHeader, Body: b.Body} }),
		"a true header's body": give(func(b feedtest.Batch) message.Record { return message.Record{Header: b.Signed, Body: newerBody} }),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				n.delay = 50 * time.Millisecond
				node, bad, good := n.build("node"), n.build("bad"), n.build("good")
				bad.answer = liar{heads: []Head{last}, ranges: ranges}.serve
				good.own(all...)
				node.run()
				good.run()
				n.join(node, bad)
				within(t, time.Second, "aside while nobody gives what can be read", func() bool {
					s := node.r.Standing()
					return len(s.Feeds) == 1 && s.Feeds[0].State == Aside && strings.Contains(s.Feeds[0].Reason.Text, "upgrade needed")
				})
				time.Sleep(5 * time.Minute)
				if node.calls.Load() > 20 {
					t.Errorf("the door was asked %d times in five minutes", node.calls.Load())
				}
				n.join(node, good)
				time.Sleep(time.Second / 2) // the word of both is here
				within(t, 2*time.Second, "the truth", func() bool {
					if node.r.Ready() && !node.holds(good) {
						t.Fatal("ready before it holds what its peers had")
					}
					return node.holds(good)
				})
				within(t, 11*time.Second, "readiness", node.r.Ready)
				if node.why(bad)+node.why(good) != "" {
					t.Errorf("dropped: %q, %q", node.why(bad), node.why(good))
				}
				node.idle(t)
			})
		})
	}
}

// TestErrandsAnsweredWithWhatCannotBeJudged lets a liar contradict a head that is
// held and show something that only others could judge. The feed goes on.
func TestErrandsAnsweredWithWhatCannotBeJudged(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 5, 1)+"; A0 <- A1'; Z0; B0 <- B1 <- B2 <- B3")
	for name, header := range map[string][]byte{
		"a newer version":    newerHeader,
		"an unknown issuer":  d.Batch("Z0").Signed,
		"without its parent": d.Batch("B3").Signed,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				node, bad, good := n.build("node"), n.build("bad"), n.build("good")
				n.delay = 20 * time.Millisecond
				node.own(named(d, "A0 A1")...)
				good.own(named(d, "A0 A1 A2 A3 A4")...)
				var asked atomic.Int64
				bad.answer = liar{heads: []Head{headOf(d.Batch("A1'"))}, header: func(s overlay.Stream) {
					asked.Add(1)
					say(s, message.EncodeBytes(header))
				}}.serve
				good.answer = func(s overlay.Stream) {
					time.Sleep(100 * time.Millisecond) // while the errand is run
					good.r.Serve(s)
				}
				node.run()
				n.join(node, bad)
				n.join(node, good) // both only answer
				within(t, time.Second, "the rest of the feed", func() bool {
					if s := node.r.Standing(); len(s.Feeds) > 0 && s.Feeds[0].State != Pulling {
						t.Fatalf("%+v", s.Feeds[0])
					}
					return node.count() == 5
				})
				if asked.Load() == 0 {
					t.Error("the contradiction was not followed up")
				}
			})
		})
	}
}

// TestDatedAheadOnOneBranch lets a peer be given another branch of a feed, dated
// far ahead. What the others hold of the feed comes all the same.
func TestDatedAheadOnOneBranch(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0'@9999999")
	bubble(t, func(t *testing.T, n *town) {
		node, odd, good := n.build("node"), n.build("odd"), n.build("good")
		odd.own(d.Batch("A0'"))
		good.own(named(d, "A0 A1 A2")...)
		node.run()
		n.join(node, odd)
		within(t, time.Second, "waiting", func() bool { s := node.r.Standing(); return len(s.Feeds) == 1 && s.Feeds[0].State == Waiting })
		time.Sleep(5 * time.Minute)
		if node.calls.Load() > 1 {
			t.Errorf("offered %d times before it is due", node.calls.Load())
		}
		n.join(node, good)
		within(t, 2*time.Minute, "the other branch", func() bool { return node.holds(good) })
	})
}

// TestASilentMemberKeepsNobodyWaiting is ready in spite of members that open
// streams and never answer, from the start or after they told what they hold, and
// not by them alone.
func TestASilentMemberKeepsNobodyWaiting(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 30, 2)).All()
	tells := liar{heads: []Head{headOf(all[len(all)-1])}}
	for name, told := range map[string]bool{"from the start": false, "once it has told": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *town) {
				node, mute, good := n.build("node"), n.build("mute"), n.build("good")
				var answered atomic.Int64
				mute.answer = func(s overlay.Stream) {
					if told && answered.Add(1) == 1 {
						tells.serve(s)
						return
					}
					hang(s)
				}
				good.own(feedtest.Draw(t, chain("B", 3, 1)).All()...)
				node.run()
				good.run()
				n.join(node, mute)
				time.Sleep(3 * time.Minute)
				if node.r.Ready() {
					t.Error("ready, and nobody has answered")
				}
				n.join(node, good)
				within(t, 90*time.Second, "readiness", node.r.Ready)
				if !node.holds(good) || node.why(mute) != "" {
					t.Errorf("holds all: %v, dropped: %q", node.holds(good), node.why(mute))
				}
			})
		})
	}
}

// TestEndlessExchange drops who has ever more heads to tell and tells none.
func TestEndlessExchange(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		node, bad := n.build("node"), n.build("bad")
		bad.answer = endless
		node.run()
		n.join(node, bad)
		within(t, 2*time.Second, "dropped", func() bool { return strings.Contains(node.why(bad), "more heads") })
	})
}

// endless promises more heads after none, at a cursor that changes.
func endless(s overlay.Stream) {
	defer drop(s)
	for i := uint64(1); ; i++ {
		request, err := overlay.ReadFrame(s, message.MaxRequest)
		if err != nil {
			return
		}
		answer := message.EncodeHeadsEnd(message.HeadsEnd{UpTo: message.Cursor{Session: 7, Version: i}, More: true})
		if k, _ := message.KindOf(request); k == message.KindBeacon {
			answer = message.EncodeWord(message.Word{Vector: message.Cursor{Session: 7, Version: 1 << 60}})
		}
		time.Sleep(10 * time.Millisecond)
		if !say(s, answer) {
			return
		}
	}
}

// TestAThinLineIsNoTrickle keeps an honest peer whose line needs twenty seconds for
// one batch, and drops one that does not keep the pace which is asked of all.
func TestAThinLineIsNoTrickle(t *testing.T) {
	all := feedtest.Draw(t, "A0 <- A1"+strings.Repeat("+", 1499)+" <- A2").All()
	bubble(t, func(t *testing.T, n *town) {
		node, thin, trickler := n.build("node"), n.build("thin"), n.build("trickler")
		thin.rate = 7 << 10
		thin.own(all...)
		trickler.answer = liar{heads: []Head{headOf(all[2])}, ranges: func(s overlay.Stream, q message.Ranges) {
			for _, b := range all[q.Spans[0].From:] { // small frames, each long before a deadline
				time.Sleep(6 * time.Second)
				if !say(s, message.EncodeRecord(recordOf(b))) {
					return
				}
			}
			hang(s)
		}}.serve
		trickler.rate = 1 << 10
		node.run()
		n.join(node, thin)
		within(t, time.Minute, "all of it", func() bool { return node.holds(thin) })
		if node.why(thin) != "" {
			t.Errorf("dropped: %q", node.why(thin))
		}
		late := n.build("late")
		late.run()
		n.join(late, trickler)
		within(t, time.Minute, "the trickler dropped", func() bool { return strings.Contains(late.why(trickler), "trickles") })
		late.idle(t)
	})
}

// TestALiarThatLeavesIsRemembered drops who sent what no honest node sends, also
// when it has gone before the door has looked.
func TestALiarThatLeavesIsRemembered(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 3, 2)).All()
	bubble(t, func(t *testing.T, n *town) {
		var node *house
		node = n.build("node", func(c *Config) { c.Taker = slowDoor{node: &node, delay: time.Second} })
		bad := n.build("bad")
		bad.answer = liar{heads: []Head{headOf(all[2])}, ranges: func(s overlay.Stream, _ message.Ranges) {
			broken := bytes.Clone(all[0].Signed)
			broken[len(broken)-1] ^= 1
			say(s, message.EncodeRecord(message.Record{Header: broken, Body: all[0].Body}))
			say(s, message.EncodeSpanEnd(0))
		}}.serve
		node.run()
		n.join(node, bad)
		time.Sleep(500 * time.Millisecond) // the door is looking
		n.part(node, bad)
		time.Sleep(100 * time.Millisecond)
		n.join(node, bad) // back before it was found out
		within(t, 600*time.Millisecond, "dropped", func() bool { return strings.Contains(node.why(bad), "no honest node") })
		time.Sleep(100 * time.Millisecond)
		if s := node.r.Standing(); len(s.Peers) != 0 {
			t.Errorf("still a peer: %+v", s.Peers)
		}
		node.idle(t)
	})
}

// TestAskedIsForgottenOnceSettled tells of no withholder of a feed that had
// settled and grows again.
func TestAskedIsForgottenOnceSettled(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 5, 3)).All()
	bubble(t, func(t *testing.T, n *town) {
		node, thief := n.build("node"), n.build("thief")
		thief.own(all[0])
		b := all[1]
		if err := thief.store.Append([]feed.Record{{Issuer: b.Header.Issuer, Tip: b.Tip(), Header: b.Signed, Body: strip(t, b.Body)}}); err != nil {
			t.Fatal(err)
		}
		node.run()
		n.join(node, thief)
		within(t, 5*time.Second, "withheld", func() bool { s := node.r.Standing(); return len(s.Feeds) == 1 && s.Feeds[0].State == Withheld })
		node.own(all[1]) // gossip brought it
		within(t, 2*time.Minute, "settled", func() bool { return len(node.r.Standing().Feeds) == 0 })
		n.mu.Lock()
		n.delay = time.Second
		n.mu.Unlock()
		thief.own(all[2])
		within(t, 15*time.Second, "pulling", func() bool { s := node.r.Standing(); return len(s.Feeds) == 1 && s.Feeds[0].State == Pulling })
		if f := node.r.Standing().Feeds[0]; len(f.Asked) != 0 || !f.Reason.IsZero() {
			t.Errorf("%+v", f)
		}
		within(t, 20*time.Second, "the rest", func() bool { return node.count() == 3 })
	})
}

// watched tells when the store is read under the Reconciler's lock: what the planning
// goroutine alone reads, and when that has ended, what Standing does.
type watched struct {
	Held
	node  **house
	ended bool
	under atomic.Int64
	reads atomic.Int64
}

func (w *watched) look() {
	w.reads.Add(1)
	r := (*w.node).r
	if r == nil {
		return
	}
	if !r.mu.TryLock() {
		w.under.Add(1)
		return
	}
	r.mu.Unlock()
}

func (w *watched) Tips() ([]feed.Head, error) {
	if w.ended {
		w.look()
	}
	return w.Held.Tips()
}

func (w *watched) Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error) {
	w.look()
	return w.Held.Tip(issuer, epoch)
}
func (w *watched) Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error) {
	w.look()
	return w.Held.Header(issuer, epoch, sequence)
}
func (w *watched) Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error) {
	w.look()
	return w.Held.Fork(issuer, epoch)
}

// TestNoLockOverTheStore pulls, meets a contradiction and repairs; whoever asks how
// it stands meanwhile waits for no disk.
func TestNoLockOverTheStore(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 30, 1)+";B0 <- B1; B0 <- B1'")
	bubble(t, func(t *testing.T, n *town) {
		var node *house
		w := &watched{node: &node}
		node = n.build("node", func(c *Config) { w.Held, c.Held = c.Held, w })
		good := n.build("good")
		node.own(named(d, "B0 B1")...)
		good.own(letterOf(d, "A")...)
		good.own(named(d, "B0 B1'")...)
		if err := node.store.Quarantine(d.Batch("B0").CID, "a bit flipped"); err != nil {
			t.Fatal(err)
		}
		node.run()
		n.join(node, good)
		time.Sleep(30 * time.Second)
		node.stop()
		w.ended = true
		if node.count() != 32 || node.r.Standing().Trouble != "" {
			t.Errorf("%d batches, %+v", node.count(), node.r.Standing())
		}
		if w.under.Load() > 0 || w.reads.Load() < 15 {
			t.Errorf("%d of %d reads under the lock", w.under.Load(), w.reads.Load())
		}
	})
}
