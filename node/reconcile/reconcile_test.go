package reconcile

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/conduct"
	"ringfence/node/reconcile/internal/message"
	"ringfence/node/reconcile/internal/pace"
	"ringfence/node/reconcile/internal/quota"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/merkle"
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
		n.mu.Lock()
		t.Logf("equal after %v, %d bytes in %d streams", took, n.bytes, n.streams)
		n.mu.Unlock()
		within(t, 15*time.Second, "readiness", func() bool { return a.r.Ready() && b.r.Ready() })
		if s := b.r.Standing(); len(s.Feeds) != 0 || s.Done != 201 || s.Total != 201 || s.Peers[0].Beacon.Version != "a" {
			t.Errorf("%+v", s)
		}
	})
}

// TestFiveBecomeEqual gives five nodes in a ring beginnings of the same feeds, of
// different length, and lets them meet in any order.
func TestFiveBecomeEqual(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 90, 1)+";"+chain("B", 40, 3)+";"+chain("C", 9, 1)+";"+chain("D", 1, 40))
	for seed := range uint64(5) {
		bubble(t, func(t *testing.T, n *town) {
			n.delay = 50 * time.Millisecond
			r := rand.New(rand.NewPCG(seed, 5))
			var all []*house
			for i := range 5 {
				h := n.build(fmt.Sprint(i))
				for _, letter := range "ABCD" {
					feed := letterOf(d, string(letter))
					most := len(feed)
					if i != int(letter)%5 {
						most = r.IntN(most + 1)
					}
					h.own(feed[:most]...)
				}
				all = append(all, h)
			}
			for _, i := range r.Perm(5) {
				all[i].run()
				time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
				n.join(all[i], all[(i+1)%5])
			}
			within(t, 12*time.Second, "equal feeds", func() bool {
				for _, h := range all {
					if h.count() != 140 {
						return false
					}
				}
				return true
			})
			within(t, 25*time.Second, "readiness", func() bool {
				return !slices.ContainsFunc(all, func(h *house) bool { return !h.r.Ready() })
			})
			for _, h := range all {
				h.idle(t)
				if dropped, refused := h.wrongs(); len(dropped) > 0 || len(refused) > 0 {
					t.Errorf("%s dropped %v and refused %v", h.name, dropped, refused)
				}
			}
		})
	}
}

// letterOf returns the batches of one issuer.
func letterOf(d *feedtest.Drawing, letter string) []feedtest.Batch {
	var all []feedtest.Batch
	for _, b := range d.All() {
		if b.Header.Issuer == feedtest.Key(letter).Public() {
			all = append(all, b)
		}
	}
	return all
}

// TestRestartInTheMiddle stops a node while it pulls; afterwards it asks only for
// what it lacks.
func TestRestartInTheMiddle(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 600, 1)).All()
	bubble(t, func(t *testing.T, n *town) {
		n.delay = 100 * time.Millisecond
		node, good := n.build("node"), n.build("good")
		good.own(all...)
		node.run()
		good.run()
		n.join(node, good)
		within(t, 3*time.Second, "a part of it", func() bool { return node.count() >= 64 })
		had := node.count()
		node.stop()
		n.part(node, good)
		if had == len(all) {
			t.Fatal("it came too quickly for this test")
		}
		node.open()
		node.fresh.Store(0)
		node.run()
		n.join(node, good)
		within(t, 5*time.Second, "all of it", func() bool { return node.holds(good) })
		if int(node.fresh.Load()) > len(all)-64 {
			t.Errorf("%d batches were taken after the restart, %d were held", node.fresh.Load(), had)
		}
	})
}

