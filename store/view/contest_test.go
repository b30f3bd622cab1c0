package view

import (
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// lasting is how many days contests and answers last in these tests: 456 are the least.
const lasting = 460

func contested(t testing.TB, subject string, targets ...taxonomy.Ref) assertion.Statement {
	t.Helper()
	s := about(t, subject, assertion.KindContest)
	s.Expires = at(lasting)
	body := assertion.Contest{Grounds: "not ours"}
	for _, r := range targets {
		body.Targets = append(body.Targets, r.Bytes())
	}
	must(t, s.SetBody(body))
	return s
}

func answered(t testing.TB, contest taxonomy.Ref, upheld bool) assertion.Statement {
	t.Helper()
	s := assertion.Statement{
		Version: assertion.EnvelopeVersion, Kind: assertion.KindAnswer, BodyVersion: assertion.BodyVersion,
		Subject:      assertion.Subject{Kind: assertion.SubjectStatement, Value: contest.Bytes()},
		ObservedFrom: noon, ObservedTo: noon, Effective: noon, Expires: at(lasting),
		Basis: assertion.Basis{Kind: assertion.BasisInvestigation},
	}
	must(t, s.SetBody(assertion.Answer{Upheld: upheld, Reason: "seen"}))
	return s
}

// dispute is a world in which a and b flag a number of mno's.
func disputed(t testing.TB) (*world, *View, *book) {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
	}, "a: operator", "b: operator", "mno: operator")
	trusted(t, w, "+8613800138000", "a", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	return w, v, b
}

func (w *world) statuses(v *View, number string) string {
	w.t.Helper()
	out := ""
	for _, told := range v.List().Explain(num(w.t, number)).Keys[0].Told {
		if told.Statement.Kind == assertion.KindFlag {
			out += told.Status.String() + " "
		}
	}
	e, _, _ := v.List().Lookup(num(w.t, number))
	if e.Contested {
		out += "contested"
	}
	return out
}

const hour = 3600

func TestUnansweredContestVoidsWhatWasSaid(t *testing.T) {
	w, v, b := disputed(t)
	c := w.say("mno", at(0), w.publication(), contested(t, "+8613800138000"))[0]
	expect := func(what, want string) {
		t.Helper()
		w.step(v)
		if got := w.statuses(v, "+8613800138000"); got != want {
			t.Fatalf("%s: %q, want %q", what, got, want)
		}
	}
	expect("not anchored", "counts counts ")
	b.anchor(w.head("mno"))
	expect("anchored", "counts counts contested")
	b.tick(noon + 100)
	w.say("a", at(0), w.publication(), answered(t, c, true))
	expect("answered by one, not anchored", "counts counts contested")
	b.anchor(w.head("a"))
	b.tick(noon + 50*hour)
	expect("answered by one", "counts counts contested")
	b.tick(noon + 72*hour + 99)
	expect("a second early", "counts counts contested")
	b.tick(noon + 72*hour + 100)
	expect("the deadline", "counts lapsed ")
	w.say("b", at(3), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, 3, 3))
	expect("observed on the deadline's day", "counts lapsed lapsed ")
	w.say("b", at(4), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, 4, 4))
	b.tick(at(4))
	expect("observed later", "counts lapsed lapsed counts ")
	w.say("b", at(4), w.publication(), answered(t, c, true))
	b.anchor(w.head("b"))
	b.tick(at(5))
	expect("answered too late", "counts lapsed lapsed counts ")
	w.everyOrder(v)
}

func TestWithdrawnAnswerEndsWhatWasSaid(t *testing.T) {
	w, v, b := disputed(t)
	c := w.say("mno", at(0), w.publication(), contested(t, "+8613800138000"))[0]
	b.anchor(w.head("mno"))
	b.tick(noon + 100)
	answer := w.say("a", at(0), w.publication(), answered(t, c, false))
	w.say("b", at(0), w.publication(), answered(t, c, true))
	b.anchor(w.head("b"))
	b.tick(noon + 200)
	w.everyOrder(v)
	if got := w.statuses(v, "+8613800138000"); got != "lapsed counts " {
		t.Fatalf("withdrawn by one, upheld by the other: %q", got)
	}
	w.say("a", at(0), w.publication(), retraction(t, assertion.TargetStatement, answer[0].Bytes()))
	w.everyOrder(v)
	if got := w.statuses(v, "+8613800138000"); got != "counts counts contested" {
		t.Fatalf("the withdrawal retracted: %q", got)
	}
}

