package view

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/table"
)

// book is a ledger that a test writes, with the one regulator of a world.
type book struct {
	t      testing.TB
	state  *charter.State
	pieces []charter.Enacted
	size   uint64
	cast   motion.Cast
	until  taxonomy.Day
}

func (w *world) book() *book {
	if w.ledger == nil {
		w.ledger = &book{t: w.t, state: w.state, size: w.state.Size(), cast: motion.ByHand, until: taxonomy.NeverDay}
	}
	return w.ledger
}

// enact enters a motion with these items and returns the index of the first of them.
func (b *book) enact(kind motion.Kind, buildsOn uint64, items ...[]byte) uint64 {
	b.t.Helper()
	openings := make([]motion.Opening, len(items))
	for i := range items {
		openings[i].Item = items[i]
	}
	by := chartertest.Key("vote", "reg")
	h := motion.Header{
		Federation: b.state.Federation(), Kind: kind, Proposer: by.Public(), Time: noon, Expires: noon + 86400,
		Until: b.until, BuildsOn: buildsOn,
	}
	if kind.Constitutes() {
		h.Standing = b.state.Standing()
	}
	_, err := h.Commit(openings)
	must(b.t, err)
	signed, err := motion.Sign(h, by)
	must(b.t, err)
	votes := []motion.Vote{{Motion: signed.ID, By: by.Public(), For: true, Cast: b.cast}}
	e := charter.Enacted{
		First: b.size, Size: b.size + 1 + uint64(len(items)),
		Motion: &motion.MotionEntry{Motion: signed, Votes: votes}, Items: openings,
	}
	b.state, err = b.state.Enact(signed, e.First, openings)
	must(b.t, err)
	e.State = b.state
	b.add(e)
	return e.First + 1
}

func (b *book) add(e charter.Enacted) {
	b.size = e.Size
	b.pieces = append(b.pieces, e)
}

// tick enters a tick that covers all before it.
func (b *book) tick(unix int64) { b.tickBelow(b.size, unix) }

func (b *book) tickBelow(below uint64, unix int64) {
	b.state = b.state.Grown(b.size + 1)
	b.add(charter.Enacted{First: b.size, Size: b.size + 1, Tick: unix, Below: below, State: b.state})
}

// ratify enters entries and returns the index of the first.
func (b *book) ratify(entries ...motion.Ratification) uint64 {
	b.t.Helper()
	var items [][]byte
	for i := range entries {
		item, err := entries[i].Encode()
		must(b.t, err)
		items = append(items, item)
	}
	return b.enact(motion.Ratify, 0, items...)
}

func (b *book) reverse(kind motion.Kind, index uint64) {
	b.t.Helper()
	b.enact(kind, 0, (&motion.Reversal{Index: index}).Encode())
}

func ratification(t testing.TB, key string, action taxonomy.Action, category string) motion.Ratification {
	t.Helper()
	c, err := taxonomy.ParseCategory(category)
	must(t, err)
	return motion.Ratification{Subject: chartertest.Range(t, key), Action: action, Category: c, Grounds: motion.GroundsFlags}
}

// lists are what a list says of numbers, in words.
func (b *book) says(v *View, numbers ...string) string {
	b.t.Helper()
	var out bytes.Buffer
	for _, text := range numbers {
		e, key, ok := v.List().Lookup(num(b.t, text))
		if !ok {
			fmt.Fprint(&out, "- ")
			continue
		}
		fmt.Fprintf(&out, "%s:%s", e.Action, e.Category)
		if key.Free() > 0 {
			fmt.Fprintf(&out, "/%d", key.Free())
		}
		if e.Ratified {
			fmt.Fprint(&out, "!")
		}
		fmt.Fprint(&out, " ")
	}
	return out.String()
}

