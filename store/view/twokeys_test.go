package view

import (
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
)

// twoKeys is a world in which b, who serves a range, speaks by two keys.
func twoKeys(t *testing.T) *world {
	return newWorld(t, func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "b", "", ""))
		for i := range c.Cards {
			if card := &c.Cards[i]; card.ID == "b" {
				card.Issuers = append(card.Issuers, chartertest.Issuer("b2").Public())
			}
		}
	}, "a: operator", "b: operator")
}

// A publication that two keys of its member retract is gone as soon as one of the
// retractions works, also where the one that waits came first.
func TestOrderOfArrivalOfTwoRetractionsOfAPublication(t *testing.T) {
	w := twoKeys(t)
	pub := w.publication()
	v, b := w.view(today), w.book()
	b.tick(noon)
	w.say("a", at(-2), w.publication(), flagged(t, "+8613800138009", "har.silent", 9, -2, -2))
	b.anchor(w.head("a")) // from here on retractions across feeds wait
	b.tick(noon + 1)
	w.say("b", at(-2), pub, flagged(t, "+8613800138000", "mkt.retail", 50, -2, -2))
	w.say("b2", at(-1), w.publication(), byMember("b", retraction(t, assertion.TargetPublication, pub[:])))
	if w.everyOrder(v); b.says(v, "+8613800138000") != "label:mkt.retail " {
		t.Fatalf("retracted across feeds, which waits: %s", b.says(v, "+8613800138000"))
	}
	w.say("b", at(-1), w.publication(), retraction(t, assertion.TargetPublication, pub[:]))
	if w.everyOrder(v); b.says(v, "+8613800138000") != "- " {
		t.Fatalf("retracted by the feed itself too: %s", b.says(v, "+8613800138000"))
	}
}

// An answer that waits for its contest is undone by a retraction in the contest's batch.
func TestOrderOfArrivalOfAnAnswerRetractedWithItsContest(t *testing.T) {
	w := twoKeys(t)
	pub := w.publication()
	contest := w.say("b2", at(-1), w.publication(), contested(t, "+8613800138000"), byMember("b", retraction(t, assertion.TargetPublication, pub[:])))[0]
	w.say("b", at(-1), pub, answered(t, contest, true))
	v := w.view(today)
	w.book().tick(noon)
	w.everyOrder(v)
	for _, reversed := range []bool{false, true} {
		held := w.records
		if reversed {
			held = records{w.records[1], w.records[0]}
		}
		one := w.viewOf(Config{State: w.state, Source: held, Day: today, Session: 1})
		for _, told := range one.List().Explain(num(t, "+8613800138000")).Keys[0].Told {
			if told.Statement.Kind == assertion.KindAnswer && told.Status != Retracted {
				t.Errorf("answer first %v: the answer is %v", reversed, told.Status)
			}
		}
	}
}
