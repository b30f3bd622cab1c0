package view

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// anchoredView stands at what the ledger anchored.
func (w *world) anchoredView() *View {
	return w.viewOf(Config{State: w.state, Source: &w.records, Day: today, Session: 5, Anchored: true})
}

// A view at an anchor's heads has the list of one that never held more, whatever lies
// beyond, and goes on from anchor to anchor.
func TestAnchoredViewStandsAtTheHeads(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	v, b := w.anchoredView(), w.book()
	b.tick(noon)
	must(t, v.Enact(b.pieces...))
	for round := range 3 {
		trusted(t, w, fmt.Sprintf("+861380013800%d", round), "a", "b")
		heads := []motion.AnchoredHead{w.head("a"), w.head("b")}
		only := w.viewOf(Config{State: w.state, Source: w.records, Day: today, Session: 1})
		must(t, only.Enact(b.pieces...))
		trusted(t, w, fmt.Sprintf("+861380013801%d", round), "a", "b") // beyond the heads
		got, err := v.BringTo(heads)
		must(t, err)
		sameList(t, "at the heads", v.List(), only.List())
		if got != only.List().Stamp().Root || v.List().Counts().Batches != 4*round+2 {
			t.Fatalf("root %s, want %s; %d batches", got, only.List().Stamp().Root, v.List().Counts().Batches)
		}
		if _, err := v.BringTo([]motion.AnchoredHead{w.headAt("a", w.records[0].Tip)}); round > 0 && !errors.Is(err, ErrPast) {
			t.Fatalf("brought back: %v", err)
		}
		from := len(b.pieces)
		b.anchor(w.head("a"), w.head("b")) // further than those heads
		b.tick(noon + int64(round) + 1)
		must(t, v.Enact(b.pieces[from:]...))
		fresh := w.anchoredView()
		must(t, fresh.Enact(b.pieces...))
		sameList(t, "followed and at once", v.List(), fresh.List())
		if v.List().Counts().Batches != len(w.records) {
			t.Fatalf("%d of %d batches", v.List().Counts().Batches, len(w.records))
		}
	}
}

