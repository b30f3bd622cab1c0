package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/loader"
	"ringfence/store/view/internal/table"
)

const (
	mobileA = "+8613800138000"
	mobileB = "+8613900139000"
)

func desks(change func(*charter.FoundingConfig)) func(*testing.T) *world {
	return func(t *testing.T) *world {
		return newWorld(t, change, "west: vendor", "south: vendor", "twin: vendor; group west", "mno: operator", "list: vendor; trusted")
	}
}

// Issue example 2: the untyped report of one desk supports the typed one of
// another, and both labels are kept as they were written.
func TestUntypedEvidenceSupportsATypedClass(t *testing.T) {
	w := desks(nil)(t)
	other := flagged(t, mobileA, "unk.untyped", 3, -1, -1)
	must(t, other.SetBody(assertion.Flag{Category: taxonomy.Untyped, Label: "Other", Confidence: 428, Reports: 3}))
	w.say("west", at(0), w.publication(), other)
	debt := flagged(t, mobileA, "mkt.finance.loan", 2, -1, -1)
	must(t, debt.SetBody(assertion.Flag{Category: debt6(t), Label: "Reducing your debt", Confidence: 333, Reports: 2}))
	w.say("south", at(0), w.publication(), debt)

	x := w.view(today).List().Explain(num(t, mobileA))
	if x.Entry.Action != taxonomy.Label || x.Entry.Category.String() != "mkt.finance.loan" {
		t.Errorf("entry %+v, want a label of mkt.finance.loan", x.Entry)
	}
	k := x.Keys[0]
	if k.Result.TestedSum <= k.Result.Sums[taxonomy.Mkt] || k.Result.Voices != 2 {
		t.Errorf("tested sum %d over %d with %d voices; want both desks in it", k.Result.TestedSum, k.Result.Sums[taxonomy.Mkt], k.Result.Voices)
	}
	labels := []string{k.Told[0].Body.(assertion.Flag).Label, k.Told[1].Body.(assertion.Flag).Label}
	if labels[0] != "Other" || labels[1] != "Reducing your debt" {
		t.Errorf("labels %q are not verbatim", labels)
	}
}

func debt6(t *testing.T) taxonomy.Category {
	c, err := taxonomy.ParseCategory("mkt.finance.loan")
	must(t, err)
	return c
}

// Issue example 6.
func TestAFlagOnAProtectedNumberIsVoid(t *testing.T) {
	w := desks(func(c *charter.FoundingConfig) {
		c.Protected = append(c.Protected, chartertest.Range(t, "+86!12321"))
	})(t)
	w.say("mno", at(0), w.publication(), flagged(t, "+86!12321", "crm.fraud.other", 100, -1, -1))
	if got := w.only(today, "+86!12321"); got.Status != Void || got.Reason != ReasonProtected || got.Reason.String() != "protected number" {
		t.Errorf("status %v, reason %q; want void, protected number", got.Status, got.Reason)
	}
	if e := w.entry(today, "+86!12321"); !e.IsZero() {
		t.Errorf("a protected number has entry %+v", e)
	}
	// Who it is may still be told.
	w.say("list", at(0), w.publication(), flagged(t, "+86!12321", "id.org", 100, -1, -1))
	if e := w.entry(today, "+86!12321"); e.Category.String() != "id.org" {
		t.Errorf("entry %+v, want the identity", e)
	}
}

func TestARangeNeverReachesAProtectedNumber(t *testing.T) {
	w := desks(func(c *charter.FoundingConfig) {
		c.Protected = append(c.Protected, chartertest.Range(t, mobileA))
	})(t)
	w.say("list", at(0), w.publication(), flagged(t, "+861380013*/13", "mkt.retail", 100, -1, -1))
	if e := w.entry(today, mobileA); !e.IsZero() {
		t.Errorf("protected number inside a range has entry %+v", e)
	}
	if e := w.entry(today, "+8613800138001"); e.Action != taxonomy.Label {
		t.Errorf("its neighbour has entry %+v, want the range's label", e)
	}
}

