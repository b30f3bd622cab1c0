package view

import (
	"fmt"
	"slices"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

// few is a policy by which an issuer undoes at most three of its own a day, and one
// single statement of its member's other feeds.
func few(c *charter.FoundingConfig) {
	c.Policy.RetractShare, c.Policy.RetractShareMin, c.Policy.RetractAcross = 100, 3, 1
}

// undone tells which of the numbers +8613800138000 and on are retracted.
func undoneOf(w *world, v *View, numbers int) string {
	w.t.Helper()
	out := ""
	for i := range numbers {
		if told(w.t, v, fmt.Sprintf("+861380013800%d", i), 0).Status == Retracted {
			out += fmt.Sprint(i)
		}
	}
	return out
}

func (w *world) flags(member string, numbers int) (refs []assertion.PublicationID) {
	for i := range numbers {
		pub := w.publication()
		w.say(member, at(-1), pub, flagged(w.t, fmt.Sprintf("+861380013800%d", i), "mkt.retail", 50, -1, -1))
		refs = append(refs, pub)
	}
	return refs
}

func TestRetractionsBeyondTheShareWait(t *testing.T) {
	w := newWorld(t, few, "a: operator", "b: operator")
	pubs := w.flags("a", 8)
	w.say("b", at(-1), w.publication(), flagged(t, "+8613800138009", "mkt.retail", 50, -1, -1))
	v, b := w.view(today), w.book()
	undo := func(some ...int) {
		for _, i := range some {
			w.say("a", at(0), w.publication(), retraction(t, assertion.TargetPublication, pubs[i][:]))
		}
	}
	expect := func(what, want string) {
		t.Helper()
		w.everyOrder(v)
		if got := undoneOf(w, v, 8); got != want {
			t.Fatalf("%s: %q retracted, want %q", what, got, want)
		}
	}
	b.tick(noon)
	undo(0, 1, 2, 3)
	expect("while there is no anchor", "0123")
	b.anchor(w.head("a"))
	b.tick(noon + 1)
	expect("what the first anchor covers", "0123")
	undo(4, 5, 6, 7)
	expect("three a day", "0123456")
	b.anchor(w.head("a"))
	b.tick(noon + 2)
	expect("anchored, held", "0123456")
	b.tick(noon + 2 + 86399)
	expect("a second early", "0123456")
	b.tick(noon + 2 + 86400)
	expect("24 hours from its anchor", "01234567")
}

// What the first anchor does not cover waits from then on.
func TestFirstAnchorBeginsTheShare(t *testing.T) {
	w := newWorld(t, few, "a: operator", "b: operator")
	pubs := w.flags("a", 6)
	v, b := w.view(today), w.book()
	b.tick(noon)
	heads := w.head("a")
	for _, p := range pubs {
		w.say("a", at(0), w.publication(), retraction(t, assertion.TargetPublication, p[:]))
	}
	if w.step(v); undoneOf(w, v, 6) != "012345" {
		t.Fatalf("before any anchor: %q", undoneOf(w, v, 6))
	}
	b.anchor(heads)
	b.tick(noon + 1)
	w.everyOrder(v)
	if got := undoneOf(w, v, 6); got != "012" {
		t.Fatalf("behind the first anchor: %q", got)
	}
	b.tick(at(1)) // what is not anchored counts on the current day
	b.anchor(w.head("a"))
	b.tick(at(1) + 1)
	b.tick(at(2))
	w.everyOrder(v)
	if got := undoneOf(w, v, 6); got != "012" {
		t.Fatalf("a day behind: %q", got)
	}
	b.tick(at(2) + 1)
	w.everyOrder(v)
	if got := undoneOf(w, v, 6); got != "012345" {
		t.Fatalf("after the wait: %q", got)
	}
}

func TestRetractionsAcrossFeedsWait(t *testing.T) {
	second := chartertest.Key("issuer", "a2")
	w := newWorld(t, func(c *charter.FoundingConfig) {
		few(c)
		for i := range c.Cards {
			if c.Cards[i].ID == "a" {
				c.Cards[i].Issuers = append(c.Cards[i].Issuers, second.Public())
				slices.SortFunc(c.Cards[i].Issuers, keys.Public.Compare)
			}
		}
	}, "a: operator", "b: operator")
	pubs := w.flags("a", 4)
	batches := w.records[:4]
	w.say("b", at(-1), w.publication(), flagged(t, "+8613800138009", "mkt.retail", 50, -1, -1))
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.anchor(w.head("b"))
	b.tick(noon + 1)
	single := func(i int) { // by the second key, of what the first said
		target := append(batches[i].Tip.CID.Bytes(), 0, 0)
		w.say("a2", at(0), w.publication(), retraction(t, assertion.TargetStatement, target))
	}
	single(0)
	single(1)
	w.say("a2", at(0), w.publication(), byMember("a", retraction(t, assertion.TargetBatch, batches[2].Tip.CID.Bytes())))
	w.say("a2", at(0), w.publication(), byMember("a", retraction(t, assertion.TargetPublication, pubs[3][:])))
	w.everyOrder(v)
	if got := undoneOf(w, v, 4); got != "0" {
		t.Fatalf("one single statement a day: %q", got)
	}
	// Its own issuer undoes at once what the other's retraction waits for.
	w.say("a", at(0), w.publication(), retraction(t, assertion.TargetPublication, pubs[2][:]))
	w.everyOrder(v)
	if got := undoneOf(w, v, 4); got != "02" {
		t.Fatalf("by its own issuer: %q", got)
	}
	b.anchor(w.head("a2"))
	b.tick(noon + 2)
	b.tick(noon + 2 + 86400)
	w.everyOrder(v)
	if got := undoneOf(w, v, 4); got != "0123" {
		t.Fatalf("after the wait: %q", got)
	}
}

// Saying a retraction that waits a second time, in the same words or in others, in one
// batch or in another, does not free it: whoever stole a key would only have to stammer.
func TestARetractionSaidTwiceWaitsAllTheSame(t *testing.T) {
	for _, how := range []string{"in the next batch", "in one batch", "one by one", "its batch"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, few, "a: operator", "b: operator")
			pubs := w.flags("a", 8)
			batch := w.records[7].Tip.CID.Bytes()
			v, b := w.view(today), w.book()
			b.tick(noon)
			b.anchor(w.head("a"))
			b.tick(noon + 1)
			whole := func(i int) assertion.Statement {
				return retraction(t, assertion.TargetPublication, pubs[i][:])
			}
			w.say("a", at(0), w.publication(), whole(0), whole(1), whole(2)) // the share of a day
			again := whole(7)
			switch how {
			case "one by one":
				again = retraction(t, assertion.TargetStatement, append(batch, 0, 0))
			case "its batch":
				again = retraction(t, assertion.TargetBatch, batch)
			}
			if how == "in one batch" {
				w.say("a", at(0), w.publication(), whole(7), again)
			} else {
				w.say("a", at(0), w.publication(), whole(7))
				w.say("a", at(0), w.publication(), again)
			}
			b.anchor(w.head("a"))
			b.tick(noon + 2)
			w.everyOrder(v)
			if got := undoneOf(w, v, 8); got != "012" {
				t.Errorf("%q retracted, want \"012\"", got)
			}
			b.tick(noon + 2 + 86400)
			w.everyOrder(v)
			if got := undoneOf(w, v, 8); got != "0127" {
				t.Errorf("after the wait: %q retracted", got)
			}
		})
	}
}

