package view

import (
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
)

func ported(t testing.TB, subject, from, to string, days int) assertion.Statement {
	t.Helper()
	s := about(t, subject, assertion.KindPort)
	must(t, s.SetBody(assertion.Port{From: from, To: to, Date: at(days)}))
	return s
}

// reassigns tells which of the reassigns of a number are void for want of a holder: by
// the order of what was said.
func (w *world) reassigns(v *View, number string) (out string) {
	w.t.Helper()
	said := make(map[string]string)
	for _, told := range v.List().Explain(num(w.t, number)).Keys[0].Told {
		if told.Statement.Kind != assertion.KindReassign {
			continue
		}
		member := v.List().State().Member(told.Member).ID
		said[member] += map[Reason]string{NotVoid: "+", ReasonNotHolder: "-"}[told.Reason]
	}
	for _, m := range []string{"l", "g", "h"} {
		out += m + said[m] + " "
	}
	return out
}

func porting(t testing.TB) (*world, *View, *book) {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "x", "", "l"))
	}, "x: operator", "l: operator", "g: operator", "h: operator")
	v, b := w.view(today), w.book()
	b.tick(noon)
	return w, v, b
}

// A confirmation alone, anchored before the port that it confirms, changes nothing yet.
func TestPortCountsWhenBothAreAnchored(t *testing.T) {
	const number = "+8613800138000"
	w, v, b := porting(t)
	w.say("l", at(-2), w.publication(), ported(t, number, "l", "g", -2))
	b.anchor(w.head("l"))
	w.say("g", at(-2), w.publication(), ported(t, number, "l", "g", -2), reassigned(t, number, -2))
	w.everyOrder(v)
	if got := w.reassigns(v, number); got != "l g- h " {
		t.Fatalf("the port is not anchored: %s", got)
	}
	b.anchor(w.head("g"))
	w.everyOrder(v)
	if got := w.reassigns(v, number); got != "l g+ h " {
		t.Fatalf("both are: %s", got)
	}
}

// Who serves a number is who ported it, once that is confirmed and anchored. A batch
// anchored earlier is judged as things stood then.
func TestPortChangesTheServer(t *testing.T) {
	const number = "+8613800138000"
	w, v, b := porting(t)
	expect := func(what, want string) {
		t.Helper()
		w.everyOrder(v)
		if got := w.reassigns(v, number); got != want {
			t.Fatalf("%s: %s, want %s", what, got, want)
		}
	}
	w.say("l", at(-3), w.publication(), reassigned(t, number, -3))
	w.say("g", at(-3), w.publication(), reassigned(t, number, -3))
	expect("by the grant", "l+ g- h ")
	w.say("g", at(-2), w.publication(), ported(t, number, "l", "g", -2))
	b.anchor(w.head("g"), w.head("l"))
	expect("not confirmed", "l+ g- h ")
	w.say("g", at(-2), w.publication(), reassigned(t, number, -2))
	w.say("l", at(-2), w.publication(), ported(t, number, "l", "g", -2))
	expect("confirmed, not anchored", "l+ g-- h ")
	b.anchor(w.head("l"))
	expect("confirmed and anchored: what was anchored before stays as it was judged", "l+ g-+ h ")
	w.say("h", at(-1), w.publication(), ported(t, number, "l", "h", -1))
	w.say("l", at(-1), w.publication(), ported(t, number, "l", "h", -1))
	w.say("h", at(-1), w.publication(), reassigned(t, number, -1))
	b.anchor(w.head("h"), w.head("l"))
	expect("by one that does not serve it any more", "l+ g-+ h- ")
	w.say("h", at(0), w.publication(), ported(t, number, "g", "h", 0))
	w.say("x", at(0), w.publication(), ported(t, number, "g", "h", 0))
	b.anchor(w.head("h"), w.head("x"))
	w.say("h", at(95), w.publication(), reassigned(t, number, 0))
	w.say("g", at(95), w.publication(), reassigned(t, number, 0))
	expect("on to the next, confirmed by the allocatee", "l+ g-+- h-+ ")
}