// step enacts what was added to the ledger since the last step in one view, and asks a
// second view, which takes it all at once, and a third, which loads what the first saved,
// to have the same list.
func (w *world) step(v *View) {
	w.t.Helper()
	b := w.book()
	for v.List().Stamp().LedgerSize < b.size {
		for _, e := range b.pieces {
			if e.First == v.List().Stamp().LedgerSize {
				must(w.t, v.Enact(e))
			}
		}
	}
	_, err := v.Follow()
	must(w.t, err)
	at := w.viewOf(Config{State: w.state, Source: &w.records, Day: v.List().Stamp().Day, Session: 2, Frozen: w.frozen})
	must(w.t, at.Enact(b.pieces...))
	sameList(w.t, "piece by piece and at once", v.List(), at.List())
	after, err := New(Config{State: w.state, Source: &w.records, Day: v.List().Stamp().Day, Session: 3, Frozen: w.frozen})
	must(w.t, err)
	must(w.t, after.Enact(b.pieces...))
	_, err = after.Follow()
	must(w.t, err)
	sameList(w.t, "ledger before feeds", v.List(), after.List())
	var file bytes.Buffer
	must(w.t, v.Save(&file))
	loaded, err := Load(Config{State: b.state, Source: &w.records, Session: 4, Frozen: w.frozen}, file.Bytes())
	must(w.t, err)
	sameList(w.t, "loaded", v.List(), loaded.List())
	if loaded.List().Stamp() != v.List().Stamp() || loaded.List().Counts() != v.List().Counts() {
		w.t.Fatalf("loaded %+v %+v, saved %+v %+v", loaded.List().Stamp(), loaded.List().Counts(), v.List().Stamp(), v.List().Counts())
	}
}

func TestRatifiedEntriesDecide(t *testing.T) {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Protected = append(c.Protected, chartertest.Range(t, "+8613800138005"))
	}, "a: vendor; trusted", "b: vendor; trusted")
	for _, m := range []string{"a", "b"} {
		w.say(m, at(-1), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, -1, -1), flagged(t, "+8613800138001", "mkt.retail", 50, -1, -1))
	}
	v, b := w.view(today), w.book()
	expect := func(what, want string, numbers ...string) {
		t.Helper()
		w.step(v)
		if got := b.says(v, numbers...); got != want+" " {
			t.Fatalf("%s: got %s, want %s", what, got, want)
		}
	}
	b.tick(noon)
	expect("before", "label:mkt.retail -", "+8613800138000", "+8613800138009")
	one := b.ratify(ratification(t, "+8613800138000", taxonomy.Allow, "ok.legitimate"), ratification(t, "+861380013800*/13", taxonomy.Label, "har.silent"))
	expect("the number itself, and a range below it", "allow:ok.legitimate! label:har.silent/1!", "+8613800138000", "+8613800138009")
	expect("a ratified range goes before the number's own entry by evidence", "label:har.silent/1!", "+8613800138001")
	expect("a range never reaches a protected number", "-", "+8613800138005")
	two := b.ratify(ratification(t, "+8613800138000", taxonomy.Label, "oth.survey"))
	expect("the highest index on one key", "label:oth.survey!", "+8613800138000")
	b.reverse(motion.Revoke, two)
	expect("revoked: the one before it", "allow:ok.legitimate!", "+8613800138000")
	b.reverse(motion.Revoke, one)
	expect("revoked: the longest that is left", "label:har.silent/1!", "+8613800138000")
	b.reverse(motion.Revoke, one+1)
	expect("revoked: evidence", "label:mkt.retail -", "+8613800138000", "+8613800138009")
}

func TestRatifiedBlockWaitsForItsDelay(t *testing.T) {
	w := newWorld(t, nil, "a: vendor")
	v, b := w.view(today), w.book()
	say := func() string { w.step(v); return b.says(v, "+8613800138000", "+8613800138001", "+8613800138002") }
	b.tick(noon)
	b.cast = motion.ByRule
	b.ratify(ratification(t, "+8613800138000", taxonomy.Block, "crm.extortion"))
	b.cast = motion.ByHand
	b.ratify(ratification(t, "+8613800138001", taxonomy.Block, "har.silent"), ratification(t, "+8613800138002", taxonomy.Block, "crm.extortion"))
	if got := say(); got != "- - block:crm.extortion! " {
		t.Fatalf("at once: %s", got)
	}
	b.tickBelow(b.size-3, noon+10) // not of the second motion yet
	b.tick(noon + 20)
	b.tick(noon + 86400)
	if got := say(); got != "- - block:crm.extortion! " {
		t.Fatalf("ten seconds early: %s", got)
	}
	b.tick(noon + 86400 + 10)
	if got := say(); got != "block:crm.extortion! - block:crm.extortion! " {
		t.Fatalf("when the delay of the first is over: %s", got)
	}
	b.tick(noon + 86400 + 25)
	if got := say(); got != "block:crm.extortion! block:har.silent! block:crm.extortion! " {
		t.Fatalf("when both delays are over: %s", got)
	}
}

