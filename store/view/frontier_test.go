package view

import (
	"bytes"
	"slices"
	"testing"

	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
)

// Two nodes that have made their lists of the same evidence have one digest,
// in whatever order it came; each further batch changes it.
func TestFrontierDigest(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "list2: vendor; trusted")
	for i := range 3 {
		w.say("list", at(i-3), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -1, -1))
		w.say("list2", at(i-3), w.publication(), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
	}
	var follower Frontier
	v := w.view(today)
	want := follower.Digest(v.List())
	apart := slices.Clone(w.records)
	slices.SortStableFunc(apart, func(a, b feed.Record) int { return b.Issuer.Compare(a.Issuer) })
	other := w.viewOf(Config{State: w.state, Source: apart, Day: today + 1, Session: 7})
	if got := new(Frontier).Digest(other.List()); got != want {
		t.Error("another order gives another digest")
	}
	w.say("list", at(0), w.publication(), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
	v.cfg.Source, v.w.cfg.Source = w.records, w.records
	if _, err := v.Follow(); err != nil {
		t.Fatal(err)
	}
	after := follower.Digest(v.List())
	if after == want {
		t.Error("a further batch changes nothing")
	}
	if fresh := new(Frontier).Digest(v.List()); fresh != after {
		t.Error("a frontier that followed differs from one that began here")
	}
	if follower.Digest(other.List()) != want {
		t.Error("a frontier does not begin anew with another session")
	}
}

// How much a node holds of a frozen epoch is no part of the digest, nor of what the
// list is said to stand on; that it is frozen is.
func TestFrontierOfAFrozenEpoch(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "list2: vendor; trusted")
	w.say("list2", at(-3), w.publication(), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
	before := slices.Clone(w.records)
	nonsense := flagged(t, "+8613800138009", "mkt.retail", 50, -1, -1)
	nonsense.Expires = nonsense.Effective
	w.say("list", at(-2), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -1, -1), nonsense)
	frozen := []FeedEpoch{{Issuer: chartertest.Issuer("list").Public()}}
	list := func(held records, frozen []FeedEpoch) *List {
		return w.viewOf(Config{State: w.state, Source: held, Day: today, Frozen: frozen}).List()
	}
	digest := func(held records, frozen []FeedEpoch) string {
		return new(Frontier).Digest(list(held, frozen)).String()
	}
	if digest(before, frozen) != digest(w.records, frozen) {
		t.Error("what is held of a frozen epoch shows")
	}
	if digest(before, frozen) == digest(before, nil) {
		t.Error("that an epoch is frozen does not show")
	}
	want := list(before, frozen).Counts()
	if want.Batches != 1 || want.Statements != 1 || want.Keys != 1 {
		t.Errorf("without the frozen epoch: %+v", want)
	}
	more := w.viewOf(Config{State: w.state, Source: w.records, Day: today, Frozen: frozen})
	var saved bytes.Buffer
	must(t, more.Save(&saved))
	restored, err := Load(Config{State: w.state, Source: w.records, Day: today, Frozen: frozen}, saved.Bytes())
	must(t, err)
	for name, l := range map[string]*List{"held": more.List(), "from a snapshot": restored.List()} {
		got := l.Counts()
		if got.Suspended != 2 {
			t.Errorf("%s: %d statements are suspended, want what counted and what was void anyway", name, got.Suspended)
		}
		if got.Suspended = 0; got != want {
			t.Errorf("%s: %+v, want %+v whatever is held of a frozen epoch", name, got, want)
		}
	}
}