// Issue example 7.
func TestDerivedEvidenceAndOneGroupCountOnce(t *testing.T) {
	alone := desks(nil)(t)
	refs := alone.say("west", at(0), alone.publication(), flagged(t, mobileA, "mkt.retail", 10, -1, -1))
	before := alone.view(today).List().Explain(num(t, mobileA))

	derived := flagged(t, mobileA, "mkt.retail", 10, -1, -1)
	derived.Basis = assertion.Basis{Kind: assertion.BasisDerived, Sources: [][]byte{refs[0].Bytes()}}
	alone.say("south", at(0), alone.publication(), derived)
	alone.say("twin", at(0), alone.publication(), flagged(t, mobileA, "mkt.retail", 10, -1, -1))
	after := alone.view(today).List().Explain(num(t, mobileA))
	if before.Keys[0].Result.Score != after.Keys[0].Result.Score || after.Keys[0].Result.Score == 0 {
		t.Errorf("score moved from %d to %d", before.Keys[0].Result.Score, after.Keys[0].Result.Score)
	}
	if got := after.Keys[0].Told[1].Status; got != Derived {
		t.Errorf("the repeated flag %v, want derived", got)
	}
	alone.say("south", at(0), alone.publication(), flagged(t, mobileA, "mkt.retail", 10, -1, -1))
	if e := alone.entry(today, mobileA); e.Action != taxonomy.Label {
		t.Errorf("two groups of their own give %+v, want a label", e)
	}
}

// Issue example 8: what was seen before the number changed hands is void until
// counted again from that day.
func TestReassignVoidsWhatWasSeenBefore(t *testing.T) {
	w := desks(func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
	})(t)
	w.say("list", at(-3), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -60, -4))
	w.say("mno", at(-2), w.publication(), reassigned(t, mobileA, -30))
	if e := w.entry(today, mobileA); !e.IsZero() {
		t.Errorf("entry %+v survives the reassign", e)
	}
	w.say("list", at(-1), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -30, -4))
	if e := w.entry(today, mobileA); e.Action != taxonomy.Label {
		t.Errorf("counted again from that day: entry %+v, want a label", e)
	}
	if e := w.entry(today+401, mobileA); !e.IsZero() {
		t.Errorf("entry %+v a year later", e)
	}
	x := w.view(today).List().Explain(num(t, mobileA))
	if got := x.Keys[0].Told[0].Status; got != Reassigned {
		t.Errorf("the old flag %v, want reassigned", got)
	}
}

func TestOnlyHoldersReassignAndOncePerNumber(t *testing.T) {
	w := desks(func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
		c.Policy.Quotas.Reassign = 2
	})(t)
	w.say("mno", at(0), w.publication(), reassigned(t, mobileB, -1))
	if got := w.only(today, mobileB); got.Reason != ReasonNotHolder {
		t.Errorf("reassign of a foreign number: %q", got.Reason)
	}
	w.say("mno", at(0), w.publication(),
		reassigned(t, mobileA, -20), reassigned(t, mobileA, -10), // repeated
		reassigned(t, "+8613800138001", 2),                                       // future
		reassigned(t, "+8613800138002", -1), reassigned(t, "+8613800138003", -1), // over quota
	)
	w.say("mno", at(1), w.publication(), reassigned(t, "+8613800138004", -1))
	for text, want := range map[string][]Reason{
		mobileA:          {NotVoid, ReasonRepeated},
		"+8613800138001": {ReasonFuture},
		"+8613800138002": {NotVoid},
		"+8613800138003": {ReasonQuota},
		"+8613800138004": {NotVoid},
	} {
		x := w.view(today + 1).List().Explain(num(t, text))
		for i, r := range want {
			if got := x.Keys[0].Told[i].Reason; got != r {
				t.Errorf("statement %d: void for %q, want %q", i, got, r)
			}
		}
	}
}

// Issue example 9, first half, and the shared threshold.
func TestOneComplaintLabelsNothing(t *testing.T) {
	for _, member := range []string{"west", "mno", "list", "reg"} {
		w := desks(nil)(t)
		w.say(member, at(0), w.publication(), flagged(t, mobileA, "crm.fraud.other", 1, -1, -1))
		if e := w.entry(today, mobileA); e.Action != taxonomy.Allow {
			t.Errorf("one complaint filed by %s gives %+v", member, e)
		}
	}
}