// TestPullsFromSeveral lets two peers give one feed: each gives a share of it, and
// the door is shown many batches at once.
func TestPullsFromSeveral(t *testing.T) {
	all := feedtest.Draw(t, chain("A", 1000, 1)).All()
	bubble(t, func(t *testing.T, n *town) {
		n.delay = 80 * time.Millisecond
		node, one, two := n.build("node"), n.build("one"), n.build("two")
		one.own(all...)
		two.own(all...)
		for _, h := range []*house{node, one, two} {
			h.run()
		}
		n.join(node, one)
		n.join(node, two)
		took := within(t, 5*time.Second, "all of it", func() bool { return node.holds(one) })
		if node.calls.Load() > 40 {
			t.Errorf("%d batches took %d calls of the door", len(all), node.calls.Load())
		}
		// Round by round of 160 ms and 64 batches it would take 2.5 s.
		if took > 1500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

// TestWindow pulls more than the window holds while the door is slow, and watches
// that the window is kept and that one issuer does not keep out the others.
func TestWindow(t *testing.T) {
	big := feedtest.Draw(t, chain("A", 200, 1500)).All() // about 250 kB each
	small := feedtest.Draw(t, chain("B", 20, 1)).All()
	t.Logf("%d bytes a batch", len(big[0].Body))
	bubble(t, func(t *testing.T, n *town) {
		var node *house
		most := 0
		node = n.build("node", func(c *Config) { c.Taker = slowDoor{node: &node, delay: 300 * time.Millisecond} })
		good := n.build("good")
		good.own(big...)
		good.own(small...)
		node.run()
		good.run()
		n.join(node, good)
		began, others := time.Now(), time.Duration(0)
		within(t, 5*time.Minute, "all of it", func() bool {
			node.r.mu.Lock()
			most = max(most, node.r.plan.used)
			node.r.mu.Unlock()
			if tip, _, _ := node.store.Tip(feedtest.Key("B").Public(), 0); others == 0 && tip.Sequence == 19 {
				others = time.Since(began)
			}
			return node.holds(good)
		})
		if most > window || most < 4<<20 {
			t.Errorf("the window held %d bytes, the most is %d", most, window)
		}
		if others > 3*time.Second {
			t.Errorf("the small feed took %v of %v", others, time.Since(began))
		}
		node.idle(t)
	})
}

// slowDoor is the door of a node with a slow disk.
type slowDoor struct {
	node  **house
	delay time.Duration
}

func (d slowDoor) Admit(offers []intake.Offer) ([]intake.Outcome, error) {
	time.Sleep(d.delay)
	return (*d.node).Admit(offers)
}

func (d slowDoor) AdmitFork(proof []byte) (intake.Outcome, error) {
	return (*d.node).AdmitFork(proof)
}

// brokenDoor fails a few times.
type brokenDoor struct {
	slowDoor
	fails *atomic.Int64
}

func (d brokenDoor) Admit(offers []intake.Offer) ([]intake.Outcome, error) {
	if d.fails.Add(-1) >= 0 {
		return nil, errors.New("disk full")
	}
	return d.slowDoor.Admit(offers)
}

// TestOwnTroubleIsNobodysFault fails to keep what comes, and goes on later.
func TestOwnTroubleIsNobodysFault(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		var node *house
		var fails atomic.Int64
		fails.Store(3)
		node = n.build("node", func(c *Config) { c.Taker = brokenDoor{slowDoor{node: &node}, &fails} })
		good := n.build("good")
		good.own(feedtest.Draw(t, chain("A", 200, 1)).All()...)
		node.run()
		good.run()
		n.join(node, good)
		within(t, 2*time.Second, "trouble told", func() bool { return node.r.Standing().Trouble == "disk full" })
		within(t, time.Minute, "all of it", func() bool { return node.holds(good) })
		if s := node.r.Standing(); s.Trouble != "" || node.why(good) != "" {
			t.Errorf("%q, dropped: %q", s.Trouble, node.why(good))
		}
		node.idle(t)
	})
}

// TestRate slows one issuer down once its burst is used, and nobody else.
func TestRate(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		node := n.build("node", func(c *Config) { c.Rate = 64 << 10 })
		good := n.build("good")
		good.own(feedtest.Draw(t, chain("A", 200, 20)+";"+chain("B", 20, 1)).All()...)
		node.r.plan.quotas.Charge(feedtest.Key("A").Public(), quota.Burst, time.Now())
		node.run()
		good.run()
		n.join(node, good)
		within(t, 2*time.Second, "the other feed", func() bool {
			tip, _, _ := node.store.Tip(feedtest.Key("B").Public(), 0)
			return tip.Sequence == 19
		})
		if took := within(t, 5*time.Minute, "all of it", func() bool { return node.holds(good) }); took < 3*time.Second {
			t.Errorf("the whole feed took %v", took)
		}
	})
}

