package publish

import (
	"context"
	"errors"
	"strings"
	"testing"

	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/taxonomy"
)

// waitsForPeers is the reason of a bar that the peers' word lifts.
const waitsForPeers = "the store was restored"

// queueing returns a publisher that queues while it is barred for that reason. Made
// anew it is the publisher after a restart.
func (w *world) queueing(member string) *Publisher {
	w.t.Helper()
	cfg := w.config(member)
	cfg.Queue = true
	p, err := New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) bar(member, reason string) {
	w.t.Helper()
	if err := w.store.Bar(issuer(member), feed.Bar{Kind: feed.Restored, Reason: reason}); err != nil {
		w.t.Fatal(err)
	}
}

// flagOf drafts a flag by hand.
func (w *world) flagOf(p *Publisher, text string) assertion.Statement {
	w.t.Helper()
	return drafted(w.terms(p).Flag(hand.Flag{Key: num(w.t, text).Range(), Category: cat(w.t, "mkt.finance.loan"), Reports: 9}))
}

func (w *world) drain(p *Publisher) []Drained {
	w.t.Helper()
	all, err := p.Drain(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *world) batches(member string) int {
	w.t.Helper()
	tip, ok, err := w.store.Latest(issuer(member))
	if err != nil {
		w.t.Fatal(err)
	}
	if !ok {
		return 0
	}
	return int(tip.Sequence) + 1
}

// What is said while a restored node waits for its peers is kept, unsigned, over
// restarts, and said in order when the bar is lifted: by hand, a file, and the
// retraction of what was said before.
func TestDraftsQueueWhileTheFeedIsNotConfirmed(t *testing.T) {
	w := newWorld(t, "acme: vendor; trusted")
	p := w.queueing("acme")
	first := w.say(p, w.flagOf(p, "+8613800138000"))
	w.bar("acme", waitsForPeers)
	said := w.say(p, w.flagOf(p, "+8613800138001"))
	if len(said.Statements) > 0 || !strings.HasPrefix(said.Queued, "queued, not signed yet: "+waitsForPeers) {
		t.Fatalf("it is signed, or not told to wait: %+v", said)
	}
	const numbers = 10_000 // several parts
	res := w.publish(p, many("file", numbers))
	if res.Queued == "" || res.Waiting != numbers || res.Said != 0 || res.Publication.State != publication.Queued {
		t.Fatalf("a file: %+v", res)
	}
	w.say(p, drafted(w.terms(p).Retract(hand.Statement(first.Statements[0]), "a mistake")))
	for range 2 { // a restart, and the same file again
		p = w.queueing("acme")
		if again := w.publish(p, many("file", numbers)); again.Publication.ID != res.Publication.ID {
			t.Errorf("the same content is queued twice: %+v", again.Publication)
		}
		if n, err := p.Queued(); err != nil || n != numbers+2 {
			t.Errorf("%d drafts are queued, want %d: %v", n, numbers+2, err)
		}
		if _, err := p.Drain(context.Background()); !errors.Is(err, feed.ErrBarred) || w.batches("acme") != 1 {
			t.Errorf("drained while barred: %v, %d batches", err, w.batches("acme"))
		}
	}
	if err := w.store.Lift(issuer("acme"), feed.Restored); err != nil {
		t.Fatal(err)
	}
	p = w.queueing("acme")
	all := w.drain(p)
	if len(all) != 3 || all[0].Publication.ID != said.Publication || all[1].Publication.ID != res.Publication.ID {
		t.Fatalf("said: %+v", all)
	}
	for i, want := range []int{1, numbers, 1} {
		if one := all[i]; one.Refused != nil || one.Publication.State != publication.Complete || one.Publication.Statements != want {
			t.Errorf("%d: %+v", i, one)
		}
	}
	if _, ok := w.standing("acme", "+8613800138001", "mkt.finance.loan"); !ok {
		t.Error("what was queued by hand does not stand")
	}
	if _, ok := w.standing("acme", "+8613800138000", "mkt.finance.loan"); ok {
		t.Error("what was retracted stands")
	}
	if counts := w.view.List().Counts(); counts.Statements != numbers+3 {
		t.Errorf("%d statements, want %d", counts.Statements, numbers+3)
	}
	if n, err := p.Queued(); err != nil || n != 0 || len(w.drain(p)) != 0 {
		t.Errorf("%d drafts are still queued, %v", n, err)
	}
	if res := w.publish(p, many("file", numbers)); !res.Already {
		t.Errorf("delivered again: %+v", res)
	}
}

// Whatever a stop interrupts, what is queued is said exactly once.
func TestWhatIsQueuedIsSaidOnce(t *testing.T) {
	for fail := 1; fail <= 2; fail++ {
		for _, after := range []bool{false, true} {
			w := newWorld(t, "acme: vendor; trusted")
			p := w.queueing("acme")
			w.bar("acme", waitsForPeers)
			w.say(p, w.flagOf(p, "+8613800138001"), w.flagOf(p, "+8613800138002"))
			w.publish(p, many("file", 100))
			if err := w.store.Lift(issuer("acme"), feed.Restored); err != nil {
				t.Fatal(err)
			}
			door := w.door
			w.door = &brokenDoor{Door: door, fail: fail, after: after}
			if _, err := w.queueing("acme").Drain(context.Background()); !errors.Is(err, errKilled) {
				t.Fatalf("at call %d: %v", fail, err)
			}
			w.door = door
			p = w.queueing("acme")
			w.drain(p)
			if c := w.view.List().Counts(); c.Statements != 102 {
				t.Errorf("killed at call %d, after it %v: %d statements, want 102", fail, after, c.Statements)
			}
			if n, err := p.Queued(); err != nil || n != 0 {
				t.Errorf("%d are still queued, %v", n, err)
			}
		}
	}
}

// A bar that no peer lifts queues nothing: it could wait for ever.
func TestWhatMayWaitForEverIsRefused(t *testing.T) {
	for _, reason := range []string{"a batch came in", "a foreign batch stands at place 0/3 of the feed"} {
		w := newWorld(t, "acme: vendor; trusted")
		p := w.queueing("acme")
		if err := w.store.Bar(issuer("acme"), feed.Bar{Kind: feed.Stolen, Reason: reason}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Say(context.Background(), "", w.flagOf(p, "+8613800138001")); !errors.Is(err, feed.ErrBarred) {
			t.Errorf("%s: %v", reason, err)
		}
		if _, err := p.Publish(context.Background(), many("file", 3), Options{}); !errors.Is(err, feed.ErrBarred) {
			t.Errorf("%s: %v", reason, err)
		}
		if n, err := p.Queued(); err != nil || n != 0 {
			t.Errorf("%d are queued, %v", n, err)
		}
	}
}

// What would be void is refused at once, and what has become so since it was queued
// is told as closed, and keeps nothing else waiting.
func TestVoidDraftsDoNotBlockTheQueue(t *testing.T) {
	w := newWorld(t, "acme: vendor; trusted")
	p := w.queueing("acme")
	w.bar("acme", waitsForPeers)
	void := w.flagOf(p, "+8613800138001")
	void.Expires = (today + 10_000).Start()
	if _, err := p.Say(context.Background(), "", void); err == nil {
		t.Error("a flag that would be void is queued")
	}
	if _, err := p.Publish(context.Background(), delivery("old", draft(t, "+8613800138003", "mkt.retail", 3, 4000)), Options{}); !errors.Is(err, ErrNothing) {
		t.Errorf("a file that would be void: %v", err)
	}
	w.publish(p, delivery("other", draft(t, "+8613800138003", "mkt.retail", 3, 1))) // is not kept from waiting by it
	old := w.flagOf(p, "+8613800138001")
	w.say(p, old)
	age := taxonomy.Day(w.state.Policy().FlagMaxAgeDays) + 1
	w.now += int64(age) * hand.SecondsPerDay
	fresh := w.say(p, w.flagOf(p, "+8613800138002"))
	if err := w.store.Lift(issuer("acme"), feed.Restored); err != nil {
		t.Fatal(err)
	}
	all := w.drain(p)
	if len(all) != 3 {
		t.Fatalf("said: %+v", all)
	}
	for _, one := range all[:2] {
		if one.Refused == nil || one.Publication.State != publication.Closed || one.Publication.Refused != 1 {
			t.Errorf("%+v", one)
		}
	}
	if one := all[2]; one.Refused != nil || one.Publication.ID != fresh.Publication || one.Publication.State != publication.Complete {
		t.Errorf("what came after it: %+v", one)
	}
}

// What has lost a part waits on, unsaid to its end: a part never passes for the whole.
func TestAPartThatIsGoneStopsTheQueue(t *testing.T) {
	w := newWorld(t, "acme: vendor; trusted")
	p := w.queueing("acme")
	w.bar("acme", waitsForPeers)
	const numbers = 10_000
	res := w.publish(p, many("file", numbers))
	var last string
	if err := w.store.List("queued", func(key string, _ []byte) error { last = key; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.store.Delete("queued", last), w.store.Lift(issuer("acme"), feed.Restored)); err != nil {
		t.Fatal(err)
	}
	all, err := p.Drain(context.Background())
	if len(all) != 0 || err == nil || !strings.Contains(err.Error(), "it is gone") {
		t.Errorf("drained %+v: %v", all, err)
	}
	records, err := p.Publications()
	if err != nil || len(records) != 1 || records[0].State != publication.Open {
		t.Errorf("%+v, %v", records, err)
	}
	if n, err := p.Queued(); err != nil || n != numbers {
		t.Errorf("%d are queued, %v", n, err)
	}
	if again := w.publish(p, many("file", numbers)); again.Publication.ID != res.Publication.ID || again.Said+again.Resumed != numbers {
		t.Errorf("delivered again: %+v", again)
	}
	if all := w.drain(p); len(all) != 1 || all[0].Publication.State != publication.Complete {
		t.Errorf("drained %+v", all)
	}
}