// Issue example 9: an operator's ten marketing reports label for 14 days.
func TestOperatorsTenReportsLabelForFourteenDays(t *testing.T) {
	w := desks(nil)(t)
	w.say("mno", at(0), w.publication(), flagged(t, mobileA, "mkt.retail", 10, 0, 0))
	v := w.view(today)
	labelled := 0
	for ; ; labelled++ {
		e, _, _ := v.List().Lookup(num(t, mobileA))
		if e.Action != taxonomy.Label {
			break
		}
		v.TurnTo(v.List().Stamp().Day + 1)
	}
	if labelled != 14 {
		t.Errorf("labelled for %d days, want 14", labelled)
	}
}

func TestBoundsOfEvidence(t *testing.T) {
	long := flagged(t, mobileA, "mkt.retail", 3, -1, -1)
	long.Expires = at(366)
	sealed := flagged(t, mobileA, "mkt.retail", 3, -1, -1)
	sealed.Audience = assertion.Operators
	body, err := assertion.Encode(struct {
		_    struct{} `cbor:",toarray"`
		A, B []byte
	}{A: make([]byte, 32), B: make([]byte, 300)})
	must(t, err)
	sealed.Body = body
	bad := flagged(t, mobileA, "mkt.retail", 3, -1, -1)
	bad.Body = []byte{0x80}
	for name, c := range map[string]struct {
		say  assertion.Statement
		by   string
		want Reason
	}{
		"broad":       {flagged(t, "+8613800*/13", "mkt.retail", 3, -1, -1), "west", ReasonBroad},
		"any length":  {flagged(t, "+86!95163*", "mkt.retail", 3, -1, -1), "west", ReasonBroad},
		"long":        {long, "west", ReasonLongLived},
		"old":         {flagged(t, mobileA, "mkt.retail", 3, -500, -366), "west", ReasonOld},
		"not for all": {sealed, "west", ReasonAudience},
		"bad body":    {bad, "west", Reason(assertion.BadBody)},
		"role":        {flagged(t, mobileA, "mkt.retail", 3, -1, -1), "shop", ReasonRole},
	} {
		w := newWorld(t, nil, "west: vendor", "shop: handset")
		w.say(c.by, at(0), w.publication(), c.say)
		l := w.view(today).List()
		if got := l.Counts().Void; got != 1 {
			t.Errorf("%s: %d void statements, want 1", name, got)
		}
		if l.Counts().Entries != 0 {
			t.Errorf("%s: listed", name)
		}
		key, _ := c.say.Key()
		for one := range key.Keys() {
			p, rows := l.Table.Find(one)
			if p == nil || rows[0].Reason != c.want {
				t.Errorf("%s: %v void for %q, want %q", name, one.Masked(), rows[0].Reason, c.want)
			}
			break
		}
	}
}