// TestIdleCostsLittle keeps a node with a hundred neighbours for twenty minutes in which
// nothing happens.
func TestIdleCostsLittle(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		node := n.build("node")
		all := feedtest.Draw(t, chain("A", 20, 1)).All()
		node.own(all...)
		node.run()
		const count = 100
		for i := range count {
			h := n.build(fmt.Sprint(i))
			h.own(all...)
			n.join(node, h) // it does not run: it only answers
		}
		within(t, 5*time.Second, "readiness", func() bool { return node.r.Ready() })
		n.mu.Lock()
		bytes, streams := n.bytes, n.streams
		n.mu.Unlock()
		time.Sleep(20 * time.Minute)
		n.mu.Lock()
		defer n.mu.Unlock()
		beacons := int(time.Minute/pace.DefaultEvery+19*time.Minute/(pace.RestMost*pace.DefaultEvery)) * count
		if streams = n.streams - streams; streams > beacons*11/10 || streams < beacons*9/10 {
			t.Errorf("%d conversations in twenty minutes, want about %d", streams, beacons)
		}
		if each := (n.bytes - bytes) / streams; each > 250 {
			t.Errorf("%d bytes a conversation", each)
		}
		if node.calls.Load() != 0 {
			t.Errorf("the door was asked %d times", node.calls.Load())
		}
	})
}

// TestRest lets two nodes rest: one of the two compares, for both. Whoever has
// something new that gossip did not bring is heard of at the usual pace again.
func TestRest(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 30, 1))
	all := d.All()
	bubble(t, func(t *testing.T, n *town) {
		one, other := n.build("one"), n.build("other")
		one.own(all[0])
		other.own(all[0])
		one.run()
		other.run()
		n.join(one, other)
		conversations := func() int {
			n.mu.Lock()
			defer n.mu.Unlock()
			return n.streams
		}
		for _, b := range all[1:] {
			time.Sleep(pace.RestAfter*pace.DefaultEvery + time.Minute)
			before := conversations()
			time.Sleep(10 * time.Minute)
			// Of two draws from 22.5 to 37.5 s the smaller one, some 27 s on average.
			if made := conversations() - before; made < 16 || made > 27 {
				t.Fatalf("%d conversations in ten minutes of rest", made)
			}
			one.own(b)
			one.r.Stir()
			within(t, pace.DefaultEvery+time.Second, "what is new", func() bool { return other.count() == one.count() })
		}
	})
}

// TestWhoDoesNotAnswerIsDoubted leaves it to the overlay to find out.
func TestWhoDoesNotAnswerIsDoubted(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		var doubted atomic.Int64
		node := n.build("node", func(c *Config) { c.Doubt = func(keys.Public) { doubted.Add(1) } })
		dead, well := n.build("dead"), n.build("well")
		dead.answer = func(s overlay.Stream) { time.Sleep(time.Hour); _ = s.Close() }
		node.run()
		n.join(node, well)
		time.Sleep(time.Minute)
		if doubted.Load() != 0 {
			t.Errorf("%d doubts of one that answers", doubted.Load())
		}
		n.join(node, dead)
		time.Sleep(15 * time.Second)
		if doubted.Load() != 1 {
			t.Errorf("%d doubts of one that does not answer", doubted.Load())
		}
	})
}

// TestTalkIsHeardAtOnce floods the planner with something to do: however much is
// said, it looks at its peers a bounded number of times a second.
func TestTalkIsHeardAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		var looks atomic.Int64
		node := n.build("node", func(c *Config) {
			now := c.Now
			c.Now = func() time.Time { looks.Add(1); return now() }
		})
		node.run()
		n.join(node, n.build("other"))
		time.Sleep(5 * time.Second)
		before := looks.Load()
		for range 10_000 {
			node.r.inbox.Post(func(time.Time) {})
			time.Sleep(100 * time.Microsecond)
		}
		// Each turn asks for the time once, and once for each request that the peer may have.
		if made := looks.Load() - before; made > int64((inFlight+1)*time.Second/leastTurn)*11/10 || made == 0 {
			t.Errorf("%d looks in a second", made)
		}
	})
}

