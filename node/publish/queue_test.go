package publish

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/memory"
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

func (w *world) lift(member string) {
	w.t.Helper()
	if err := w.store.Lift(issuer(member), feed.Restored); err != nil {
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
	if len(said.Statements) > 0 || !strings.HasPrefix(said.Queued.Text, "queued, not signed yet: "+waitsForPeers) {
		t.Fatalf("it is signed, or not told to wait: %+v", said)
	}
	const numbers = 10_000 // several parts
	res := w.publish(p, many("file", numbers))
	if res.Queued.IsZero() || res.Waiting != numbers || res.Said != 0 || res.Publication.State != publication.Queued {
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
	if _, err := p.Say(context.Background(), "", w.flagOf(p, "+8613800138001")); !errors.Is(err, ErrQueue) {
		t.Errorf("it overtakes the queue: %v", err)
	}
	if _, err := p.Publish(context.Background(), many("other", 10), Options{}); !errors.Is(err, ErrQueue) {
		t.Errorf("it overtakes the queue: %v", err)
	}
	if again := w.publish(p, many("file", numbers)); again.Publication.ID != res.Publication.ID || again.Said+again.Resumed != numbers {
		t.Errorf("delivered again: %+v", again)
	}
	if all := w.drain(p); len(all) != 1 || all[0].Publication.State != publication.Complete {
		t.Errorf("drained %+v", all)
	}
}

// What was said by hand and is lost blocks nothing, and is told.
func TestWhatIsLostByHandIsTold(t *testing.T) {
	w := newWorld(t, "acme: vendor; trusted")
	p := w.queueing("acme")
	w.bar("acme", waitsForPeers)
	lost := w.say(p, w.flagOf(p, "+8613800138001"))
	w.say(p, w.flagOf(p, "+8613800138002"))
	if err := w.store.Delete("queued", lost.Publication.String()+"/00000000"); err != nil {
		t.Fatal(err)
	}
	w.lift("acme")
	all := w.drain(p)
	if len(all) != 2 || all[0].Refused == nil || all[0].Publication.State != publication.Closed || all[1].Publication.State != publication.Complete {
		t.Errorf("%+v", all)
	}
}

// What waits is said before what is said anew, or the older word would replace the
// newer one.
func TestWhatWaitsIsSaidFirst(t *testing.T) {
	const one, category = "+8613800138001", "mkt.finance.loan"
	for name, newer := range map[string]func(*world, *Publisher){
		"by hand": func(w *world, p *Publisher) {
			w.say(p, drafted(w.terms(p).Flag(hand.Flag{Key: num(t, one).Range(), Category: cat(t, category), Reports: 50})))
		},
		"a file": func(w *world, p *Publisher) { w.publish(p, many("new", 10)) },
	} {
		w := newWorld(t, "acme: vendor; trusted")
		p := w.queueing("acme")
		w.bar("acme", waitsForPeers)
		w.say(p, w.flagOf(p, one))
		w.lift("acme")
		newer(w, p)
		if n, err := p.Queued(); n != 0 || err != nil {
			t.Errorf("%s: %d are queued still, %v", name, n, err)
		}
		all := w.drain(p)
		if s, ok := w.standing("acme", one, category); name == "by hand" && (!ok || s.Flag.Reports != 50) {
			t.Errorf("the older word stands: %d reports", s.Flag.Reports)
		}
		if len(all) != 1 || all[0].Publication.State != publication.Complete {
			t.Errorf("%s: nobody is told what became of what waited: %+v", name, all)
		}
	}
}

// A backup has the queue in it, and the feed that comes back from the peers has what
// was said of it, and what replaced that: nothing is said or counted twice.
func TestAQueueFromABackupIsNotSaidAgain(t *testing.T) {
	const one, category = "+8613800138001", "mkt.finance.loan"
	w := newWorld(t, "acme: vendor; trusted")
	p := w.queueing("acme")
	w.bar("acme", waitsForPeers)
	w.publish(p, delivery("old", draft(t, one, category, 3, 2)))
	var backup bytes.Buffer
	old := w.store.(*memory.Store)
	if err := old.Backup(&backup); err != nil {
		t.Fatal(err)
	}
	w.lift("acme")
	w.drain(p)
	w.publish(p, delivery("new", draft(t, one, category, 50, 1)))
	want := w.view.List().Counts().Statements

	cfg := disk.Config{Dir: t.TempDir(), FreeFloor: 1}
	if err := disk.Restore(&backup, cfg); err != nil {
		t.Fatal(err)
	}
	restored, err := disk.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := restored.Close(); err != nil {
			t.Error(err)
		}
	}()
	again := newWorldOn(t, restored, func(*charter.FoundingConfig) {}, "acme: vendor; trusted")
	for seq := range w.batches("acme") {
		header, _, err := old.Header(issuer("acme"), 0, uint64(seq))
		if err != nil {
			t.Fatal(err)
		}
		_, id, err := feed.Peek(header)
		if err != nil {
			t.Fatal(err)
		}
		held, _, err := old.Batch(id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.door.Admit([]intake.Offer{{Header: held.Header, Body: held.Body}}, time.Unix(w.now, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := again.view.Follow(); err != nil {
		t.Fatal(err)
	}
	again.lift("acme")
	all := again.drain(again.queueing("acme"))
	if got := again.view.List().Counts().Statements; got != want || len(all) != 1 || all[0].Publication.State != publication.Complete {
		t.Errorf("%d statements, want %d; the queue: %+v", got, want, all)
	}
	if s, _ := again.standing("acme", one, category); s.Flag.Reports != 53 {
		t.Errorf("%d reports, want 53", s.Flag.Reports)
	}
}

// A stop between saying a queued retraction and noting what it undoes leaves nothing
// that passes for complete.
func TestAQueuedRetractionMarksWhatItUndoes(t *testing.T) {
	w := newWorld(t, "acme: vendor; trusted")
	p := w.queueing("acme")
	res := w.publish(p, many("file", 10))
	w.bar("acme", waitsForPeers)
	w.say(p, drafted(w.terms(p).Retract(hand.Publication([16]byte(res.Publication.ID)), "wrong file")))
	w.lift("acme")
	door := w.door
	w.door = &brokenDoor{Door: door, fail: 1, after: true}
	if _, err := w.queueing("acme").Drain(context.Background()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.door = door
	p = w.queueing("acme")
	w.drain(p)
	if again := w.publish(p, many("file", 10)); again.Already {
		t.Errorf("retracted, and cannot be published again: %+v", again.Publication)
	}
}

// What a stop left of a thing that was never accepted is swept away.
func TestWhatWasNeverAcceptedIsSweptAway(t *testing.T) {
	w := newWorld(t, "acme: vendor; trusted")
	p := w.queueing("acme")
	w.bar("acme", waitsForPeers)
	w.say(p, w.flagOf(p, "+8613800138001"))
	if err := w.store.Delete("queue", "00000000000000000001"); err != nil { // as if it had never been written
		t.Fatal(err)
	}
	w.lift("acme")
	p = w.queueing("acme")
	if all := w.drain(p); len(all) != 0 {
		t.Errorf("%+v is said", all)
	}
	err := w.store.List("queued", func(key string, _ []byte) error {
		t.Errorf("%s is left", key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.Publications()
	if err != nil || len(all) != 1 || all[0].State != publication.Closed {
		t.Errorf("%+v, %v", all, err)
	}
}
