package publish

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/view"
)

// A delivery becomes durable, listed statements under one publication, with a
// receipt for each line.
func TestPublish(t *testing.T) {
	w := newWorld(t, "desk: vendor", "other: vendor")
	p := w.publisher("desk")
	a, b := draft(t, "+12025550123", "mkt.finance.loan", 3, 2), draft(t, "+12025550124", "har.silent", 1, 1)
	a.Lines, b.Lines = lines(2, 5, 4), lines(3)
	a.FirstSeen = days(9)
	d := delivery("monday.csv", a, b)
	d.Medium = assertion.SMS
	var receipts, again []Receipt
	var progress []int
	res, err := p.Publish(context.Background(), d, Options{Receipt: collect(&receipts), Progress: func(n int) { progress = append(progress, n) }})
	if err != nil {
		t.Fatal(err)
	}
	if res.Said != 2 || res.Batches != 1 || res.Already || res.Refused+res.Unchanged+res.Resumed != 0 || res.After.Statements != 2 || res.Before.Statements != 0 {
		t.Errorf("result %+v", res)
	}
	one := res.Publication
	if one.State != publication.Complete || one.Member != "desk" || one.File != "monday.csv" || one.Statements != 2 || one.Ended.IsZero() || !slices.Equal(progress, []int{2}) {
		t.Errorf("publication %+v, progress %v", one, progress)
	}
	s, ok := w.standing("desk", "+12025550123", "mkt.finance.loan")
	flag := assertion.Flag{Category: a.Category, Label: "word", Confidence: 428, Reports: 3}
	if !ok || s.Flag != flag || publication.ID(s.Publication) != one.ID || s.Issuer != issuer("desk") {
		t.Errorf("standing %+v", s)
	}
	st := s.Statement
	if st.ObservedFrom != days(9) || st.ObservedTo != days(2) || st.Effective != noon || st.Medium != assertion.SMS ||
		st.Expires != days(2)+180*86400 || st.Basis.Kind != assertion.BasisReports || st.Basis.Count != 3 {
		t.Errorf("statement %+v", st)
	}
	first, second := s.Ref, s.Ref
	second.Index++
	want := []Receipt{{2, a.Number, a.Category, first}, {5, a.Number, a.Category, first}, {4, a.Number, a.Category, first}, {3, b.Number, b.Category, second}}
	if !slices.Equal(receipts, want) {
		t.Errorf("receipts %v, want %v", receipts, want)
	}
	// Whoever lost them has them again from the same content.
	if res, err := p.Publish(context.Background(), d, Options{Receipt: collect(&again)}); err != nil || !res.Already || !slices.Equal(again, want) {
		t.Errorf("published again: receipts %v, %+v, %v", again, res, err)
	}
	if len(w.announced) != 1 || w.announced[0].CID != s.Ref.Batch {
		t.Errorf("announced %d batches", len(w.announced))
	}
}

// The same content adds nothing, under whatever name and however it is ordered
// in the file: what counts is the digest.
func TestPublishAgainAddsNothing(t *testing.T) {
	w := newWorld(t, "desk: vendor", "other: vendor")
	p := w.publisher("desk")
	first := w.publish(p, delivery("a", draft(t, "+12025550123", "har.silent", 2, 1)))
	root, tip := w.root(), mustTip(w)
	d := delivery("a", draft(t, "+12025550123", "har.silent", 2, 1))
	d.File = "renamed.csv"
	again := w.publish(p, d)
	if !again.Already || again.Said != 0 || again.Publication.ID != first.Publication.ID || w.root() != root || mustTip(w) != tip {
		t.Errorf("published again: %+v", again)
	}
	// Another member's delivery of the same content is its own.
	if res := w.publish(w.publisher("other"), d); res.Already || res.Said != 1 {
		t.Errorf("another member: %+v", res)
	}
	all, err := p.Publications()
	if err != nil || len(all) != 1 || all[0].Record != again.Publication {
		t.Errorf("publications %+v, %v", all, err)
	}
}

// collect appends receipts.
func collect(to *[]Receipt) func(Receipt) error {
	return func(r Receipt) error { *to = append(*to, r); return nil }
}