// TestNudge pulls at once what gossip told of, long before the next beacon, also
// when the neighbour that told is still pulling it itself.
func TestNudge(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 5, 1))
	all := d.All()
	bubble(t, func(t *testing.T, n *town) {
		n.delay = 20 * time.Millisecond
		node, good := n.build("node"), n.build("good")
		node.own(all[:3]...)
		good.own(all[:3]...)
		node.run()
		n.join(node, good)
		time.Sleep(time.Second)
		node.r.Nudge(good.key, all[3].Header.Issuer, all[3].Tip())
		time.Sleep(300 * time.Millisecond)
		good.own(all[3])
		if took := within(t, time.Second, "the batch", func() bool { return node.count() == 4 }); took > 500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		good.own(all[4])
		for range 100 {
			node.r.Nudge(good.key, all[4].Header.Issuer, all[4].Tip())
		}
		if took := within(t, time.Second, "the batch", func() bool { return node.count() == 5 }); took > 100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		node.r.Nudge(good.key, feedtest.Key("Z").Public(), all[4].Tip())
		node.r.Nudge(node.key, all[0].Header.Issuer, all[4].Tip())
		time.Sleep(time.Second)
		if s := node.r.Standing(); len(s.Feeds) != 0 {
			t.Errorf("%+v", s.Feeds)
		}
	})
}

// TestRepair asks neighbours for what is in quarantine, one after the other.
func TestRepair(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 5, 1))
	bubble(t, func(t *testing.T, n *town) {
		node, poor, good := n.build("node"), n.build("poor"), n.build("good")
		node.own(d.All()...)
		poor.own(d.All()...)
		good.own(d.All()...)
		for _, name := range []string{"A1", "A3"} {
			if err := node.store.Quarantine(d.Batch(name).CID, "a bit flipped"); err != nil {
				t.Fatal(err)
			}
			if err := poor.store.Quarantine(d.Batch(name).CID, "here too"); err != nil {
				t.Fatal(err)
			}
		}
		node.run()
		good.run()
		n.join(node, poor)
		time.Sleep(30 * time.Second)
		if q, _ := node.store.Quarantined(); len(q) != 2 || node.why(poor) != "" {
			t.Fatalf("%v, dropped: %q", q, node.why(poor))
		}
		n.join(node, good)
		within(t, 40*time.Second, "repaired", func() bool { q, _ := node.store.Quarantined(); return len(q) == 0 })
		node.idle(t)
	})
}

// TestWhoPassesOnClaimsNothing: an issuer who announces by gossip what nobody gives
// puts no blame on who passed it on, and keeps nobody from being ready.
func TestWhoPassesOnClaimsNothing(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 5, 1))
	bubble(t, func(t *testing.T, n *town) {
		node, good := n.build("node"), n.build("good")
		good.own(d.All()...)
		node.run()
		n.join(node, good)
		within(t, 5*time.Second, "readiness", func() bool { return node.r.Ready() })
		node.r.Nudge(good.key, feedtest.Key("A").Public(), feed.Tip{Sequence: 70})
		within(t, 5*time.Second, "the gap is told", func() bool {
			s := node.r.Standing()
			return len(s.Feeds) == 1 && s.Feeds[0].State == Withheld && s.Feeds[0].Claimed == 66
		})
		for range 10 {
			if s := node.r.Standing(); !node.r.Ready() || len(s.Feeds) == 1 && len(s.Feeds[0].Asked) != 0 {
				t.Errorf("ready %v, %+v", node.r.Ready(), s.Feeds)
			}
			time.Sleep(17 * time.Second)
		}
	})
}