func TestRetractBeforeAndAfterItsTarget(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "other: vendor")
	pub := w.publication()
	refs := w.say("list", at(-1), pub, flagged(t, mobileA, "mkt.retail", 50, -1, -1), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
	full := w.view(today).List()
	dated := retraction(t, assertion.TargetBatch, refs[0].Batch.Bytes())
	dated.Effective = at(20) // is a record: a retract takes effect with its batch
	for name, c := range map[string]struct {
		by   string
		undo assertion.Statement
		left int
	}{
		"effective later":     {"list", dated, 0},
		"statement":           {"list", retraction(t, assertion.TargetStatement, refs[0].Bytes()), 1},
		"batch":               {"list", retraction(t, assertion.TargetBatch, refs[0].Batch.Bytes()), 0},
		"publication":         {"list", retraction(t, assertion.TargetPublication, pub[:]), 0},
		"foreign statement":   {"other", retraction(t, assertion.TargetStatement, refs[0].Bytes()), 2},
		"foreign batch":       {"other", retraction(t, assertion.TargetBatch, refs[0].Batch.Bytes()), 2},
		"foreign publication": {"other", retraction(t, assertion.TargetPublication, pub[:]), 2},
	} {
		later := *w
		later.tips = map[string]feed.Tip{"list": w.tips["list"]}
		later.records = append(records(nil), w.records...)
		by := later.say(c.by, at(0), w.publication(), c.undo)[0]
		after := later.view(today).List()
		if got := after.Counts().Labelled; got != c.left {
			t.Errorf("%s: %d labelled, want %d (before: %d)", name, got, c.left, full.Counts().Labelled)
		}
		undo, ok := after.Told(by)
		if want := map[bool]Reason{true: ReasonForeign, false: NotVoid}[c.left == 2 && name != "foreign publication"]; !ok || undo.Reason != want {
			t.Errorf("%s: the retract itself %v, void for %q, want %q", name, ok, undo.Reason, want)
		}
		if c.left == 2 {
			continue
		}
		x := after.Explain(num(t, mobileA))
		if told := x.Keys[0].Told[0]; told.Status != Retracted || told.RetractedBy != by {
			t.Errorf("%s: %v by %v, want retracted by %v", name, told.Status, told.RetractedBy, by)
		}
	}
}

// A batch of a key that is not in force belongs to no member, whatever the ID
// of its publication.
func TestNobodysPublicationIsUndoneByNobody(t *testing.T) {
	w := newWorld(t, nil, "aaa: vendor", "zzz: vendor")
	pub := w.publication()
	w.say("stranger", at(-1), pub, flagged(t, "+8613800138000", "mkt.retail", 5, -2, -1))
	for _, member := range []string{"aaa", "reg", "zzz"} {
		w.say(member, at(0), w.publication(), retraction(t, assertion.TargetPublication, pub[:]))
	}
	if told := w.only(today, "+8613800138000"); told.Reason != ReasonNotIssuer || told.RetractedBy != (taxonomy.Ref{}) {
		t.Errorf("%+v", told)
	}
}

// A retracted publication ID is dead for ever, for statements that come later
// and from another issuer of the member alike.
func TestARetractedPublicationStaysDead(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted")
	pub := w.publication()
	w.say("list", at(-1), w.publication(), retraction(t, assertion.TargetPublication, pub[:]))
	w.say("list", at(0), pub, flagged(t, mobileA, "mkt.retail", 50, -1, -1))
	if e := w.entry(today, mobileA); !e.IsZero() {
		t.Errorf("entry %+v under a dead publication", e)
	}
	w.say("list", at(0), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -1, -1))
	if e := w.entry(today, mobileA); e.Action != taxonomy.Label {
		t.Errorf("said again under a new one: %+v", e)
	}
}

func TestAFrozenEpochCountsForNothing(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "list2: vendor; trusted")
	pub := w.publication()
	refs := w.say("list", at(-1), pub, flagged(t, mobileA, "mkt.retail", 50, -1, -1))
	w.say("list2", at(-1), w.publication(), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
	w.say("list", at(0), w.publication(), retraction(t, assertion.TargetStatement, refs[0].Bytes()))
	v := w.view(today)
	epoch := FeedEpoch{Issuer: chartertest.Issuer("list").Public()}
	must(t, v.Freeze(epoch, 2))
	must(t, v.Freeze(epoch, 3))
	l := v.List()
	if e, _, _ := l.Lookup(num(t, mobileA)); !e.IsZero() {
		t.Errorf("frozen flag gives %+v", e)
	}
	if e, _, _ := l.Lookup(num(t, mobileB)); e.Action != taxonomy.Label {
		t.Errorf("another issuer's flag gives %+v", e)
	}
	if l.Stamp().Session != 2 {
		t.Errorf("session %d, want the second", l.Stamp().Session)
	}
	x := l.Explain(num(t, mobileA))
	if got := x.Keys[0].Told[0]; got.Reason != ReasonFrozen || got.Status != Void {
		t.Errorf("%v %q, want void and frozen; its own retract is suspended too", got.Status, got.Reason)
	}
	// Known before the records or after: the same list.
	first := w.viewOf(Config{State: w.state, Source: w.records, Day: today, Frozen: []FeedEpoch{epoch}})
	sameList(t, "freeze before and after", first.List(), l)
}