// While a batch of the member's own is damaged here, no file is published on
// top of it: what it said could not be counted in. It is named, and once it is
// put back the same file is known again, and the next one adds to it.
func TestNothingIsPublishedOverDamage(t *testing.T) {
	store := memory.New()
	w := newWorldOn(t, store, func(*charter.FoundingConfig) {}, "desk: vendor", "other: vendor")
	p, other := w.publisher("desk"), w.publisher("other")
	file := delivery("a", draft(t, "+12025550123", "har.silent", 2, 1))
	w.publish(p, file)
	w.publish(other, delivery("o", draft(t, "+12025550123", "har.silent", 2, 1)))
	w.publish(p, delivery("b", draft(t, "+12025550199", "har.silent", 1, 1)))
	s, _ := w.standing("desk", "+12025550123", "har.silent")
	kept, _, err := store.Batch(s.Ref.Batch)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Quarantine(s.Ref.Batch, "a bit flipped"); err != nil {
		t.Fatal(err)
	}
	next := delivery("c", draft(t, "+12025550123", "har.silent", 3, 1))
	for name, d := range map[string]*Delivery{"the file again": file, "the next file": next} {
		_, err := p.Publish(context.Background(), d, Options{})
		_, dry := p.DryRun(context.Background(), d, Options{})
		for _, err := range []error{err, dry} {
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), s.Ref.Batch.String()+" at place 0/0") || !strings.Contains(err.Error(), "a bit flipped") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if res := w.publish(other, delivery("p", draft(t, "+12025550124", "har.silent", 1, 1))); res.Said != 1 {
		t.Errorf("another member: %+v", res)
	}
	if _, err := w.door.Admit([]intake.Offer{{Header: kept.Header, Body: kept.Body}}, w.config("desk").Now()); err != nil {
		t.Fatal(err)
	}
	if res := w.publish(p, file); !res.Already {
		t.Errorf("put back: %+v", res)
	}
	w.publish(p, next)
	if s, _ := w.standing("desk", "+12025550123", "har.silent"); s.Flag.Reports != 5 {
		t.Errorf("then standing %+v", s.Flag)
	}
}

func mustTip(w *world) string {
	w.t.Helper()
	tip, _, err := w.store.Latest(issuer("desk"))
	if err != nil {
		w.t.Fatal(err)
	}
	return tip.CID.String()
}

// New reports add to what stood; the statement is the new whole.
func TestReportsAdd(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	one := draft(t, "+12025550123", "har.silent", 2, 9)
	w.publish(p, delivery("a", one))
	two := draft(t, "+12025550123", "har.silent", 3, 1)
	two.Label = "newer word"
	res := w.publish(p, delivery("b", two))
	s, _ := w.standing("desk", "+12025550123", "har.silent")
	if res.Said != 1 || s.Flag.Reports != 5 || s.Flag.Confidence != 555 || s.Flag.Label != "newer word" ||
		s.Statement.ObservedFrom != days(9) || s.Statement.ObservedTo != days(1) || s.Statement.Expires != days(1)+90*86400 {
		t.Errorf("standing %+v", s)
	}
	// Late reports of earlier days add, and do not make it older.
	late := draft(t, "+12025550123", "har.silent", 1, 20)
	late.Label = ""
	w.publish(p, delivery("c", late))
	s, _ = w.standing("desk", "+12025550123", "har.silent")
	if s.Flag.Reports != 6 || s.Flag.Label != "newer word" || s.Statement.ObservedFrom != days(20) || s.Statement.ObservedTo != days(1) {
		t.Errorf("standing %+v", s)
	}
	// Another category is another view.
	w.publish(p, delivery("d", draft(t, "+12025550123", "mkt.hr", 1, 1)))
	if s, _ := w.standing("desk", "+12025550123", "mkt.hr"); s.Flag.Reports != 1 {
		t.Errorf("standing %+v", s)
	}
	// The count ends where its four bytes do.
	most := draft(t, "+12025550123", "mkt.hr", math.MaxUint32, 1)
	w.publish(p, delivery("e", most))
	if s, _ := w.standing("desk", "+12025550123", "mkt.hr"); s.Flag.Reports != math.MaxUint32 || s.Flag.Confidence != 999 {
		t.Errorf("standing %+v", s)
	}
}