// TestHeadsOf is what a restored node asks.
func TestHeadsOf(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 5, 1)+";B0")
	bubble(t, func(t *testing.T, n *town) {
		node, good := n.build("node"), n.build("good")
		good.own(d.All()...)
		a := feedtest.Key("A").Public()
		node.run()
		if _, _, ok := node.r.HeadsOf(good.key, a); ok {
			t.Error("an answer of somebody who was not asked")
		}
		n.join(node, good)
		within(t, time.Second, "heads", func() bool { _, _, ok := node.r.HeadsOf(good.key, a); return ok })
		node.r.Nudge(good.key, a, feed.Tip{Sequence: 70})
		time.Sleep(100 * time.Millisecond)
		if heads, ready, _ := node.r.HeadsOf(good.key, a); !ready || len(heads) != 1 || heads[0] != headOf(d.Batch("A4")) {
			t.Errorf("%+v", heads)
		}
		if heads, _, ok := node.r.HeadsOf(good.key, feedtest.Key("C").Public()); len(heads) != 0 || !ok {
			t.Errorf("%+v, %v", heads, ok)
		}
		n.part(node, good)
		within(t, time.Second, "forgotten", func() bool { _, _, ok := node.r.HeadsOf(good.key, a); return !ok })
		synctest.Wait() // the turn that forgot it is over
		if s := node.r.Standing(); node.r.Ready() || len(s.Peers) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestReadyAsOfItsHeads: what a peer says of its readiness counts with the heads
// that it has told since, never with those of before.
func TestReadyAsOfItsHeads(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 5, 1))
	older, newer := message.Cursor{Session: 1, Version: 1}, message.Cursor{Session: 1, Version: 2}
	word := func(ready bool, at message.Cursor) message.Word {
		return message.Word{Beacon: message.Beacon{Ready: ready}, Vector: at}
	}
	exchange := func(w message.Word, upTo message.Cursor) func(*plan, *peer) {
		return func(pl *plan, p *peer) {
			pl.news(p, ask.News{Word: w, UpTo: upTo, Heads: []message.Head{headOf(d.Batch("A4"))}}, nil, time.Now())
		}
	}
	told := func(w message.Word) func(*plan, *peer) {
		return func(pl *plan, p *peer) { pl.told(p.key, w, time.Now()) }
	}
	tests := []struct {
		name         string
		happens      []func(*plan, *peer)
		ready, asked bool
	}{
		{"it is not ready", []func(*plan, *peer){exchange(word(false, older), older)}, false, true},
		{"it is", []func(*plan, *peer){exchange(word(true, older), older)}, true, true},
		{"its heads went on while it told them", []func(*plan, *peer){exchange(word(true, older), newer)}, true, true},
		{"it told so before it was asked", []func(*plan, *peer){told(word(true, message.Cursor{}))}, false, false},
		{"ready since, with heads that were not heard", []func(*plan, *peer){exchange(word(false, older), older), told(word(true, newer))}, false, true},
		{"ready since, with the heads that were heard", []func(*plan, *peer){exchange(word(false, older), older), told(word(true, older))}, true, true},
		{"ready before, and still", []func(*plan, *peer){exchange(word(true, older), older), told(word(true, newer))}, true, true},
		{"ready before, and no more", []func(*plan, *peer){exchange(word(true, older), older), told(word(false, newer))}, false, true},
		{"heard again", []func(*plan, *peer){exchange(word(false, older), older), told(word(true, newer)), exchange(word(true, newer), newer)}, true, true},
	}
	for _, tt := range tests {
		bubble(t, func(t *testing.T, n *town) {
			node, key := n.build("node"), feedtest.Key("host other").Public()
			pl := &node.r.plan
			p := &peer{key: key, targets: make(map[*pull]uint64), conduct: &conduct.Conduct{}}
			node.r.mu.Lock() // as in a turn
			pl.peers[key] = p
			for _, happen := range tt.happens {
				happen(pl, p)
			}
			node.r.mu.Unlock()
			if _, ready, asked := node.r.HeadsOf(key, feedtest.Key("A").Public()); ready != tt.ready || asked != tt.asked {
				t.Errorf("%s: ready %v, asked %v", tt.name, ready, asked)
			}
		})
	}
}

