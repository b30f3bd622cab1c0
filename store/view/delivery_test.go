package view

import (
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter/chartertest"
)

// What a member published is told by its statements: how many, since when, and how many
// of them are retracted, a statement about several keys once; and
// nothing of anybody else's.
func TestDeliveriesAreToldByTheirStatements(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "other: vendor; trusted")
	first, second := w.publication(), w.publication()
	refs := w.say("list", at(-5), first, flagged(t, mobileA, "mkt.retail", 50, -5, -5), flagged(t, "+8613800138*", "mkt.retail", 50, -5, -5))
	w.say("list", at(-4), first, flagged(t, mobileB, "mkt.retail", 50, -4, -4))
	w.say("list", at(-4), second, flagged(t, mobileB, "mkt.hr", 50, -4, -4))
	w.say("other", at(-4), first, flagged(t, mobileB, "mkt.hr", 50, -4, -4))
	w.say("list", at(-3), w.publication(), retraction(t, assertion.TargetStatement, refs[1].Bytes()))
	w.say("list", at(-2), w.publication(), retraction(t, assertion.TargetPublication, second[:]))
	list, _ := w.state.MemberByID("list")
	all := w.view(today).Deliveries(list)
	if len(all) != 4 {
		t.Fatalf("%d deliveries, want two and two retractions", len(all))
	}
	one, other := all[0], all[1]
	if one.ID != first || one.Statements != 3 || one.Retracted != 1 || one.Dead || one.Begun != at(-5) || one.Ended != at(-4) ||
		one.Issuer != chartertest.Issuer("list").Public() || one.First().Ref != refs[0] {
		t.Errorf("%+v", one)
	}
	if other.ID != second || other.Statements != 1 || other.Retracted != 1 || !other.Dead {
		t.Errorf("%+v", other)
	}
}