func TestStayEndsByItself(t *testing.T) {
	w := newWorld(t, nil, "a: vendor")
	v, b := w.view(today), w.book()
	say := func() string { w.step(v); return b.says(v, "+8613800138000") }
	b.tick(noon)
	one := b.ratify(ratification(t, "+8613800138000", taxonomy.Label, "har.silent"))
	b.tick(noon + 1)
	b.reverse(motion.Stay, one)
	if got := say(); got != "- " {
		t.Fatalf("stayed: %s", got)
	}
	if next := v.List().Explain(num(t, "+8613800138000")).Keys[0].Next; next <= today {
		t.Errorf("of a stayed entry without evidence: changes by itself on %s, which is over", next)
	}
	b.tick(noon + 100)
	b.tick(noon + 100 + 86399)
	if got := say(); got != "- " {
		t.Fatalf("a second early: %s", got)
	}
	b.tick(noon + 100 + 86400)
	if got := say(); got != "label:har.silent! " {
		t.Fatalf("after 24 hours: %s", got)
	}
	b.reverse(motion.Stay, one)
	b.reverse(motion.Revoke, one)
	b.tick(noon + 5*86400)
	if got := say(); got != "- " {
		t.Fatalf("stayed, then revoked: %s", got)
	}
}

func TestRatifiedEntryEndsOnItsDay(t *testing.T) {
	w := newWorld(t, nil, "a: vendor")
	v, b := w.view(today), w.book()
	b.until = today + 3
	b.tick(noon)
	b.ratify(ratification(t, "+8613800138000", taxonomy.Label, "har.silent"))
	b.tick((today + 3).Start() - 1)
	if w.step(v); b.says(v, "+8613800138000") != "label:har.silent! " {
		t.Fatal("not listed on its last day")
	}
	b.tick((today + 3).Start())
	if w.step(v); b.says(v, "+8613800138000") != "- " {
		t.Fatal("listed after its last day")
	}
}

// What is dead is told for seven ledger days and then no more: so a newcomer that replays
// after its opening was erased tells the same.
func TestDeadRatifiedEntriesAreForgotten(t *testing.T) {
	const ended, revoked, stays = "+8613800138000", "+8613800138001", "+861380013800*/13"
	w := newWorld(t, nil, "a: vendor")
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.until = today + 3
	b.ratify(ratification(t, ended, taxonomy.Label, "har.silent"))
	b.until = taxonomy.NeverDay
	one := b.ratify(ratification(t, revoked, taxonomy.Label, "har.silent"))
	b.ratify(ratification(t, stays, taxonomy.Label, "mkt.hr"))
	b.tick((today + 3).Start())
	b.reverse(motion.Revoke, one)
	held := func(v *View) (n int) {
		v.List().Ratified.EachKey(func(number.Range) { n++ })
		return n
	}
	for days, want := range []int{3: 3, 4: 3, 9: 3, 10: 1, 11: 1} {
		if want == 0 {
			continue
		}
		b.tick((today + taxonomy.Day(days)).Start() + 5)
		w.everyOrder(v)
		if n := held(v); n != want {
			t.Errorf("after %d days %d keys with ratified entries are held, want %d", days, n, want)
		}
		if got := b.says(v, ended, revoked); got != "label:mkt.hr/1! label:mkt.hr/1! " {
			t.Errorf("after %d days: %s", days, got)
		}
	}
	erased := slices.Clone(b.pieces)
	for i := range erased {
		if m := erased[i].Motion; m != nil && (erased[i].First+1 == one || m.Motion.Until == today+3) {
			erased[i].Items = []motion.Opening{{}}
		}
	}
	newcomer := w.view(today)
	must(t, newcomer.Enact(erased...))
	for _, n := range []string{ended, revoked} {
		if a, b := fmt.Sprint(v.List().Explain(num(t, n)).Keys), fmt.Sprint(newcomer.List().Explain(num(t, n)).Keys); a != b {
			t.Errorf("%s is explained as %s, by a newcomer as %s", n, a, b)
		}
	}
}

// Who was protected later stays ratified only by what a quorum voted for by hand.
func TestProtectedNumberIsRatifiedByHandAlone(t *testing.T) {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Protected = append(c.Protected, chartertest.Range(t, "+8613800138005"))
	}, "a: vendor")
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.cast = motion.ByRule
	b.ratify(ratification(t, "+8613800138005", taxonomy.Label, "har.silent"))
	if w.step(v); b.says(v, "+8613800138005") != "- " {
		t.Fatal("listed by votes of a rule")
	}
	b.cast = motion.ByHand
	b.ratify(ratification(t, "+8613800138005", taxonomy.Label, "har.silent"))
	if w.step(v); b.says(v, "+8613800138005") != "label:har.silent! " {
		t.Fatal("not listed by votes by hand")
	}
}