func TestStandingIsTheNewestLiveFlag(t *testing.T) {
	w := newWorld(t, nil, "a: vendor", "b: vendor")
	w.say("a", at(-2), w.publication(), flagged(t, mobileA, "mkt.retail", 2, -9, -3))
	newer := w.say("a", at(-1), w.publication(), flagged(t, mobileA, "mkt.retail", 5, -9, -2), flagged(t, mobileA, "mkt.hr", 9, -2, -2))
	w.say("b", at(0), w.publication(), flagged(t, mobileA, "mkt.retail", 7, -1, -1))
	l := w.view(today).List()
	a, _ := w.state.MemberByID("a")
	retail, err := taxonomy.ParseCategory("mkt.retail")
	must(t, err)
	key := num(t, mobileA).Range()
	s, ok := l.Standing(a, key, retail)
	if !ok || s.Ref != newer[0] || s.Flag.Reports != 5 {
		t.Errorf("standing %v %+v, want the newer of the member's own", ok, s.Flag)
	}
	if _, ok := w.view(today+200).List().Standing(a, key, retail); ok {
		t.Error("an expired flag stands")
	}
}

func TestOwnBlocks(t *testing.T) {
	w := newWorld(t, nil, "mno: operator", "mvno: mvno")
	s := about(t, mobileA, assertion.KindBlock)
	must(t, s.SetBody(assertion.Block{Category: taxonomy.Untyped, Scope: assertion.ScopeOwn, Reason: "test"}))
	refs := w.say("mno", at(0), w.publication(), s, s)
	v := w.view(today)
	mno, _ := w.state.MemberByID("mno")
	mvno, _ := w.state.MemberByID("mvno")
	if own := v.List().OwnBlocks(mno); len(own) != 2 || own[0].Ref != refs[0] {
		t.Errorf("own blocks %+v, want the two statements on one key", own)
	}
	if len(v.List().OwnBlocks(mvno)) != 0 || v.List().Counts().Entries != 0 {
		t.Error("an own block reaches others")
	}
	v.TurnTo(today + 31)
	if len(v.List().OwnBlocks(mno)) != 0 {
		t.Error("an expired own block stands")
	}
}

// What screening takes for an own block is what explain calls one.
func TestExplainAgreesAboutOwnBlocks(t *testing.T) {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
	}, "mno: operator")
	mno, _ := w.state.MemberByID("mno")
	agree := func(day taxonomy.Day, want int) {
		t.Helper()
		l := w.view(day).List()
		own := 0
		for _, k := range l.Explain(num(t, mobileA)).Keys {
			for _, told := range k.Told {
				if told.Status == Own {
					own++
				}
			}
		}
		if got := len(l.OwnBlocks(mno)); got != want || own != want {
			t.Errorf("%d own blocks to screening, %d to explain; want %d", got, own, want)
		}
	}
	s := about(t, mobileA, assertion.KindBlock)
	must(t, s.SetBody(assertion.Block{Category: taxonomy.Untyped, Scope: assertion.ScopeOwn, Reason: "test"}))
	s.ObservedFrom, s.ObservedTo, s.Effective = at(-3), at(-3), at(-3)
	repeated := s
	repeated.Basis = assertion.Basis{Kind: assertion.BasisDerived, Sources: [][]byte{[]byte("other")}}
	w.say("mno", at(-3), w.publication(), s, repeated)
	agree(today-3, 2)
	w.say("mno", at(-1), w.publication(), reassigned(t, mobileA, -1))
	agree(today, 0)
}

func TestAskingBlockIsEvidence(t *testing.T) {
	w := newWorld(t, nil, "mno: operator")
	s := about(t, mobileA, assertion.KindBlock)
	must(t, s.SetBody(assertion.Block{Category: 0x0101, Scope: assertion.ScopeAsk}))
	w.say("mno", at(0), w.publication(), s)
	if e := w.entry(today, mobileA); e.Action != taxonomy.Label || e.Class != taxonomy.Crm {
		t.Errorf("entry %+v, want a label: flags and asks never block", e)
	}
}