// A batch that retracts one target many times costs what one retraction of it does: four
// thousand times all that a member ever said would be more than any node can hold.
func TestATargetThatABatchRetractsOftenIsUndoneOnce(t *testing.T) {
	w := newWorld(t, few, "a: operator", "b: operator")
	pub := w.publication()
	refs := w.say("a", at(-1), pub, flagged(t, "+8613800138000", "mkt.retail", 50, -1, -1), flagged(t, "+8613800138001", "mkt.retail", 50, -1, -1))
	w.say("b", at(-1), w.publication(), flagged(t, "+8613800138009", "mkt.retail", 50, -1, -1))
	theirs := retraction(t, assertion.TargetBatch, w.records[1].Tip.CID.Bytes())
	whole, batch, one := retraction(t, assertion.TargetPublication, pub[:]), retraction(t, assertion.TargetBatch, refs[0].Batch.Bytes()), retraction(t, assertion.TargetStatement, refs[0].Bytes())
	var said []assertion.Statement
	for range 100 {
		said = append(said, whole, batch, one, theirs)
	}
	w.say("a", at(0), w.publication(), said...)
	v := w.view(today)
	for i, want := range []int{3, 2} {
		_, rows := v.List().Table.Find(num(t, fmt.Sprintf("+861380013800%d", i)).Range())
		n := 0
		v.List().Undo.Each(rows[0].UndoneBy, func(uint32) bool { n++; return true })
		if n != want || len(v.List().Undo.All) != 400 {
			t.Errorf("number %d is undone by %d of %d retractions, want %d", i, n, len(v.List().Undo.All), want)
		}
	}
	if got := told(t, v, "+8613800138009", 0).Status; got == Retracted {
		t.Error("what is another's is retracted")
	}
}