// The list's day is that of the last tick, even where the node's clock was ahead.
func TestDayFollowsTheTicks(t *testing.T) {
	w := newWorld(t, nil, "a: vendor; trusted", "b: vendor; trusted")
	for _, m := range []string{"a", "b"} {
		s := flagged(t, "+8613800138000", "mkt.retail", 50, -40, -40)
		s.Expires = at(2)
		w.say(m, at(-40), w.publication(), s)
	}
	v, b := w.view(today+3), w.book()
	if b.says(v, "+8613800138000") != "- " {
		t.Fatal("listed after its expiry by the node's clock")
	}
	b.tick(noon)
	if w.step(v); v.List().Stamp().Day != today || b.says(v, "+8613800138000") == "- " {
		t.Fatalf("on the day of the first tick, %v: %s", v.List().Stamp().Day, b.says(v, "+8613800138000"))
	}
	v.TurnTo(today + 9)
	if v.List().Stamp().Day != today {
		t.Fatal("the node's clock turned the day after the first tick")
	}
	b.tick(at(2))
	if w.step(v); v.List().Stamp().Day != today+2 || b.says(v, "+8613800138000") != "- " {
		t.Fatal("not ended by the tick of its last day")
	}
}

func TestEnactRefusesWhatDoesNotFollow(t *testing.T) {
	w := newWorld(t, nil, "a: vendor")
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.tick(noon + 1)
	if err := v.Enact(b.pieces[1]); err == nil {
		t.Fatal("a gap passes")
	}
	must(t, v.Enact(b.pieces...))
	if err := v.Enact(b.pieces[1]); err == nil {
		t.Fatal("a piece passes twice")
	}
	if v.List().Stamp().LedgerSize != b.size {
		t.Fatalf("stands at size %d of %d", v.List().Stamp().LedgerSize, b.size)
	}
}

// A settlement, which is neither motion nor tick, moves the size and nothing else.
func TestSettlementIsNoTick(t *testing.T) {
	w := newWorld(t, nil, "a: vendor")
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.state = b.state.Grown(b.size + 1)
	b.add(charter.Enacted{First: b.size, Size: b.size + 1, State: b.state})
	if w.step(v); v.List().Stamp().Day != today || v.List().Stamp().LedgerSize != b.size {
		t.Fatalf("%+v", v.List().Stamp())
	}
}

func manyRatified(t testing.TB, n int) (*world, []charter.Enacted) {
	w := newWorld(t, nil, "a: vendor")
	b := w.book()
	b.tick(noon)
	var some []motion.Ratification
	for i := range n {
		key, err := number.Parse(fmt.Sprintf("+8613%09d", i*7919%1_000_000_000))
		must(t, err)
		some = append(some, motion.Ratification{Subject: key.Range(), Action: taxonomy.Label, Category: ratification(t, "+8613800138000", taxonomy.Label, "har.silent").Category, Grounds: motion.GroundsFlags})
		if len(some) == 2000 || i == n-1 {
			b.ratify(some...)
			b.tick(noon + int64(i))
			some = nil
		}
	}
	return w, b.pieces
}

func BenchmarkEnactRatified(b *testing.B) {
	w, pieces := manyRatified(b, 1_000_000)
	for _, at := range []struct {
		name string
		each int
	}{{"at once", len(pieces)}, {"motion by motion", 2}} {
		b.Run(at.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v, err := New(Config{State: w.state, Source: &w.records, Day: today, Session: 1})
				must(b, err)
				for i := 0; i < len(pieces); i += at.each {
					must(b, v.Enact(pieces[i:min(i+at.each, len(pieces))]...))
				}
				if c := v.List().Counts(); c.Ratified != 1_000_000 {
					b.Fatalf("%d ratified", c.Ratified)
				}
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB-held") // the ledger's pieces among it
				runtime.KeepAlive(v)
			}
		})
	}
}

// change enters a motion of these items and returns the index of its own entry.
func (b *book) change(items ...article.Item) uint64 {
	b.t.Helper()
	encoded, err := article.Encode(items...)
	must(b.t, err)
	var buildsOn uint64
	if items[0].Kind().NamesHeads() {
		buildsOn = b.state.Size()
	}
	return b.enact(items[0].Kind(), buildsOn, encoded...) - 1
}