func TestPreviewChangesNothing(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "solo: vendor")
	pub := w.publication()
	w.say("list", at(-1), pub, flagged(t, mobileA, "mkt.retail", 50, -1, -1), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
	v := w.view(today)
	before := v.List()
	p, err := v.Preview(chartertest.Issuer("list").Public(), at(0), w.publication(), []assertion.Statement{byMember("list", retraction(t, assertion.TargetPublication, pub[:]))})
	must(t, err)
	if p.Undone != 2 || len(p.Changes) != 2 || p.After.Labelled != 0 || p.Before.Labelled != 2 {
		t.Errorf("preview %+v", p)
	}
	p, err = v.Preview(chartertest.Issuer("solo").Public(), at(0), w.publication(), []assertion.Statement{
		flagged(t, "+8613800138005", "mkt.retail", 50, -1, -1), flagged(t, "+8613800*/13", "mkt.retail", 50, -1, -1)})
	must(t, err)
	if len(p.Void) != 1 || p.Void[0].Index != 1 || p.After.Labelled != 2 || p.After.Entries != 3 {
		t.Errorf("preview of one vendor alone %+v", p)
	}
	if v.List() != before {
		t.Error("a preview changed the list")
	}
	w.say("solo", at(0), w.publication(), flagged(t, "+8613800138005", "mkt.retail", 50, -1, -1))
	again := w.view(today).List()
	if _, err := v.Preview(keys.Public{}, at(0), pub, nil); err != nil {
		t.Error(err)
	}
	v.cfg.Source, v.w.cfg.Source = w.records, w.records
	_, err = v.Follow()
	must(t, err)
	sameList(t, "after previews", v.List(), again)

	// What is undone already is not undone once more.
	w.say("list", at(0), w.publication(), byMember("list", retraction(t, assertion.TargetPublication, pub[:])))
	refs := w.say("list", at(0), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -1, -1))
	twice := retraction(t, assertion.TargetStatement, refs[0].Bytes())
	w.say("list", at(0), w.publication(), twice)
	p, err = w.view(today).Preview(chartertest.Issuer("list").Public(), at(0), w.publication(), []assertion.Statement{twice})
	must(t, err)
	if p.Undone != 0 || len(p.Changes) != 0 {
		t.Errorf("undone again: %+v", p)
	}
}

// A batch that was damaged and fetched again arrives after its children. It is
// applied before them all the same, in this life and in one from a snapshot.
func TestParentsAreAppliedBeforeTheirChildren(t *testing.T) {
	w := desks(func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
	})(t)
	w.say("mno", at(-3), w.publication(), reassigned(t, mobileA, -40))
	w.say("list", at(-2), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -30, -4))
	w.say("mno", at(-1), w.publication(), reassigned(t, mobileA, -20)) // too soon: void
	want := w.view(today).List()
	w.records[0], w.records[2] = w.records[2], w.records[0]
	sameList(t, "parent last", w.view(today).List(), want)

	half := w.viewOf(Config{State: w.state, Source: w.records[:2], Day: today, Session: 1})
	if half.List().Counts().Batches != 1 {
		t.Fatalf("%d batches applied without the parent, want 1", half.List().Counts().Batches)
	}
	var file bytes.Buffer
	must(t, half.Save(&file))
	loaded, err := Load(Config{State: w.state, Source: w.records}, file.Bytes())
	must(t, err)
	_, err = loaded.Follow()
	must(t, err)
	sameList(t, "parent last, after a restart", loaded.List(), want)
}

func TestChangedSinceCountsEntries(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted")
	v := w.view(today)
	empty := v.List()
	first := w.say("list", at(-1), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -1, -1), flagged(t, mobileB, "mkt.retail", 50, -1, -1),
		flagged(t, "+8613800138009", "mkt.retail", 0, -1, -1)) // no strength: no entry
	two := w.view(today).List()
	w.say("list", at(0), w.publication(), retraction(t, assertion.TargetStatement, first[0].Bytes()), flagged(t, mobileB, "mkt.retail", 60, -1, -1))
	after := w.view(today).List()
	for _, c := range []struct {
		name       string
		list, than *List
		want       int
	}{{"from nothing", two, empty, 2}, {"to itself", two, two, 0}, {"one undone, one said again", after, two, 1}, {"back", two, after, 1}} {
		if got := c.list.ChangedSince(c.than); got != c.want {
			t.Errorf("%s: %d entries changed, want %d", c.name, got, c.want)
		}
	}
}