func TestContestOfNamedStatementsConcernsTheirPublishers(t *testing.T) {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
	}, "a: operator", "b: operator", "mno: operator")
	refs := w.say("a", at(-1), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, -1, -1))
	trusted(t, w, "+8613800138000", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	w.say("mno", at(0), w.publication(), contested(t, "+8613800138000", refs...))
	b.anchor(w.head("mno"))
	b.tick(noon + 1)
	b.tick(at(9))
	w.everyOrder(v)
	if got := w.statuses(v, "+8613800138000"); got != "lapsed counts " {
		t.Fatalf("%q", got)
	}
}

// What an answer upheld is not contested again for 90 days from its anchor's tick, by
// whatever issuer of the holder.
func TestUpheldFlagIsNotContestedAgainSoon(t *testing.T) {
	for days, want := range map[int]string{3: "counts counts ", 90: "lapsed counts "} {
		w := newWorld(t, func(c *charter.FoundingConfig) {
			c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "mvno", ""))
		}, "a: operator", "b: operator", "mno: operator", "mvno: mvno")
		for _, m := range []string{"a", "b"} {
			s := flagged(t, "+8613800138000", "mkt.retail", 50, -1, -1)
			s.Expires = at(300)
			w.say(m, at(-1), w.publication(), s)
		}
		v, b := w.view(today), w.book()
		b.tick(noon)
		c := w.say("mno", at(0), w.publication(), contested(t, "+8613800138000"))[0]
		b.anchor(w.head("mno"))
		b.tick(noon + 1)
		w.say("a", at(0), w.publication(), answered(t, c, true))
		w.say("b", at(0), w.publication(), answered(t, c, true))
		b.anchor(w.head("a"), w.head("b"))
		b.tick(noon + 2)
		again := contested(t, "+8613800138000")
		again.Expires = at(days + lasting)
		second := w.say("mvno", at(days), w.publication(), again)[0]
		b.anchor(w.head("mvno"))
		b.tick(at(days) + 2)
		late := answered(t, second, true)
		late.Expires = at(days + lasting)
		w.say("b", at(days), w.publication(), late)
		b.anchor(w.head("b"))
		b.tick(at(days) + 3)
		b.tick(at(days + 4))
		w.everyOrder(v)
		if got := w.statuses(v, "+8613800138000"); got != want {
			t.Errorf("contested again after %d days: %q, want %q", days, got, want)
		}
	}
}

// A contest of a key that is expelled later still ends what nobody answered for.
func TestContestOutlivesExpulsion(t *testing.T) {
	w, v, b := disputed(t)
	w.say("mno", at(0), w.publication(), contested(t, "+8613800138000"))
	b.anchor(w.head("mno"))
	b.tick(noon + 1)
	b.change(w.issuerEnd("mno", article.Expel, keys.Private{}))
	b.tick(at(4))
	w.everyOrder(v)
	if got := w.statuses(v, "+8613800138000"); got != "lapsed lapsed " {
		t.Fatalf("%q", got)
	}
}

func TestContestThatExpiresTooSoonIsVoid(t *testing.T) {
	w, v, b := disputed(t)
	s := contested(t, "+8613800138000")
	s.Expires = at(400)
	c := w.say("mno", at(0), w.publication(), s)[0]
	b.anchor(w.head("mno"))
	w.step(v)
	if got, _ := v.List().Told(c); got.Reason != ReasonShortLived {
		t.Fatalf("%v", got.Reason)
	}
}