// head names the last batch of a member.
func (w *world) head(member string) motion.AnchoredHead {
	w.t.Helper()
	return w.headAt(member, w.tips[member])
}

func (w *world) headAt(member string, tip feed.Tip) motion.AnchoredHead {
	w.t.Helper()
	r, ok := w.book().state.Record(chartertest.Issuer(member).Public())
	if !ok {
		w.t.Fatalf("%s has no issuer", member)
	}
	return motion.AnchoredHead{Issuer: r.Index, Epoch: tip.Epoch, Sequence: tip.Sequence, Digest: merkle.Hash(tip.CID.Hash()[2:])}
}

// anchor anchors heads at the ledger's size as it stands.
func (b *book) anchor(heads ...motion.AnchoredHead) { b.anchorAt(b.size, heads...) }

func (b *book) anchorAt(size uint64, heads ...motion.AnchoredHead) {
	b.t.Helper()
	slices.SortFunc(heads, func(a, c motion.AnchoredHead) int {
		return cmp.Or(cmp.Compare(a.Issuer, c.Issuer), cmp.Compare(a.Epoch, c.Epoch))
	})
	point := motion.AnchorPoint{Size: size, Day: today}
	items, err := (&motion.AnchorHeads{Heads: heads}).Encode()
	must(b.t, err)
	b.enact(motion.Anchor, size, point.Encode(), items)
}

// issuerEnd ends the issuer of a member at its last batch.
func (w *world) issuerEnd(member string, how article.Manner, successor keys.Private) *article.IssuerEnd {
	it := &article.IssuerEnd{Issuer: chartertest.Issuer(member).Public(), How: how}
	by := []keys.Private{chartertest.Issuer(member)}
	if how == article.Rotate {
		it.Successor = successor.Public()
		by = append(by, successor)
	}
	if _, spoke := w.tips[member]; spoke {
		it.Heads = []motion.AnchoredHead{w.head(member)}
	}
	return chartertest.Endorsed(w.t, w.book().state, it, by...)
}

func trusted(t testing.TB, w *world, number string, members ...string) {
	t.Helper()
	for _, m := range members {
		w.say(m, at(-1), w.publication(), flagged(t, number, "mkt.retail", 50, -1, -1))
	}
}

