package view

import (
	"bytes"
	"slices"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/taxonomy"
)

// A member whose key was forked is told what it has to say again: not what it took
// back or replaced itself, what has expired, what was void, or what it has said
// again under another key; and nothing of anybody else's.
func TestWhatIsToBeSaidAgain(t *testing.T) {
	mobiles := []string{"+8613800138010", "+8613800138011", "+8613800138012", "+8613800138013", "+8613800138014", "+8613800138015"}
	second := func(c *charter.FoundingConfig) {
		for i := range c.Cards {
			if c.Cards[i].ID == "list" {
				c.Cards[i].Issuers = append(c.Cards[i].Issuers, chartertest.Issuer("second").Public())
			}
		}
	}
	w := newWorld(t, second, "list: vendor; trusted", "other: vendor; trusted")
	flag := func(i, day int) assertion.Statement {
		return flagged(t, mobiles[i], "mkt.retail", 50, day, day)
	}
	elder := w.say("second", at(-9), w.publication(), flag(5, -9))
	took := w.publication()
	w.say("list", at(-8), took, flag(0, -8)) // retracted as a publication
	both := w.publication()
	w.say("list", at(-8), both, flag(0, -8)) // begun here and ended under another key
	w.say("second", at(-7), both, flag(4, -7))
	first := w.say("list", at(-8), w.publication(), flag(1, -8), flag(2, -8), flag(3, -8))
	void := flag(4, -7) // lives longer than the policy lets it
	void.Expires += 5000 * 86400
	w.say("list", at(-7), w.publication(), void)
	newer := w.say("list", at(-6), w.publication(), flag(2, -6)) // replaces the second of first
	undo := w.say("list", at(-5), w.publication(),
		retraction(t, assertion.TargetPublication, took[:]),
		retraction(t, assertion.TargetStatement, first[2].Bytes()),
		retraction(t, assertion.TargetStatement, elder[0].Bytes()),
		retraction(t, assertion.TargetPublication, both[:]))
	tooLong, nonsense := flag(1, -4), flag(1, -4) // they replace nothing
	tooLong.Expires, nonsense.Expires = void.Expires, nonsense.Effective
	w.say("list", at(-4), w.publication(), tooLong, nonsense)
	w.say("other", at(-5), w.publication(), flag(4, -5))

	member, _ := w.state.MemberByID("list")
	other, _ := w.state.MemberByID("other")
	v := w.view(today)
	if l := v.List(); Suspended(l, member) != 0 {
		t.Fatalf("%d are suspended without a fork", Suspended(l, member))
	}
	must(t, v.Freeze(FeedEpoch{Issuer: chartertest.Issuer("list").Public()}, 2))
	again := func(day taxonomy.Day, want ...taxonomy.Ref) {
		t.Helper()
		_, err := v.Follow()
		must(t, err)
		v.TurnTo(day)
		all, more := ToSayAgain(v.List(), member, 100)
		var got []taxonomy.Ref
		for i := range all {
			got = append(got, all[i].Ref)
		}
		if !slices.Equal(got, want) || more {
			t.Errorf("on %v: %v, want %v", day, got, want)
		}
	}
	if l := v.List(); Suspended(l, member) != 13 || Suspended(l, other) != 0 {
		t.Errorf("%d and %d are suspended, want 13 and 0", Suspended(l, member), Suspended(l, other))
	}
	// The retraction of what is suspended is moot, as that is: of a statement, and of a
	// publication with nothing in any other epoch.
	again(today, first[0], newer[0], undo[2], undo[3])
	if all, more := ToSayAgain(v.List(), member, 1); len(all) != 1 || !more {
		t.Errorf("of one: %d, more %v", len(all), more)
	}
	if all, more := ToSayAgain(v.List(), other, 100); len(all) > 0 || more {
		t.Errorf("another member is told %d", len(all))
	}

	w.say("second", at(0), w.publication(), flag(1, -8), retraction(t, assertion.TargetStatement, elder[0].Bytes()))
	v = w.viewOf(Config{State: w.state, Source: w.records, Day: today, Frozen: []FeedEpoch{{Issuer: chartertest.Issuer("list").Public()}}})
	again(today, newer[0], undo[3])
	again(today+2000, undo[3]) // flags expire, retractions never
}

// What was said on a branch that gave way to the anchored one is to be said again too,
// undoing included, whichever came first; but not what that branch itself took back or
// replaced, and not what was said again since.
func TestWhatALostBranchSaidIsToBeSaidAgain(t *testing.T) {
	second := func(c *charter.FoundingConfig) {
		for i := range c.Cards {
			if c.Cards[i].ID == "a" {
				c.Cards[i].Issuers = append(c.Cards[i].Issuers, chartertest.Issuer("second").Public())
			}
		}
	}
	w := newWorld(t, second, "a: operator", "b: operator")
	numbers := []string{"+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003"}
	flag := func(i, day int) assertion.Statement { return flagged(t, numbers[i], "mkt.retail", 50, day, day) }
	first := w.say("a", at(-8), w.publication(), flag(0, -8))
	b := w.book()
	b.tick(noon)
	b.anchor(w.head("a"))
	b.tick(noon + 1)
	lost := w.say("a", at(-7), w.publication(), flag(1, -7), flag(2, -7), flag(3, -7)) // one is replaced, one taken back
	newer := w.say("a", at(-6), w.publication(), flag(1, -6), retraction(t, assertion.TargetStatement, lost[1].Bytes()))
	undo := w.say("a", at(-5), w.publication(), retraction(t, assertion.TargetStatement, first[0].Bytes()))
	w.returnTo("a", 0)
	w.say("a", at(-4), w.publication(), flag(2, -9))
	b.anchor(w.head("a"))
	b.tick(noon + 2)
	other := w.say("a", at(-3), w.publication(), flag(2, -8))
	w.frozen = []FeedEpoch{{Issuer: chartertest.Issuer("a").Public()}}
	b.note(w.proof(1, 4))

	member, _ := w.state.MemberByID("a")
	again := func(v *View, what string, suspended int, want ...taxonomy.Ref) {
		t.Helper()
		all, more := ToSayAgain(v.List(), member, 100)
		var got []taxonomy.Ref
		for i := range all {
			got = append(got, all[i].Ref)
		}
		if n := Suspended(v.List(), member); !slices.Equal(got, want) || more || n != suspended {
			t.Errorf("%s: %v, want %v; %d are suspended, want %d", what, got, want, n, suspended)
		}
	}
	cfg := Config{State: w.state, Source: &w.records, Day: today, Session: 1, Frozen: w.frozen}
	v := w.viewOf(cfg)
	w.everyOrder(v)
	again(v, "in order", 7, other[0], lost[2], newer[0], undo[0])
	held := w.records[:4]
	was := w.viewOf(Config{State: w.state, Source: &held, Day: today, Session: 1, Frozen: w.frozen})
	must(t, was.Enact(b.pieces...))
	held = w.records
	_, err := was.Follow()
	must(t, err)
	again(was, "changed to the other branch", 7, other[0], lost[2], newer[0], undo[0])
	var file bytes.Buffer
	must(t, was.Save(&file))
	cfg.State = b.state
	loaded, err := Load(cfg, file.Bytes())
	must(t, err)
	again(loaded, "from a snapshot", 7, other[0], lost[2], newer[0], undo[0])

	w.say("second", at(0), w.publication(), flag(3, -7), retraction(t, assertion.TargetStatement, first[0].Bytes()))
	_, err = loaded.Follow()
	must(t, err)
	again(loaded, "some of it is said again", 7, other[0], newer[0])
}