// An answer dated before its contest's deadline is late when its anchor is.
func TestOrderOfArrivalOfAnAnswerAnchoredTooLate(t *testing.T) {
	w, v, b := disputed(t)
	c := w.say("mno", at(0), w.publication(), contested(t, "+8613800138000"))[0]
	b.anchor(w.head("mno"))
	b.tick(noon + 1)
	w.say("a", at(1), w.publication(), answered(t, c, true))
	w.say("b", at(1), w.publication(), answered(t, c, true))
	b.anchor(w.head("b"))
	b.tick(noon + 72*hour + 1) // at the deadline: in time
	b.anchor(w.head("a"))
	b.tick(noon + 72*hour + 2)
	w.everyOrder(v)
	if got := w.statuses(v, "+8613800138000"); got != "lapsed counts " {
		t.Fatalf("%q", got)
	}
}

// A newcomer that replays after the openings of contest and answers were erased has the
// list of those who saw them, on every day.
func TestErasedContestStillDecides(t *testing.T) {
	w, v, b := disputed(t)
	for _, m := range []string{"a", "b"} {
		s := flagged(t, "+8613800138000", "har.silent", 50, -1, -1)
		s.Expires = at(364)
		w.say(m, at(0), w.publication(), s)
	}
	c := w.say("mno", at(0), w.publication(), contested(t, "+8613800138000"))[0]
	b.anchor(w.head("mno"))
	b.tick(noon + 1)
	w.say("a", at(1), w.publication(), answered(t, c, true))
	b.anchor(w.head("a"))
	b.tick(noon + 2)
	b.tick(at(4))
	w.step(v)
	for day := 30; day < 560; day += 30 {
		b.tick(at(day))
		w.step(v)
		erased, _ := erase(t, w.records, today+taxonomy.Day(day))
		newcomer := w.viewOf(Config{State: w.state, Source: erased, Day: today, Session: 1})
		must(t, newcomer.Enact(b.pieces...))
		sameList(t, "erased", v.List(), newcomer.List())
	}
}

// A contest of a number, which names no statements, is a contest of what was ratified on it
// too: the entry stands and says so, from the contest's anchor until the regulators have
// had their time, or have ratified the number anew.
func TestContestOfARatifiedNumberIsToldUntilItsDeadline(t *testing.T) {
	const number = "+8613800138000"
	for _, end := range []string{"deadline", "confirmed", "retracted", "of one statement"} {
		w, v, b := disputed(t)
		b.ratify(ratification(t, number, taxonomy.Block, "crm.extortion"))
		var targets []taxonomy.Ref
		if end == "of one statement" {
			targets = []taxonomy.Ref{{Batch: w.records[0].Tip.CID}}
		}
		c := w.say("mno", at(0), w.publication(), contested(t, number, targets...))[0]
		expect := func(what, says string, want bool) {
			t.Helper()
			w.everyOrder(v)
			e, _, _ := v.List().Lookup(num(t, number))
			if b.says(v, number) != says+" " || e.Contested != want {
				t.Fatalf("%s, %s: %s contested %v, want %s %v", end, what, b.says(v, number), e.Contested, says, want)
			}
			told := v.List().Explain(num(t, number)).Keys[0].Ratified
			if last := &told[len(told)-1]; last.Entry.Contested != want || last.Lapsed || !last.Decides {
				t.Fatalf("%s, %s: explained as %+v", end, what, last)
			}
		}
		const said = "block:crm.extortion!"
		expect("not anchored", said, false)
		b.anchor(w.head("mno"))
		expect("anchored", said, end != "of one statement")
		b.tick(noon + 10)
		b.tick(noon + 10 + 120*hour - 1)
		expect("until the deadline", said, end != "of one statement")
		switch end {
		case "confirmed":
			b.ratify(ratification(t, number, taxonomy.Block, "crm.extortion"))
			expect("ratified anew", said, false)
		case "retracted":
			w.say("mno", at(0), w.publication(), retraction(t, assertion.TargetStatement, c.Bytes()))
			expect("retracted", said, false)
		}
		b.tick(noon + 10 + 120*hour)
		expect("after the deadline", said, false)
	}
}