// Damage to a batch must not keep a member from undoing what it said, nor a
// reader from the entry that is in memory.
func TestADamagedBatchIsUndoneAndAnswered(t *testing.T) {
	pub := assertion.PublicationID{200}
	for _, kind := range []assertion.TargetKind{assertion.TargetStatement, assertion.TargetBatch, assertion.TargetPublication} {
		w := newWorld(t, nil, "list: vendor; trusted")
		refs := w.say("list", at(-1), pub, flagged(t, mobileA, "mkt.retail", 50, -1, -1), flagged(t, mobileB, "mkt.retail", 50, -1, -1))
		v := w.view(today)
		sound := w.records[0].Body
		w.records[0].Body = []byte{0xFF}
		v.w.list.Source = loader.New(w.records)
		x := v.List().Explain(num(t, mobileA))
		if x.Entry.Action != taxonomy.Label || x.Keys[0].Told[0].Status != Unreadable || x.Keys[0].Told[0].Weighed.Strength == 0 {
			t.Errorf("explained from memory: %+v", x)
		}
		if _, ok := v.List().Told(refs[0]); !ok {
			t.Error("an unreadable statement is not told")
		}
		target := map[assertion.TargetKind][]byte{
			assertion.TargetStatement: refs[0].Bytes(), assertion.TargetBatch: refs[0].Batch.Bytes(), assertion.TargetPublication: pub[:],
		}[kind]
		w.say("list", at(0), w.publication(), retraction(t, kind, target))
		v.w.cfg.Source = w.records
		_, err := v.Follow()
		must(t, err)
		w.records[0].Body = sound
		sameList(t, "undone without the body", v.List(), w.view(today).List())
		if e, _, _ := v.List().Lookup(num(t, mobileA)); !e.IsZero() {
			t.Errorf("%d: %+v after the retraction", kind, e)
		}
	}
}

// What follows is read once, also while a record waits for its parent.
func TestWaitingDoesNotReadAgain(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted")
	for i := range 4 {
		w.say("list", at(-5+i), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -9, -9))
	}
	v, err := New(Config{State: w.state, Source: w.records[1:], Day: today})
	must(t, err)
	for range 2 {
		_, err = v.Follow()
		must(t, err)
	}
	if v.w.cursor != 3 || v.List().Cursor != 0 || v.List().Counts().Batches != 0 {
		t.Errorf("cursor %d, a snapshot's %d, %d batches; want 3, 0, 0", v.w.cursor, v.List().Cursor, v.List().Counts().Batches)
	}
}

// Preview names every statement that would be void, also about no number.
func TestPreviewFindsVoidStatementsAboutNoNumber(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "other: vendor")
	refs := w.say("other", at(-1), w.publication(), flagged(t, mobileA, "mkt.retail", 50, -1, -1))
	foreign := retraction(t, assertion.TargetStatement, refs[0].Bytes())
	long := retraction(t, assertion.TargetBatch, refs[0].Batch.Bytes())
	must(t, long.SetBody(assertion.Retract{Kind: assertion.TargetBatch, Target: refs[0].Batch.Bytes(), Reason: strings.Repeat("x", 300)}))
	answer := retraction(t, assertion.TargetStatement, refs[0].Bytes())
	answer.Kind, answer.Expires = assertion.KindAnswer, at(30)
	must(t, answer.SetBody(assertion.Answer{Upheld: true, Reason: strings.Repeat("x", 2000)}))
	long = byMember("list", long)
	p, err := w.view(today).Preview(chartertest.Issuer("list").Public(), at(0), w.publication(), []assertion.Statement{foreign, long, answer})
	must(t, err)
	if len(p.Void) != 3 || p.Void[0].Reason != ReasonForeign || p.Void[1].Reason != Reason(assertion.BadText) || p.Void[2].Reason != Reason(assertion.BadText) {
		t.Errorf("void %+v", p.Void)
	}
}