// What a person judged is not known less because somebody reports it.
func TestReportsDoNotLowerWhatWasKnown(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	s := drafted(w.terms(p).Flag(handFlag(t, "+12025550123", "har.silent")))
	w.say(p, s)
	w.now++
	w.publish(p, delivery("a", draft(t, "+12025550123", "har.silent", 1, 0)))
	got, _ := w.standing("desk", "+12025550123", "har.silent")
	if got.Flag.Reports != 1 || got.Flag.Confidence != 800 {
		t.Errorf("standing %+v", got.Flag)
	}
}

// A snapshot replaces, and says nothing where nothing differs.
func TestSnapshotReplaces(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	w.publish(p, snapshot("a", draft(t, "+12025550123", "har.silent", 5, 3), draft(t, "+12025550124", "har.silent", 5, 3)))
	var receipts []Receipt
	d := snapshot("b", draft(t, "+12025550123", "har.silent", 2, 1), draft(t, "+12025550124", "har.silent", 5, 3))
	all := slices.Collect(d.Drafts)
	all[0].Lines, all[1].Lines = lines(1), lines(2)
	d.Drafts = slices.Values(all)
	stood, _ := w.standing("desk", "+12025550124", "har.silent")
	w.now += 60
	res, err := p.Publish(context.Background(), d, Options{Receipt: func(r Receipt) error { receipts = append(receipts, r); return nil }})
	if err != nil || res.Said != 1 || res.Unchanged != 1 {
		t.Fatalf("result %+v, %v", res, err)
	}
	s, _ := w.standing("desk", "+12025550123", "har.silent")
	if s.Flag.Reports != 2 || s.Flag.Confidence != 333 || s.Statement.ObservedFrom != days(1) {
		t.Errorf("standing %+v", s)
	}
	if len(receipts) != 2 || receipts[0].Statement != s.Ref || receipts[1].Statement != stood.Ref {
		t.Errorf("receipts %+v", receipts)
	}
	// One thing that differs is enough to say it again.
	for name, change := range map[string]func(*Draft){
		"label": func(d *Draft) { d.Label = "other" }, "count": func(d *Draft) { d.Reports++ },
		"first seen": func(d *Draft) { d.FirstSeen-- }, "last seen": func(d *Draft) { d.LastSeen++ },
	} {
		w := newWorld(t, "desk: vendor")
		p := w.publisher("desk")
		one := draft(t, "+12025550124", "har.silent", 5, 3)
		w.publish(p, snapshot("a", one))
		change(&one)
		if res := w.publish(p, snapshot("b", one)); res.Said != 1 {
			t.Errorf("another %s: %+v", name, res)
		}
	}
}

// A list without counts has the policy's confidence and names its source.
func TestListWithoutCounts(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	w.publish(w.publisher("desk"), snapshot("a", draft(t, "+12025550123", "unk.untyped", 0, 0)))
	s, _ := w.standing("desk", "+12025550123", "unk.untyped")
	if s.Flag.Confidence != 550 || s.Flag.Reports != 0 || s.Statement.Basis.Kind != assertion.BasisImport || s.Statement.Basis.Name != "test" {
		t.Errorf("standing %+v", s)
	}
}

func protecting(t testing.TB, texts ...string) func(*charter.FoundingConfig) {
	return func(cfg *charter.FoundingConfig) {
		for _, text := range texts {
			cfg.Protected = append(cfg.Protected, chartertest.Range(t, text))
		}
	}
}

