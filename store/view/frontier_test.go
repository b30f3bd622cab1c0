package view

import (
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

// How much a node holds of a frozen epoch is no part of the digest; that it is
// frozen is.
func TestFrontierOfAFrozenEpoch(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "list2: vendor; trusted")
	w.say("list2", at(-3), w.publication(), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
	before := slices.Clone(w.records)
	w.say("list", at(-2), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -1, -1))
	frozen := []FeedEpoch{{Issuer: chartertest.Issuer("list").Public()}}
	digest := func(held records, frozen []FeedEpoch) string {
		v := w.viewOf(Config{State: w.state, Source: held, Day: today, Frozen: frozen})
		return new(Frontier).Digest(v.List()).String()
	}
	if digest(before, frozen) != digest(w.records, frozen) {
		t.Error("what is held of a frozen epoch shows")
	}
	if digest(before, frozen) == digest(before, nil) {
		t.Error("that an epoch is frozen does not show")
	}
}
