package view

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/view/internal/loader"
	"ringfence/store/view/internal/table"
)

// readings counts how often batches are read back.
type readings struct {
	*records
	n int
}

func (r *readings) Batch(c cid.Cid) (feed.Record, bool, error) {
	r.n++
	return r.records.Batch(c)
}

// redone counts the runs of keys of a list that it does not share with an earlier one.
func redone(l, earlier *List) (n int) {
	for _, c := range l.Table.Chunks {
		if !slices.Contains(earlier.Table.Chunks, c) {
			n++
		}
	}
	return n
}

// withTwoKeys gives member a a second issuer, a2, beside what few says.
func withTwoKeys(c *charter.FoundingConfig) {
	few(c)
	for i := range c.Cards {
		if card := &c.Cards[i]; card.ID == "a" {
			card.Issuers = append(card.Issuers, chartertest.Issuer("a2").Public())
			slices.SortFunc(card.Issuers, keys.Public.Compare)
		}
	}
}

// A member can retract one publication, or one batch, as often as it likes. What the first
// retraction reaches is gone through once; a further one that changes nothing reads no
// batch, touches no key and decides about itself alone, whether the first worked at once,
// waits or has come to work.
func TestAFurtherRetractionCostsNothing(t *testing.T) {
	const numbers = 500
	for _, when := range []string{"at once", "waiting", "over"} {
		for _, kind := range []assertion.TargetKind{assertion.TargetPublication, assertion.TargetBatch, assertion.TargetStatement} {
			t.Run(fmt.Sprintf("%s, %d", when, kind), func(t *testing.T) {
				w := newWorld(t, withTwoKeys, "a: operator", "b: operator")
				pub := w.publication()
				var flags []assertion.Statement
				for i := range numbers {
					flags = append(flags, flagged(t, fmt.Sprintf("+8613800138%03d", i), "mkt.retail", 50, -1, -1))
				}
				refs := w.say("a", at(-1), pub, flags...)
				source := &readings{records: &w.records}
				v, b := w.viewOf(Config{State: w.state, Source: source, Day: today, Session: 1}), w.book()
				b.tick(noon)
				if when != "at once" {
					b.anchor(w.head("a"))
					b.tick(noon + 1)
				}
				target := map[assertion.TargetKind][]byte{
					assertion.TargetPublication: pub[:], assertion.TargetBatch: refs[0].Batch.Bytes(), assertion.TargetStatement: refs[0].Bytes(),
				}[kind]
				again := func(member string) {
					w.say(member, at(0), assertion.PublicationID{99}, byTarget("a", retraction(t, kind, target)))
				}
				again("a")
				again("a2")
				if when == "over" {
					b.anchor(w.head("a"), w.head("a2"))
					b.tick(noon + 2)
					b.tick(noon + 2 + 86400)
				}
				w.step(v)
				if got, want := told(t, v, "+8613800138000", 0).Status == Retracted, when != "waiting" || kind == assertion.TargetStatement; got != want {
					t.Fatalf("retracted: %v, want %v", got, want)
				}
				v.w.list.Source = loader.New(source) // which remembers none
				source.n = 0
				runs, reads, claims := 0, 0, 0
				for i := range 50 {
					again([]string{"a", "a2"}[i%2])
					before := v.List()
					_, err := v.Follow()
					must(t, err)
					runs, reads = runs+redone(v.List(), before), reads+source.n
					source.n = 0
					for _, account := range v.w.accounts.All() {
						open, _ := account.Open(false)
						claims += len(open)
					}
				}
				if kind == assertion.TargetStatement { // whose row is found by what it says
					reads = max(reads-50, 0)
				}
				if when == "at once" { // nothing is decided before the first anchor
					claims = 0
				}
				if runs != 0 || reads != 0 || claims != 0 {
					t.Errorf("50 further retractions of %d flags redo %d runs of keys, read %d batches and leave %d to decide; want none", numbers, runs, reads, claims)
				}
				w.everyOrder(v)
			})
		}
	}
}

// byTarget returns a retraction of a member by whatever it names.
func byTarget(member string, s assertion.Statement) assertion.Statement {
	if s.Subject.Kind == assertion.SubjectMember {
		return byMember(member, s)
	}
	return s
}