// A retract of a batch or a publication is about the issuer's own member.
func TestRetractInAnotherMembersNameIsVoid(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted", "other: vendor")
	pub := w.publication()
	w.say("list", at(-1), pub, flagged(t, mobileA, "mkt.retail", 50, -1, -1))
	ref := w.say("list", at(0), w.publication(), byMember("other", retraction(t, assertion.TargetPublication, pub[:])))[0]
	l := w.view(today).List()
	if e, _, _ := l.Lookup(num(t, mobileA)); e.Action != taxonomy.Label {
		t.Errorf("undone by it: %+v", e)
	}
	if told, ok := l.Told(ref); !ok || told.Status != Void || told.Reason != ReasonForeign {
		t.Errorf("the retract itself: %v %v %q", ok, told.Status, told.Reason)
	}
}

// Readers take a list at any moment: its root is its tree's, and its counts are
// those of its entries.
func TestReadersNeverSeeHalfABatch(t *testing.T) {
	w := newWorld(t, nil, "list: vendor; trusted")
	for i := range 40 {
		var say []assertion.Statement
		for k := range 30 {
			say = append(say, flagged(t, fmt.Sprintf("+86138001%02d%03d", i, k), "mkt.retail", 50, -1, -1))
		}
		w.say("list", at(0), w.publication(), say...)
	}
	v, err := New(Config{State: w.state, Source: w.records, Day: today, Session: 1})
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := v.Follow(); err != nil {
			t.Error(err)
		}
		v.TurnTo(today + 30)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		l := v.List()
		labelled, entries := 0, 0
		for _, e := range l.All() {
			entries++
			if e.Action == taxonomy.Label {
				labelled++
			}
		}
		if c := l.Counts(); l.Tree().Root() != l.Stamp().Root || c.Entries != entries || c.Labelled != labelled || entries%30 != 0 {
			t.Fatalf("a list of %d entries, %d labelled, counts %+v", entries, labelled, c)
		}
	}
}

// counting counts how many keys are settled.
type counting struct {
	table.Settler
	keys int
}

// Settle counts.
func (c *counting) Settle(key number.Range, rows []table.Row) (taxonomy.Entry, taxonomy.Day) {
	c.keys++
	return c.Settler.Settle(key, rows)
}

// A batch settles the keys that it is about, and copies the chunks in which they
// stand, whether the list is small or a hundred times as large.
func TestWorkOfABatchDoesNotGrowWithTheList(t *testing.T) {
	work := func(numbers int) (settled, copied int) {
		w := newWorld(t, nil, "list: vendor; trusted")
		var say []assertion.Statement
		for k := range numbers {
			say = append(say, flagged(t, fmt.Sprintf("+8613%09d", k*7919), "mkt.retail", 50, -1, -1))
		}
		w.say("list", at(-1), w.publication(), say[:numbers/2]...)
		w.say("list", at(-1), w.publication(), say[numbers/2:]...)
		v := w.view(today)
		old := v.List().Table
		c := &counting{Settler: v.w}
		var edits []table.Edit
		for k := range 10 {
			edits = append(edits, table.Edit{Key: num(t, fmt.Sprintf("+8613%09d", k*7919)).Range(), Op: table.Touch})
		}
		next, _ := old.Apply(edits, c)
		shared := make(map[*table.Chunk]bool)
		for _, one := range old.Chunks {
			shared[one] = true
		}
		for _, one := range next.Chunks {
			if !shared[one] {
				copied += len(one.Places)
			}
		}
		return c.keys, copied
	}
	smallSettled, smallCopied := work(80)
	settled, copied := work(8000)
	if settled != 10 || smallSettled != 10 || copied > 2*table.MostKeys || smallCopied > 2*table.MostKeys {
		t.Errorf("10 keys touched: %d and %d settled, %d and %d keys copied", smallSettled, settled, smallCopied, copied)
	}
}