// What nodes would count as void, or dead when it is born, is refused with its
// reason and not signed.
func TestRefusals(t *testing.T) {
	w := newWorldOn(t, memory.New(), protecting(t, "+86!12321"), "desk: vendor")
	p := w.publisher("desk")
	mark := func(d Draft, change func(*Draft)) Draft { change(&d); return d }
	base := draft(t, "+12025550123", "har.silent", 1, 1)
	for name, c := range map[string]struct {
		draft Draft
		says  string
	}{
		"protected":     {draft(t, "+86!12321", "har.silent", 1, 1), "protected number"},
		"too old":       {draft(t, "+12025550123", "id.org", 1, 366), "observed too long ago: last seen "},
		"expired":       {draft(t, "+12025550123", "har.silent", 1, 90), "it has expired on "},
		"in the future": {mark(base, func(d *Draft) { d.LastSeen = noon + 86401 }), "last seen lies ahead: 2026-11-2"},
		"label":         {mark(base, func(d *Draft) { d.Label = strings.Repeat("x", 129) }), "a text is not UTF-8 or too long"},
		"category":      {mark(base, func(d *Draft) { d.Category = 0x0190 }), "a category that the taxonomy does not have"},
		"backwards":     {mark(base, func(d *Draft) { d.FirstSeen = d.LastSeen + 1 }), "observed to lies before observed from"},
	} {
		t.Run(name, func(t *testing.T) {
			var refused []Refusal
			d := delivery(name, c.draft, draft(t, "+12025550199", "har.silent", 1, 1))
			res, err := p.Publish(context.Background(), d, Options{Refused: func(r Refusal) error { refused = append(refused, r); return nil }})
			if err != nil || res.Refused != 1 || res.Said != 1 || len(refused) != 1 || res.Publication.Refused != 1 {
				t.Fatalf("result %+v, refused %v, %v", res, refused, err)
			}
			if why := refused[0].Reason + ": " + refused[0].Detail; refused[0].Draft.Number != c.draft.Number || !strings.Contains(why, c.says) || strings.Contains(refused[0].Reason, "20") {
				t.Errorf("refused for %q, want %q", why, c.says)
			}
		})
	}
	if n := w.view.List().Counts().Void; n != 0 {
		t.Errorf("%d void statements were signed", n)
	}
	// Protection concerns reputation: what harms none is said.
	if res := w.publish(p, delivery("harmless", draft(t, "+86!12321", "ok.legitimate", 1, 1))); res.Said != 1 {
		t.Errorf("harmless flag: %+v", res)
	}
}

// The bounds asked here are those that the view judges by: for random drafts,
// what is refused for a rule of the list is what a preview calls void.
func TestRefusalsEqualJudgement(t *testing.T) {
	w := newWorldOn(t, memory.New(), protecting(t, "+12025550101", "+12025550102"), "desk: vendor")
	p := w.publisher("desk")
	r := rand.New(rand.NewPCG(1, 2))
	categories := []string{"crm.spoof", "har.silent", "mkt.hr", "oth.survey", "unk.untyped", "id.org", "ok.legitimate"}
	who, err := p.speaker()
	if err != nil {
		t.Fatal(err)
	}
	voids, sound := 0, 0
	for range 4000 {
		d := draft(t, fmt.Sprintf("+120255501%02d", r.IntN(5)), categories[r.IntN(len(categories))], uint32(r.IntN(4)), r.IntN(500))
		d.FirstSeen -= int64(r.IntN(3)) * 86400
		if r.IntN(20) == 0 {
			d.Label = strings.Repeat("x", 120+r.IntN(20))
		}
		dr := drafter{speaker: who, delivery: delivery("x")}
		_, s, _, err := dr.decide(&d)
		if err != nil {
			t.Fatal(err)
		}
		trial, err := p.Preview(s)
		if err != nil {
			t.Fatal(err)
		}
		why, detail := dr.refuse(&s)
		deadBorn := strings.Contains(detail, "it has expired on") || s.Expires <= noon
		switch {
		case len(trial.Void) == 1 && why == "":
			t.Fatalf("signed though void (%s): %+v", trial.Void[0].Reason, s)
		case len(trial.Void) == 0 && why != "" && !deadBorn:
			t.Fatalf("refused (%s) though it would count: %+v", why, s)
		case why != "":
			voids++
		default:
			sound++
		}
	}
	if voids < 500 || sound < 500 {
		t.Errorf("%d refused, %d sound: the drafts do not try the rules", voids, sound)
	}
}