func TestAnchoredViewRefusesHeadsThatAreNotHeld(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	v, b := w.anchoredView(), w.book()
	b.tick(noon)
	must(t, v.Enact(b.pieces...))
	trusted(t, w, "+8613800138000", "a", "b")
	ahead, other := w.head("a"), w.head("a")
	ahead.Sequence++
	other.Digest[0] ^= 1
	if _, err := v.BringTo([]motion.AnchoredHead{w.head("b"), ahead}); !errors.Is(err, ErrLacking) {
		t.Fatalf("a head that is not held: %v", err)
	}
	if _, err := v.BringTo([]motion.AnchoredHead{other}); err == nil {
		t.Fatal("another batch passes for a head")
	}
	if n := v.List().Counts().Batches; n != 0 {
		t.Fatalf("%d batches after heads that were refused", n)
	}
	if _, err := v.BringTo([]motion.AnchoredHead{w.head("a"), w.head("b")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.view(today).BringTo(nil); err == nil {
		t.Fatal("a view that follows all stands at heads")
	}
}

// An anchor that was proposed and came to nothing leaves no trace: the next heads, above or
// below, on another branch or of other feeds, give the root of a view that never heard of
// it, and so does the ledger when it goes on.
func TestAnchoredViewGoesBack(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator", "c: operator")
	trusted(t, w, "+8613800138000", "a", "b", "c")
	b := w.book()
	b.tick(noon)
	b.anchor(w.head("a"), w.head("b"))
	b.tick(noon + 1)
	pub := w.publication()
	w.say("a", at(-1), pub, flagged(t, "+8613800138001", "mkt.retail", 50, -1, -1))
	low := w.head("a")
	w.say("a", at(-1), w.publication(), retraction(t, assertion.TargetPublication, pub[:]), flagged(t, "+8613800138000", "har.silent", 50, -1, -1))
	high := w.head("a")
	w.returnTo("a", 3)
	trusted(t, w, "+8613800138002", "a")
	other := w.head("a")
	trusted(t, w, "+8613800138003", "b", "c")
	fresh := func(heads ...motion.AnchoredHead) *View {
		v := w.anchoredView()
		must(t, v.Enact(b.pieces...))
		if _, err := v.BringTo(heads); err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := w.anchoredView()
	must(t, v.Enact(b.pieces...))
	proposals := [][]motion.AnchoredHead{{high}, {low}, {w.head("b")}, {low}, {high, w.head("b")}, {other}, {high}, nil, {w.head("c"), low}, {w.head("c"), high}, {low}}
	var seen []*List
	var digests [][]byte
	for i, heads := range proposals {
		root, err := v.BringTo(heads)
		must(t, err)
		want := fresh(heads...).List()
		sameList(t, fmt.Sprintf("proposal %d", i), v.List(), want)
		if root != want.Stamp().Root || v.List().Counts() != want.Counts() {
			t.Fatalf("proposal %d: root %s, %+v, want %s, %+v", i, root, v.List().Counts(), want.Stamp().Root, want.Counts())
		}
		seen, digests = append(seen, v.List()), append(digests, digest(v.List()))
		var file bytes.Buffer
		must(t, v.Save(&file))
		loaded, err := Load(Config{State: b.state, Source: &w.records, Session: 4, Anchored: true}, file.Bytes())
		must(t, err)
		sameList(t, fmt.Sprintf("saved after proposal %d", i), loaded.List(), fresh().List())
	}
	for i, l := range seen {
		if !bytes.Equal(digest(l), digests[i]) || l.Counts().Batches != fresh(proposals[i]...).List().Counts().Batches {
			t.Errorf("the list at proposal %d, which a reader holds, has changed", i)
		}
	}
	ahead := low
	ahead.Sequence += 9
	if _, err := v.BringTo([]motion.AnchoredHead{ahead}); !errors.Is(err, ErrLacking) {
		t.Fatalf("heads that are not held: %v", err)
	}
	from := len(b.pieces)
	b.tick(noon + 9)
	must(t, v.Enact(b.pieces[from:]...))
	sameList(t, "the ledger went on", v.List(), fresh().List())
	b.anchor(other, w.head("b"))
	must(t, v.Enact(b.pieces[from+1:]...))
	sameList(t, "another anchor was enacted", v.List(), fresh().List())
}

// BenchmarkBringTo brings a view of 240,000 entries to heads with a batch more.
func BenchmarkBringTo(b *testing.B) {
	w := newWorld(b, nil, "a: vendor; trusted", "b: operator")
	for first := 0; first < 240_000; first += 4000 {
		var say []assertion.Statement
		for i := range 4000 {
			say = append(say, flagged(b, fmt.Sprintf("+8613%09d", (first+i)*7919%1_000_000_000), "mkt.retail", 50, -1, -1))
		}
		w.say("a", at(-1), w.publication(), say...)
	}
	v, ledger := w.anchoredView(), w.book()
	ledger.tick(noon)
	ledger.anchor(w.head("a"))
	ledger.tick(noon + 1)
	must(b, v.Enact(ledger.pieces...))
	if n := v.List().Counts().Entries; n != 240_000 {
		b.Fatalf("%d entries", n)
	}
	var root merkle.Hash
	for i := 0; b.Loop(); i++ {
		var say []assertion.Statement
		for k := range 1000 {
			say = append(say, flagged(b, fmt.Sprintf("+8613%09d", (i*1000+k)*104_729%1_000_000_000), "har.silent", 50, -1, -1))
		}
		b.StopTimer()
		w.say("b", at(-1), w.publication(), say...)
		heads := []motion.AnchoredHead{w.head("b")}
		b.StartTimer()
		got, err := v.BringTo(heads)
		must(b, err)
		if got == root {
			b.Fatal("nothing changed")
		}
		root = got
	}
}