// A further retraction that works sooner than those before it undoes what they name, and
// touches nothing else, however much there is: in a long table what it names is looked up,
// in a short one, or where its words cannot be read any more, all rows are.
func TestAFurtherRetractionThatWorksSoonerUndoes(t *testing.T) {
	for _, kind := range []assertion.TargetKind{assertion.TargetPublication, assertion.TargetBatch, assertion.TargetStatement} {
		for _, c := range []struct {
			numbers int
			damaged bool
		}{{400, false}, {5000, false}, {5000, true}} {
			t.Run(fmt.Sprintf("%d, %+v", kind, c), func(t *testing.T) {
				w := newWorld(t, withTwoKeys, "a: operator", "b: operator")
				pubs := w.flags("a", 8)
				five := w.records[5].Tip.CID
				target := map[assertion.TargetKind][]byte{
					assertion.TargetPublication: pubs[5][:], assertion.TargetBatch: five.Bytes(), assertion.TargetStatement: append(five.Bytes(), 0, 0),
				}[kind]
				for first := 0; first < c.numbers; first += 2500 {
					var flags []assertion.Statement
					for i := range min(2500, c.numbers) {
						flags = append(flags, flagged(t, fmt.Sprintf("+861390013%04d", first+i), "mkt.retail", 50, -1, -1))
					}
					w.say("b", at(-1), assertion.PublicationID{98}, flags...)
				}
				v, b := w.view(today), w.book()
				b.tick(noon)
				b.anchor(w.head("b"))
				b.tick(noon + 1)
				spent := retraction(t, assertion.TargetStatement, append(w.records[0].Tip.CID.Bytes(), 0, 0)) // the only one that a2 has for the day
				w.say("a2", at(0), w.publication(), spent, byTarget("a", retraction(t, kind, target)))
				held := len(w.records) - 1
				w.step(v)
				if got := undoneOf(w, v, 8); got != "0" {
					t.Fatalf("by another key of its member: %q undone", got)
				}
				w.say("a", at(0), w.publication(), retraction(t, kind, target))
				before, sound := v.List(), w.records[held].Body
				if c.damaged {
					w.records[held].Body = []byte{0xFF}
				}
				v.w.list.Source = loader.New(&w.records)
				_, err := v.Follow()
				must(t, err)
				w.records[held].Body = sound
				if n := redone(v.List(), before); n == 0 || n > 2 {
					t.Errorf("%d of %d runs of keys are redone for one number", n, len(v.List().Table.Chunks))
				}
				v.w.list.Source = loader.New(&w.records)
				if got := undoneOf(w, v, 8); got != "05" {
					t.Fatalf("by its own key: %q undone", got)
				}
				w.step(v)
			})
		}
	}
}

// A retraction reaches what comes under its target later, also when it was said again in
// between, and what a batch says that came before both.
func TestWhatComesLaterIsUndoneByAllThatRetractedIt(t *testing.T) {
	w := newWorld(t, withTwoKeys, "a: operator", "b: operator")
	pub := assertion.PublicationID{97}
	w.say("a", at(-2), pub, flagged(t, "+8613800138000", "mkt.retail", 50, -2, -2))
	v := w.view(today)
	whole := func(m string) {
		w.say(m, at(-1), w.publication(), byMember("a", retraction(t, assertion.TargetPublication, pub[:])))
	}
	whole("a2")
	w.say("a", at(-1), pub, flagged(t, "+8613800138001", "mkt.retail", 50, -2, -2))
	whole("a2")
	whole("a")
	w.say("a", at(-1), pub, flagged(t, "+8613800138002", "mkt.retail", 50, -2, -2))
	whole("a")
	w.everyOrder(v)
	if got := undoneOf(w, v, 3); got != "012" {
		t.Errorf("%q undone, want all", got)
	}
	var counted []uint32
	for _, u := range v.List().Undo.All {
		if v.List().Speakers[u.Speaker].Key == chartertest.Issuer("a").Public() {
			counted = append(counted, u.Own)
		}
	}
	if !slices.Equal(counted, []uint32{2, 3}) {
		t.Errorf("they undo %d flags of their own feed, want 2 and 3", counted)
	}
}

// What a retraction undoes is counted alike where a batch of it is damaged: else it would
// work at once here, while it waits everywhere else.
func TestARetractionWaitsAllTheSameWhereItsBatchIsDamaged(t *testing.T) {
	for _, kind := range []assertion.TargetKind{assertion.TargetPublication, assertion.TargetBatch} {
		w := newWorld(t, few, "a: operator", "b: operator")
		pub := assertion.PublicationID{96}
		var flags []assertion.Statement
		for i := range 6 {
			flags = append(flags, flagged(t, fmt.Sprintf("+861380013800%d", i), "mkt.retail", 50, -1, -1))
		}
		flags = append(flags, flagged(t, "+861390013*/13", "mkt.retail", 50, -1, -1))
		refs := w.say("a", at(-1), pub, flags...)
		v, b := w.view(today), w.book()
		b.tick(noon)
		b.anchor(w.head("a"))
		b.tick(noon + 1)
		w.step(v)
		sound := w.records[0].Body
		w.records[0].Body = []byte{0xFF}
		v.w.list.Source = loader.New(w.records)
		target := pub[:]
		if kind == assertion.TargetBatch {
			target = refs[0].Batch.Bytes()
		}
		for range 2 {
			w.say("a", at(0), w.publication(), retraction(t, kind, target))
		}
		_, err := v.Follow()
		must(t, err)
		w.records[0].Body = sound
		v.w.list.Source = loader.New(w.records)
		if got := undoneOf(w, v, 6); got != "" {
			t.Errorf("%q are retracted at once, as four times the share is not", got)
		}
		for _, u := range v.List().Undo.All {
			if u.Own != 7 {
				t.Errorf("it is counted to undo %d flags, want 7", u.Own)
			}
		}
		w.step(v)
		b.anchor(w.head("a"))
		b.tick(noon + 2)
		b.tick(noon + 2 + 86400)
		w.everyOrder(v)
		if got := undoneOf(w, v, 6); got != "012345" {
			t.Errorf("%q are retracted after the wait", got)
		}
	}
}