func TestPolicyReharmonisesFromItsIndex(t *testing.T) {
	w := newWorld(t, nil, "a: vendor; trusted", "b: vendor; trusted")
	trusted(t, w, "+8613800138000", "a", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	if w.step(v); b.says(v, "+8613800138000") != "label:mkt.retail " {
		t.Fatal(b.says(v, "+8613800138000"))
	}
	p := *b.state.Policy()
	p.LabelPermille, p.SinglePermille = 999, 1000
	session := v.List().Stamp().Session
	b.change(&article.PolicySetting{Policy: p, Taxonomy: b.state.Taxonomy(), Protected: [][]byte{}})
	if w.step(v); b.says(v, "+8613800138000") != "allow:mkt.retail " {
		t.Fatal(b.says(v, "+8613800138000"))
	}
	if v.List().Stamp().Session == session {
		t.Error("the view was judged anew under the name of its life before")
	}
	b.change(&article.PolicySetting{Policy: p, Taxonomy: b.state.Taxonomy(), Protected: [][]byte{chartertest.RangeBytes(chartertest.Range(t, "+8613800138000"))}})
	if w.step(v); b.says(v, "+8613800138000") != "- " {
		t.Fatalf("protected: %s", b.says(v, "+8613800138000"))
	}
}

func TestWhoIsAdmittedCountsAndWhoEndedDoesNot(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	trusted(t, w, "+8613800138000", "a", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	trusted(t, w, "+8613800138001", "c", "d")
	w.say("e", at(-1), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, -1, -1))
	if w.step(v); v.List().Counts().Entries != 1 {
		t.Fatalf("those who are not admitted count: %+v", v.List().Counts())
	}
	b.change(chartertest.Admission(t, b.state, "c", "operator"), chartertest.Admission(t, b.state, "d", "operator"))
	if w.step(v); b.says(v, "+8613800138001") != "label:mkt.retail " {
		t.Fatalf("admitted: %s", b.says(v, "+8613800138001"))
	}
	b.change(w.issuerEnd("c", article.Leave, keys.Private{}))
	trusted(t, w, "+8613800138009", "c")
	if w.step(v); b.says(v, "+8613800138001", "+8613800138009") != "label:mkt.retail - " {
		t.Fatalf("left: %s", b.says(v, "+8613800138001", "+8613800138009"))
	}
	b.change(w.issuerEnd("d", article.Expel, keys.Private{}))
	if w.step(v); b.says(v, "+8613800138001") != "label:mkt.retail " {
		t.Fatalf("one expelled of two: %s", b.says(v, "+8613800138001"))
	}
	if told := told(t, v, "+8613800138001", 1); told.Status != Void || told.Reason != ReasonExpelled {
		t.Fatalf("what an expelled key asserted is %v, %v", told.Status, told.Reason)
	}
}

// told returns what became of one of the statements about a number.
func told(t testing.TB, v *View, number string, i int) Told {
	t.Helper()
	x := v.List().Explain(num(t, number))
	if len(x.Keys) != 1 || len(x.Keys[0].Told) <= i {
		t.Fatalf("%d keys explained", len(x.Keys))
	}
	return x.Keys[0].Told[i]
}

// What an expelled key undid, up to its heads, stays undone; what it says later undoes
// nothing.
func TestUndoingOutlivesExpulsion(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	first := w.say("a", at(-2), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, -2, -2), flagged(t, "+8613800138001", "mkt.retail", 50, -2, -2))
	trusted(t, w, "+8613800138000", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	second := chartertest.Key("issuer", "a2")
	b.change(chartertest.Endorsed(t, b.state, &article.IssuerAdmission{Member: "a", Key: second.Public()}, second, chartertest.Issuer("a")))
	w.say("a2", at(-1), w.publication(), retraction(t, assertion.TargetStatement, first[0].Bytes()))
	w.step(v)
	b.change(w.issuerEnd("a2", article.Expel, keys.Private{}))
	w.say("a2", at(-1), w.publication(), retraction(t, assertion.TargetStatement, first[1].Bytes()))
	w.step(v)
	if got := told(t, v, "+8613800138000", 0); got.Status != Retracted {
		t.Fatalf("undone before the expulsion, now %v", got.Status)
	}
	if got := told(t, v, "+8613800138001", 0); got.Status != Counting {
		t.Fatalf("undone after the expulsion: %v", got.Status)
	}
}

// everyOrder follows all in many orders: whatever a node heard when, its list is the same.
func (w *world) everyOrder(v *View) {
	w.t.Helper()
	w.step(v)
	for seed := range uint64(12) {
		one := w.anyOrder(rand.New(rand.NewPCG(seed, 3)), Config{Day: v.List().Stamp().Day})
		sameList(w.t, fmt.Sprintf("order %d", seed), v.List(), one.List())
		if a, b := v.List().Counts(), one.List().Counts(); a != b {
			w.t.Fatalf("order %d: counts %+v and %+v\n%s\n%s", seed, a, b, w.rows(v), w.rows(one))
		}
	}
}

// anyOrder follows records, pieces of the ledger and forks in an order drawn by rnd, and
// is saved and loaded now and then.
func (w *world) anyOrder(rnd *rand.Rand, cfg Config) *View {
	w.t.Helper()
	b, in, pieces, frozen := w.book(), shuffle(rnd, w.records), w.book().pieces, w.frozen
	if rnd.IntN(2) == 0 { // batches before their parents too
		rnd.Shuffle(len(in), func(i, k int) { in[i], in[k] = in[k], in[i] })
	}
	source := &growing{}
	cfg.State, cfg.Source, cfg.Session = w.state, source, 9
	one, err := New(cfg)
	must(w.t, err)
	for len(in) > 0 || len(pieces) > 0 || len(frozen) > 0 {
		n, m := min(rnd.IntN(3), len(in)), min(rnd.IntN(3), len(pieces))
		source.records, in = append(source.records, in[:n]...), in[n:]
		_, err := one.Follow()
		must(w.t, err)
		must(w.t, one.Enact(pieces[:m]...))
		pieces = pieces[m:]
		if len(frozen) > 0 && rnd.IntN(6) == 0 {
			cfg.Frozen = append(cfg.Frozen, frozen[0])
			must(w.t, one.Freeze(frozen[0], rnd.Uint64()))
			frozen = frozen[1:]
		}
		if w.propose != nil && cfg.Anchored && rnd.IntN(3) == 0 {
			_, _ = one.BringTo(w.propose(rnd)) // it may well lack them
		}
		if rnd.IntN(6) == 0 {
			var file bytes.Buffer
			must(w.t, one.Save(&file))
			cfg.State, _ = b.state.At(one.List().Stamp().LedgerSize)
			one, err = Load(cfg, file.Bytes())
			must(w.t, err)
		}
	}
	if cfg.Anchored {
		_, err := one.BringTo(nil) // from whatever came to nothing
		must(w.t, err)
	}
	return one
}

// differ writes what became of other statements in one view than in another.
func (w *world) differ(a, b *View) string { return differ(w.rows(a), w.rows(b)) }

// differ writes the lines that only one of two texts has.
func differ(a, b string) (out string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for _, line := range x {
		if !slices.Contains(y, line) {
			out += "got  " + line + "\n"
		}
	}
	for _, line := range y {
		if !slices.Contains(x, line) {
			out += "want " + line + "\n"
		}
	}
	return out
}

// rows writes what became of all statements about keys.
func (w *world) rows(v *View) string {
	var out []string
	l := v.List()
	l.Table.Each(func(p *table.Place, r *table.Row) {
		out = append(out, fmt.Sprintf("%s %s by %s, batch %d/%d, cover %d: %q, undone %v", p.Key, r.Kind, l.Charter.Member(l.Speakers[l.Batches[r.Batch].Speaker].Member).ID, l.Batches[r.Batch].Sequence, r.Index, l.Batches[r.Batch].Cover, r.Reason, l.Undone(r)))
	})
	out = append(out, fmt.Sprint(l.Stamp()))
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// growing is a Source to which a test adds.
type growing struct{ records }

// A batch said under a range grant that ends counts as far as the motion that ends it
// names it, whether it arrives before or after.
func TestOrderOfArrivalOfABatchUnderAGrantThatEnds(t *testing.T) {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
	}, "a: operator", "b: operator", "mno: operator", "new: operator")
	for _, n := range []string{"+8613800138000", "+8613800138001", "+8613800138002"} {
		trusted(t, w, n, "a", "b")
	}
	v, b := w.view(today), w.book()
	b.tick(noon)
	w.say("mno", at(-1), w.publication(), reassigned(t, "+8613800138000", -1))
	heads := []motion.AnchoredHead{w.head("mno")}
	w.say("mno", at(-1), w.publication(), reassigned(t, "+8613800138001", 0))
	b.change(&article.GrantEnd{
		Range: chartertest.RangeBytes(chartertest.Range(t, "+86138*/13")), Heads: heads,
		Next: []charter.Grant{{Range: chartertest.RangeBytes(chartertest.Range(t, "+86138*/13")), Allocatee: "new"}},
	})
	w.say("new", at(-1), w.publication(), reassigned(t, "+8613800138002", -1))
	w.say("a", at(0), w.publication(), flagged(t, "+8613800138005", "har.silent", 9, -1, -1))
	w.everyOrder(v)
	if got := b.says(v, "+8613800138000", "+8613800138001", "+8613800138002"); got != "label:mkt.retail label:mkt.retail label:mkt.retail " {
		t.Logf("dates of yesterday void nothing seen yesterday: %s", got)
	}
	for number, want := range map[string]Reason{"+8613800138000": NotVoid, "+8613800138001": ReasonNotHolder, "+8613800138002": NotVoid} {
		if got := told(t, v, number, 2); got.Reason != want {
			t.Errorf("the reassign of %s: %v, want %v", number, got.Reason, want)
		}
	}
}

