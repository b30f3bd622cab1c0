package publish

import (
	"testing"

	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/taxonomy"
)

// The list's day is the ledger's, which stands still where the regulators have no quorum.
// What is said meanwhile, by hand or from a file, counts at once all the same, and so does
// what undoes it.
func TestWhatIsSaidCountsWhereTheLedgersDayStandsStill(t *testing.T) {
	w := newWorld(t, "op: operator")
	p := w.publisher("op")
	w.now = noon + 3*hand.SecondsPerDay
	const byHand, fromFile = "+12025550123", "+12025550124"
	flag := handFlag(t, byHand, "crm.spoof")
	flag.SeenTo = w.now - 60
	said := w.say(p, drafted(w.terms(p).Flag(flag)))
	w.publish(p, delivery("today.csv", draft(t, fromFile, "crm.spoof", 90, -3)))
	for _, n := range []string{byHand, fromFile} {
		if e := w.entry(n); e.Action != taxonomy.Label {
			t.Errorf("three days ahead of the list %s is told as %+v", n, e)
		}
	}
	w.say(p, drafted(w.terms(p).Retract(hand.Statement(said.Statements[0]), "a mistake")))
	if e := w.entry(byHand); e.Action == taxonomy.Label {
		t.Errorf("retracted, it is told as %+v", e)
	}
	w.say(p, drafted(w.terms(p).Block(hand.Block{Key: flag.Key, Category: flag.Category, Reason: "asked", Scope: assertion.ScopeAsk})))
	if e := w.entry(byHand); e.Action != taxonomy.Label {
		t.Errorf("a block that asks is told as %+v", e)
	}
	if s, ok := w.standing("op", fromFile, "crm.spoof"); !ok || taxonomy.DayOf(s.Statement.Effective) != today || s.Statement.ObservedTo != noon+3*hand.SecondsPerDay {
		t.Errorf("it says %+v", s.Statement)
	}
}