// A node that had what was said counts what is retracted again as one that only ever had
// it without its opening.
func TestARepeatedRetractionCountsWhatWasErased(t *testing.T) {
	w := newWorld(t, few, "a: operator", "b: operator")
	pub := assertion.PublicationID{95}
	for range 2 {
		w.say("a", at(-9), pub, flagged(t, "+8613800138000", "mkt.retail", 50, -9, -9), flagged(t, "+8613800138001", "mkt.retail", 50, -9, -9))
	}
	w.say("a", at(-9), w.publication(), retraction(t, assertion.TargetPublication, pub[:]))
	w.say("a", at(0), w.publication(), retraction(t, assertion.TargetPublication, pub[:]))
	erased := slices.Clone(w.records)
	for i := range erased[:2] {
		slots, err := assertion.DecodeSlots(erased[i].Body)
		must(t, err)
		for k := range slots {
			slots[k] = slots[k].Erase()
		}
		erased[i].Body, err = assertion.EncodeSlots(slots)
		must(t, err)
	}
	for what, source := range map[string]records{"whole": w.records, "erased": erased} {
		v := w.viewOf(Config{State: w.state, Source: source, Day: today, Session: 1})
		for _, u := range v.List().Undo.All {
			if u.Own != 4 {
				t.Errorf("%s: it is counted to undo %d flags, want 4", what, u.Own)
			}
		}
	}
}

// Whether a preview is asked before or after a retraction that waits, it tells what would
// be undone by another.
func TestPreviewOfAFurtherRetraction(t *testing.T) {
	w := newWorld(t, withTwoKeys, "a: operator; trusted", "b: operator")
	pub := assertion.PublicationID{94}
	w.say("a", at(-1), pub, flagged(t, "+8613800138000", "mkt.retail", 50, -1, -1), flagged(t, "+8613800138001", "mkt.retail", 50, -1, -1))
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.anchor(w.head("a"))
	b.tick(noon + 1)
	w.say("a2", at(0), w.publication(), byMember("a", retraction(t, assertion.TargetPublication, pub[:])))
	w.step(v)
	before := v.List()
	p, err := v.Preview(chartertest.Issuer("a").Public(), noon, w.publication(), []assertion.Statement{byMember("a", retraction(t, assertion.TargetPublication, pub[:]))})
	must(t, err)
	if p.Undone != 2 || len(p.Changes) != 2 {
		t.Errorf("%d statements would be undone and %d entries change, want 2 and 2", p.Undone, len(p.Changes))
	}
	before.Table.Each(func(_ *table.Place, r *table.Row) {
		if before.Undone(r) {
			t.Error("the preview undid it")
		}
	})
	w.everyOrder(v)
}

// Heads that were proposed and came to nothing leave nothing in what a repeated retraction
// counts.
func TestARepeatedRetractionCountsNothingOfAProposalThatCameToNothing(t *testing.T) {
	w := newWorld(t, few, "a: operator", "b: operator")
	pub := assertion.PublicationID{93}
	one := func(i int) assertion.Statement {
		return flagged(t, fmt.Sprintf("+861380013800%d", i), "mkt.retail", 50, -1, -1)
	}
	w.say("a", at(-1), pub, one(0), one(1))
	w.say("a", at(0), w.publication(), retraction(t, assertion.TargetPublication, pub[:]))
	b := w.book()
	b.tick(noon)
	b.anchor(w.head("a"))
	b.tick(noon + 1)
	v := w.viewOf(Config{State: w.state, Source: &w.records, Day: today, Session: 1, Anchored: true})
	must(t, v.Enact(b.pieces...))
	w.say("a", at(0), pub, one(2), one(3))
	for range 3 {
		_, err := v.BringTo([]motion.AnchoredHead{w.head("a")})
		must(t, err)
		before := len(b.pieces)
		b.tick(noon + 2)
		must(t, v.Enact(b.pieces[before:]...))
	}
	w.say("a", at(0), w.publication(), retraction(t, assertion.TargetPublication, pub[:]))
	_, err := v.BringTo([]motion.AnchoredHead{w.head("a")})
	must(t, err)
	all := v.List().Undo.All
	if len(all) != 2 || all[0].Own != 2 || all[1].Own != 4 {
		t.Errorf("%+v: want 2 flags counted and then 4", all)
	}
}