// TestBehindIsAsOfTheLastWord: what was admitted here since a peer told what it holds
// does not make it behind; what it lacked then does, until it is heard to have it.
func TestBehindIsAsOfTheLastWord(t *testing.T) {
	d := feedtest.Draw(t, chain("A", 9, 1)+";"+chain("B", 3, 1))
	bubble(t, func(t *testing.T, n *town) {
		node, key := n.build("node"), feedtest.Key("host other").Public()
		node.own(letterOf(d, "A")[:6]...)
		node.own(letterOf(d, "B")[:2]...)
		p := &peer{key: key, targets: make(map[*pull]uint64), conduct: &conduct.Conduct{}}
		node.r.plan.peers[key] = p
		look := func(when string, behind uint64, told bool) {
			t.Helper()
			if s := node.r.Standing().Peers[0]; s.Behind != behind || s.Ahead != 0 || s.Compared.IsZero() == told {
				t.Errorf("%s: %d behind and %d ahead, heard %v; want %d behind", when, s.Behind, s.Ahead, !s.Compared.IsZero(), behind)
			}
		}
		happen := func(do func(*plan)) {
			node.r.mu.Lock() // as in a turn
			defer node.r.mu.Unlock()
			do(&node.r.plan)
		}
		look("before it told anything", 0, false)
		_, err := node.r.answerer.Word()
		if err != nil {
			t.Fatal(err)
		}
		held := node.r.answerer.Counts()
		older, newer := message.Cursor{Session: 1, Version: 1}, message.Cursor{Session: 1, Version: 2}
		happen(func(pl *plan) {
			pl.news(p, ask.News{UpTo: older, Heads: []message.Head{headOf(d.Batch("A3"))}}, held, time.Now())
		})
		look("once it told", 4, true)
		node.own(letterOf(d, "A")[6:]...)
		node.own(letterOf(d, "B")[2:]...)
		look("after more was admitted here", 4, true)
		happen(func(pl *plan) {
			pl.news(p, ask.News{UpTo: newer, Heads: []message.Head{headOf(d.Batch("A8")), headOf(d.Batch("B1"))}}, held, time.Now())
		})
		look("once it has what was held when it was asked", 0, true)
		time.Sleep(message.RefreshEvery)
		if _, err = node.r.answerer.Word(); err != nil {
			t.Fatal(err)
		}
		happen(func(pl *plan) { pl.told(key, message.Word{Vector: newer}, time.Now()) })
		look("when it says that it has nothing new", 1, true)
	})
}

// TestWalker finds the first difference of two nodes' lists.
func TestWalker(t *testing.T) {
	entry := func(i int, says byte) merkle.Entry {
		return merkle.NewEntry(merkle.Key{First: uint64(i) << 40}, merkle.Value{says})
	}
	var mine, theirs []merkle.Entry
	for i := range 1000 {
		mine = append(mine, entry(i, 1))
		theirs = append(theirs, entry(i, byte(1+i/700)))
	}
	bubble(t, func(t *testing.T, n *town) {
		node := n.build("node")
		good := n.build("good", func(c *Config) { c.Sublist = merkle.Build(theirs).Sublist })
		n.join(node, good)
		d, found, err := merkle.FirstDifference(merkle.Build(mine), node.r.Walker(t.Context(), good.key))
		if err != nil || !found {
			t.Fatal(found, err)
		}
		if d.Prefix>>40 > 700 || d.A.Hash == d.B.Hash {
			t.Errorf("%+v", d)
		}
		if _, err := good.r.Walker(t.Context(), node.key).Sublist(0, 0); err == nil {
			t.Error("a node without a list answered")
		}
	})
}

// TestStrangersStreams bounds what one peer has answered at once.
func TestStrangersStreams(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		node, greedy := n.build("node"), n.build("greedy")
		node.run()
		n.join(node, greedy)
		var open []overlay.Stream
		for range message.MaxStreams + 3 {
			s, err := n.open(greedy, node.key)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, s)
			synctest.Wait()
		}
		time.Sleep(time.Second)
		refused := 0
		for _, s := range open {
			if err := s.SetDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Read(make([]byte, 1)); errors.Is(err, io.EOF) || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				refused++
			}
		}
		if refused != 3 {
			t.Errorf("%d of %d were refused", refused, len(open))
		}
		time.Sleep(message.ServeTimeout)
		synctest.Wait()
		for i, s := range open {
			if _, err := s.Read(make([]byte, 1)); err == nil {
				t.Errorf("stream %d is still open", i)
			}
		}
	})
}

func TestNewRefusals(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a Reconciler of nothing")
	}
}