func TestOrderOfArrivalOfARotatedKeysLastRetraction(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	refs := w.say("a", at(-2), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, -2, -2), flagged(t, "+8613800138001", "mkt.retail", 50, -2, -2))
	trusted(t, w, "+8613800138000", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	w.say("a", at(-1), w.publication(), retraction(t, assertion.TargetStatement, refs[0].Bytes()))
	b.change(w.issuerEnd("a", article.Rotate, chartertest.Key("issuer", "a2")))
	w.say("a", at(-1), w.publication(), retraction(t, assertion.TargetStatement, refs[1].Bytes()))
	w.say("a2", at(-1), w.publication(), flagged(t, "+8613800138002", "mkt.retail", 50, -1, -1))
	b.tick(noon + 5)
	w.everyOrder(v)
	if got := told(t, v, "+8613800138000", 0); got.Status != Retracted {
		t.Errorf("the last retraction that the rotation names: %v", got.Status)
	}
	if got := told(t, v, "+8613800138001", 0); got.Status != Counting {
		t.Errorf("a retraction beyond the rotation: %v", got.Status)
	}
	if got := told(t, v, "+8613800138002", 0); got.Status != Counting {
		t.Errorf("a flag of the successor: %v", got.Status)
	}
}

// An issuer forked at an old sequence after anchors: nothing anchored is lost, and what
// was retracted stays so.
func TestOrderOfArrivalOfAForkBelowAnAnchor(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	refs := w.say("a", at(-3), w.publication(), flagged(t, "+8613800138000", "mkt.retail", 50, -3, -3), flagged(t, "+8613800138001", "mkt.retail", 50, -3, -3))
	w.say("a", at(-2), w.publication(), retraction(t, assertion.TargetStatement, refs[0].Bytes()))
	trusted(t, w, "+8613800138001", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.anchor(w.head("a"))
	b.tick(noon + 1)
	w.say("a", at(-1), w.publication(), flagged(t, "+8613800138001", "crm.extortion", 50, -1, -1), retraction(t, assertion.TargetStatement, refs[1].Bytes()))
	w.step(v)
	if told(t, v, "+8613800138001", 0).Status != Retracted {
		t.Fatal("not retracted before the fork is known")
	}
	w.frozen = []FeedEpoch{{Issuer: chartertest.Issuer("a").Public()}}
	must(t, v.Freeze(w.frozen[0], 77))
	w.everyOrder(v)
	if got := told(t, v, "+8613800138000", 0); got.Status != Retracted {
		t.Errorf("an old flag returned: %v", got.Status)
	}
	if got := told(t, v, "+8613800138001", 0); got.Status != Counting {
		t.Errorf("an anchored flag is lost: %v", got.Status)
	}
	if got := told(t, v, "+8613800138001", 2); got.Reason != ReasonFrozen {
		t.Errorf("beyond the anchor: %v", got.Reason)
	}
}

// A reassign on a ratified number opens a review; what is not ratified again in time has
// lapsed.
func TestReassignReviewsARatifiedNumber(t *testing.T) {
	const number = "+8613800138000"
	for _, confirmed := range []bool{false, true} {
		w := newWorld(t, func(c *charter.FoundingConfig) {
			c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
		}, "mno: operator", "a: operator")
		v, b := w.view(today), w.book()
		b.tick(noon)
		b.ratify(ratification(t, number, taxonomy.Label, "har.silent"))
		w.say("mno", at(0), w.publication(), reassigned(t, number, 0))
		b.anchor(w.head("mno"))
		b.tick(noon + 10)
		if confirmed {
			b.ratify(ratification(t, number, taxonomy.Label, "mkt.hr"))
		}
		b.tick(noon + 10 + 120*hour - 1)
		w.everyOrder(v)
		before := b.says(v, number)
		b.tick(noon + 10 + 120*hour)
		w.everyOrder(v)
		after, told := b.says(v, number), v.List().Explain(num(t, number)).Keys[0].Ratified
		if !told[0].Lapsed || told[0].Decides {
			t.Errorf("explained as %+v", told)
		}
		want := map[bool][2]string{false: {"label:har.silent! ", "- "}, true: {"label:mkt.hr! ", "label:mkt.hr! "}}[confirmed]
		if before != want[0] || after != want[1] {
			t.Errorf("confirmed %v: %sand %safter the deadline", confirmed, before, after)
		}
	}
}

// Nodes that hold different parts of a forked epoch beyond its anchor have one digest,
// which is not that of one that lacks what is anchored.
func TestFrontierOfAForkEndsAtItsAnchor(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	trusted(t, w, "+8613800138000", "a", "b")
	b := w.book()
	b.tick(noon)
	b.anchor(w.head("a"))
	trusted(t, w, "+8613800138001", "a")
	epoch := FeedEpoch{Issuer: chartertest.Issuer("a").Public()}
	digest := func(held records, frozen ...FeedEpoch) merkle.Hash {
		v := w.viewOf(Config{State: w.state, Source: held, Day: today, Session: 1, Frozen: frozen})
		must(t, v.Enact(b.pieces...))
		var f Frontier
		return f.Digest(v.List())
	}
	if digest(w.records, epoch) != digest(w.records[:2], epoch) {
		t.Error("what lies beyond the anchor is part of it")
	}
	if digest(w.records, epoch) == digest(w.records[1:2], epoch) {
		t.Error("what is anchored is no part of it")
	}
	if digest(w.records[:2], epoch) != digest(w.records[:2]) {
		t.Error("a fork beyond all that counts is part of it")
	}
}