func TestNothingToPublish(t *testing.T) {
	w := newWorldOn(t, memory.New(), protecting(t, "+86!12321"), "desk: vendor", "centre: callcentre")
	p := w.publisher("desk")
	_, err := p.Publish(context.Background(), delivery("a", draft(t, "+86!12321", "har.silent", 1, 1)), Options{})
	if !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), "1 drafts, all refused") {
		t.Errorf("all refused: %v", err)
	}
	all, err := p.Publications()
	if err != nil || len(all) != 1 || all[0].State != publication.Closed {
		t.Errorf("publications %+v, %v", all, err)
	}
	_, err = w.publisher("centre").Publish(context.Background(), delivery("a"), Options{})
	if err == nil || !strings.Contains(err.Error(), "member centre may not flag") {
		t.Errorf("a call centre flags: %v", err)
	}
}

func TestNew(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	for name, change := range map[string]func(*Config){
		"no key":    func(c *Config) { c.Key = keys.Private{} },
		"no store":  func(c *Config) { c.Store = nil },
		"no door":   func(c *Config) { c.Door = nil },
		"no view":   func(c *Config) { c.View = nil },
		"no clock":  func(c *Config) { c.Now = nil },
		"no random": func(c *Config) { c.Random = nil },
	} {
		cfg := w.config("desk")
		change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	p, err := New(w.config("stranger"))
	if err != nil || !errors.Is(p.InForce(), ErrNotIssuer) || !errors.Is(p.MaySay(), ErrNotIssuer) {
		t.Errorf("a stranger's key: %v", err)
	}
	if _, err := p.Drain(context.Background()); err != nil {
		t.Errorf("a stranger's empty queue: %v", err)
	}
}

// A large delivery becomes many batches; each is full but the last, all are
// announced in their order, and every draft stands.
func TestManyBatches(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	const n = 14*assertion.MaxStatements + 100
	var before *intake.Admitted
	cfg := w.config("desk")
	total := 0
	cfg.Announce = func(all []*intake.Admitted) {
		for _, a := range all {
			if before != nil && a.Header.Sequence != before.Header.Sequence+1 {
				t.Errorf("announced %d after %d", a.Header.Sequence, before.Header.Sequence)
			}
			if _, _, ok := w.view.List().Lookup(firstNumber(a)); !ok {
				t.Error("announced before it was listed")
			}
			total += a.Header.Count
			before = a
		}
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	at, receipts := 0, 0
	res, err := p.Publish(context.Background(), many("a", n), Options{
		Progress: func(n int) {
			if n <= at {
				t.Errorf("progress goes from %d to %d", at, n)
			}
			at = n
		},
		Receipt: func(r Receipt) error {
			if receipts++; r.Line != receipts+1 || int(r.Statement.Index) != (receipts-1)%assertion.MaxStatements {
				t.Errorf("receipt %d is %+v", receipts, r)
			}
			return nil
		},
	})
	if err != nil || res.Said != n || res.Batches != 15 || at != n || receipts != n || total != n {
		t.Errorf("result %+v, progress %d, %d receipts, %d announced, %v", res, at, receipts, total, err)
	}
	if c := w.view.List().Counts(); c.Statements != n || c.Keys != n {
		t.Errorf("counts %+v", c)
	}
}

// Wherever a publication is cut off, delivering it again finishes it under its
// ID, says nothing twice, and gives the list of an undisturbed run.
func TestInterruptedPublicationIsFinished(t *testing.T) {
	const n = 5*assertion.MaxStatements + 5
	whole := newWorld(t, "desk: vendor")
	base := delivery("base", slices.Collect(many("x", 300).Drafts)...)
	p := whole.publisher("desk")
	whole.publish(p, base)
	want := whole.publish(p, many("a", n))
	root := whole.root()
	for call := 1; call <= 6; call++ {
		for _, after := range []bool{false, true} {
			w := newWorld(t, "desk: vendor")
			w.publish(w.publisher("desk"), base)
			broken := &brokenDoor{Door: w.door, fail: call, after: after}
			cfg := w.config("desk")
			cfg.Door = broken
			p, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			first, err := p.Publish(context.Background(), many("a", n), Options{})
			if err == nil {
				if broken.calls >= call {
					t.Fatalf("call %d failed and the publication did not", call)
				}
				continue // fewer groups than calls
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			fresh := w.publisher("desk") // the node comes back
			receipts := 0
			res, err := fresh.Publish(context.Background(), many("a", n), Options{Receipt: func(Receipt) error { receipts++; return nil }})
			if err != nil || receipts != n {
				t.Errorf("call %d: finished with %d receipts, %v", call, receipts, err)
			}
			if res.Publication.ID != first.Publication.ID || res.Publication.Statements != n || res.Said+res.Resumed != n || res.Resumed < first.Said {
				t.Errorf("call %d: first %+v, then %+v", call, first, res)
			}
			if w.root() != root || w.view.List().Counts().Statements != 300+n {
				t.Errorf("call %d, after %v: %+v, another list than of an undisturbed run %+v", call, after, res, want)
			}
		}
	}
}

func TestCancelledPublicationIsFinished(t *testing.T) {
	const n = 8*assertion.MaxStatements + 5
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	ctx, cancel := context.WithCancel(context.Background())
	res, err := p.Publish(ctx, many("a", n), Options{Progress: func(int) { cancel() }})
	if !errors.Is(err, context.Canceled) || res.Publication.State != publication.Open || res.Said == 0 || res.Said == n {
		t.Fatalf("result %+v, %v", res, err)
	}
	// Until it is finished nothing else of the member is published.
	_, err = p.Publish(context.Background(), delivery("b", draft(t, "+12025550123", "har.silent", 1, 1)), Options{})
	if !errors.Is(err, publication.ErrUnfinished) || !strings.Contains(err.Error(), res.Publication.ID.String()) {
		t.Errorf("another publication: %v", err)
	}
	again := w.publish(p, many("a", n))
	if again.Resumed != res.Said || again.Said != n-res.Said || again.Publication.State != publication.Complete {
		t.Errorf("again %+v", again)
	}
}

func TestClose(t *testing.T) {
	w := newWorld(t, "desk: vendor", "other: vendor")
	p := w.publisher("desk")
	ctx, cancel := context.WithCancel(context.Background())
	res, _ := p.Publish(ctx, many("a", 8*assertion.MaxStatements), Options{Progress: func(int) { cancel() }})
	if err := w.publisher("other").Close(res.Publication.ID); !errors.Is(err, publication.ErrNone) {
		t.Errorf("another member closes it: %v", err)
	}
	if err := p.Close(res.Publication.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(res.Publication.ID); err == nil || !strings.Contains(err.Error(), "is closed, not open") {
		t.Errorf("closed twice: %v", err)
	}
	if err := p.Close(publication.ID{9}); !errors.Is(err, publication.ErrNone) {
		t.Errorf("no such publication: %v", err)
	}
	if next := w.publish(p, delivery("b", draft(t, "+12025550123", "har.silent", 1, 1))); next.Said != 1 {
		t.Errorf("next %+v", next)
	}
}

// Whatever the hearers of a publication answer ends it, and it can be finished.
func TestFaultsOfHearers(t *testing.T) {
	fault := errors.New("disk full")
	const n = 6*assertion.MaxStatements + 1
	bad := draft(t, "+12025550123", "har.silent", 1, 400)
	for name, opts := range map[string]Options{
		"refusals": {Refused: func(Refusal) error { return fault }},
		"receipts": {Receipt: func(r Receipt) error {
			if r.Line > assertion.MaxStatements {
				return fault
			}
			return nil
		}},
	} {
		w := newWorld(t, "desk: vendor")
		p := w.publisher("desk")
		d := many("a", n)
		good := d.Drafts
		d.Drafts = func(yield func(Draft) bool) {
			for one := range good {
				if !yield(one) {
					return
				}
			}
			yield(bad)
		}
		if _, err := p.Publish(context.Background(), d, opts); !errors.Is(err, fault) {
			t.Errorf("%s: %v", name, err)
		}
		if res := w.publish(p, d); res.Said+res.Resumed != n {
			t.Errorf("%s: finished %+v", name, res)
		}
	}
}

// deafView fails to follow after some calls.
type deafView struct {
	*view.View
	calls int
	err   error
}

func (v *deafView) Follow() (int, error) {
	if v.calls--; v.calls < 0 {
		return 0, v.err
	}
	return v.View.Follow()
}

func TestFaultOfTheView(t *testing.T) {
	const parts = 3*groupSize - 2 // listed in three groups at the least
	for calls := range 3 {
		w := newWorld(t, "desk: vendor")
		cfg := w.config("desk")
		cfg.View = &deafView{w.view, calls, errKilled}
		p, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Publish(context.Background(), many("a", parts*assertion.MaxStatements), Options{}); !errors.Is(err, errKilled) {
			t.Errorf("after %d calls: %v", calls, err)
		}
		if res := w.publish(w.publisher("desk"), many("a", parts*assertion.MaxStatements)); res.Said+res.Resumed != parts*assertion.MaxStatements {
			t.Errorf("finished %+v", res)
		}
	}
}

// A dry run tells what Publish then does, and leaves no trace.
func TestDryRun(t *testing.T) {
	w := newWorldOn(t, memory.New(), protecting(t, "+86!12321"), "op: operator", "desk: vendor")
	p := w.publisher("op")
	w.publish(p, snapshot("a", draft(t, "+12025550100", "har.silent", 5, 3)))
	root, tip := w.root(), mustTip(w)
	d := snapshot("b", draft(t, "+12025550100", "har.silent", 5, 3), draft(t, "+12025550123", "crm.spoof", 40, 1),
		draft(t, "+12025550124", "har.silent", 1, 1), draft(t, "+86!12321", "har.silent", 9, 1))
	refused, before := 0, w.view.List().Counts()
	dry, err := p.DryRun(context.Background(), d, Options{Refused: func(Refusal) error { refused++; return nil }})
	if err != nil || dry.Say != 2 || dry.Unchanged != 1 || dry.Refused != 1 || refused != 1 || dry.Already {
		t.Fatalf("dry run %+v, %v", dry, err)
	}
	if w.root() != root || mustTip(w) != tip || len(dry.Preview.Void) != 0 || len(dry.Preview.Changes) != 2 {
		t.Errorf("dry run left a trace, or: %+v", dry.Preview)
	}
	res := w.publish(p, d)
	if res.Said != dry.Say || res.Unchanged != dry.Unchanged || res.Refused != dry.Refused ||
		res.After.Labelled-before.Labelled != dry.Preview.After.Labelled-dry.Preview.Before.Labelled || res.After.Labelled != before.Labelled+1 {
		t.Errorf("dry run %+v, then %+v", dry, res)
	}
	if dry, err = p.DryRun(context.Background(), d, Options{}); err != nil || !dry.Already || dry.Say != 0 {
		t.Errorf("dry run of what is published: %+v, %v", dry, err)
	}
	fault := errors.New("disk full")
	d = snapshot("c", draft(t, "+86!12321", "har.silent", 9, 1))
	if _, err := p.DryRun(context.Background(), d, Options{Refused: func(Refusal) error { return fault }}); !errors.Is(err, fault) {
		t.Errorf("fault of a hearer: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	progress := 0
	if _, err := p.DryRun(ctx, many("d", 5000), Options{Progress: func(n int) { progress = n }}); !errors.Is(err, context.Canceled) || progress != 0 {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := p.DryRun(context.Background(), many("d", 5000), Options{Progress: func(n int) { progress = n }}); err != nil || progress != 4096 {
		t.Errorf("progress %d, %v", progress, err)
	}
}

func firstNumber(a *intake.Admitted) (n number.Number) {
	key, _ := a.Slots[0].Statement().Key()
	n, _ = key.Number()
	return n
}

func handFlag(t testing.TB, text, category string) hand.Flag {
	return hand.Flag{Key: num(t, text).Range(), Category: cat(t, category), Label: "by hand"}
}
