package publish

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
)

func TestSayOne(t *testing.T) {
	w := newWorld(t, "op: operator")
	p := w.publisher("op")
	said := w.say(p, drafted(w.terms(p).Flag(handFlag(t, "+12025550123", "crm.spoof"))))
	s, ok := w.standing("op", "+12025550123", "crm.spoof")
	if !ok || len(said.Statements) != 1 || s.Ref != said.Statements[0] || publication.ID(s.Publication) != said.Publication {
		t.Errorf("said %+v, standing %+v", said, s)
	}
	if e := w.entry("+12025550123"); e.Action != taxonomy.Label {
		t.Errorf("an operator's judgement labels: %+v", e)
	}
	// One statement is undone by its reference and needs no record.
	if all, err := p.Publications(); err != nil || len(all) != 0 {
		t.Errorf("publications %+v, %v", all, err)
	}
}

// Nothing is signed when anything would be void.
func TestSayRefusesVoid(t *testing.T) {
	w := newWorldOn(t, memory.New(), protecting(t, "+86!12321"), "op: operator")
	p := w.publisher("op")
	terms := w.terms(p)
	good := drafted(terms.Flag(handFlag(t, "+12025550123", "crm.spoof")))
	bad := drafted(terms.Flag(handFlag(t, "+86!12321", "crm.spoof")))
	_, err := p.Say(context.Background(), "", good, bad)
	var void *VoidError
	if !errors.As(err, &void) || len(void.Void) != 1 || void.Void[0].Index != 1 {
		t.Fatalf("error %v", err)
	}
	if got := err.Error(); got != "publish: nothing was signed: 1 of 2 statements would be void; statement 2, on +86!12***: protected number" {
		t.Errorf("error %q", got)
	}
	if n := w.view.List().Counts().Statements; n != 0 {
		t.Errorf("%d statements were signed", n)
	}
	if _, err := p.Say(context.Background(), ""); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing to say: %v", err)
	}
	broken := good
	broken.Version = 9
	if _, err := p.Say(context.Background(), "", broken); err == nil {
		t.Error("a statement of no known version was said")
	}
}

// Many statements by hand are one publication, over several batches.
func TestSayMany(t *testing.T) {
	w := newWorld(t, "op: operator")
	p := w.publisher("op")
	terms := w.terms(p)
	var all []assertion.Statement
	for d := range many("x", 5*assertion.MaxStatements+7).Drafts {
		all = append(all, drafted(terms.Flag(hand.Flag{Key: d.Number.Range(), Category: d.Category})))
	}
	said, err := p.Say(context.Background(), "directory", all...)
	if err != nil || len(said.Statements) != len(all) || said.Statements[assertion.MaxStatements].Index != 0 || len(w.announced) != 6 {
		t.Fatalf("%d said in %d batches, %v", len(said.Statements), len(w.announced), err)
	}
	got, err := p.Publications()
	if err != nil || len(got) != 1 || got[0].File != "directory" || got[0].ID != said.Publication || got[0].Statements != len(all) || got[0].State != publication.Complete {
		t.Errorf("publications %+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Say(ctx, "", all[0]); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A publication is undone in one step; then its content may be published anew,
// under another ID.
func TestRetractPublication(t *testing.T) {
	w := newWorld(t, "op: operator", "desk: vendor")
	p := w.publisher("op")
	d := delivery("a", draft(t, "+12025550123", "crm.spoof", 40, 1), draft(t, "+12025550124", "crm.spoof", 40, 1))
	empty := w.root()
	res := w.publish(p, d)
	if w.entry("+12025550123").Action != taxonomy.Label {
		t.Fatal("not labelled")
	}
	undo := drafted(w.terms(p).Retract(hand.Publication(assertion.PublicationID(res.Publication.ID)), "wrong file"))
	trial, err := p.Preview(undo)
	if err != nil || trial.Undone != 2 || len(trial.Changes) != 2 || w.entry("+12025550123").Action != taxonomy.Label {
		t.Fatalf("preview %+v, %v", trial, err)
	}
	w.say(p, undo)
	if w.root() != empty {
		t.Errorf("what was undone is still listed: %+v", w.entry("+12025550123"))
	}
	all, err := p.Publications()
	if err != nil || len(all) != 1 || all[0].State != publication.Retracted || all[0].Ended.IsZero() {
		t.Errorf("publications %+v, %v", all, err)
	}
	w.now++
	again := w.publish(p, d)
	if again.Already || again.Said != 2 || again.Publication.ID == res.Publication.ID || w.entry("+12025550123").Action != taxonomy.Label {
		t.Errorf("published anew: %+v", again)
	}
	// A publication of which this node has no record can be retracted too.
	w.say(p, drafted(w.terms(p).Retract(hand.Publication(assertion.PublicationID{7}), "made elsewhere")))
}

func TestRetractStatementAndBatch(t *testing.T) {
	w := newWorld(t, "op: operator")
	p := w.publisher("op")
	one := w.say(p, drafted(w.terms(p).Flag(handFlag(t, "+12025550123", "crm.spoof"))))
	two := w.say(p, drafted(w.terms(p).Flag(handFlag(t, "+12025550124", "crm.spoof"))))
	w.say(p, drafted(w.terms(p).Retract(hand.Statement(one.Statements[0]), "mistaken")))
	w.say(p, drafted(w.terms(p).Retract(hand.Batch(two.Statements[0].Batch), "mistaken")))
	for _, text := range []string{"+12025550123", "+12025550124"} {
		if e := w.entry(text); !e.IsZero() {
			t.Errorf("%+v is still listed", e)
		}
	}
}

func TestHoldingsAndDisputes(t *testing.T) {
	grants := func(cfg *charter.FoundingConfig) {
		cfg.Grants = append(cfg.Grants, chartertest.Grant(t, "+8613800*/13", "op", "", ""))
	}
	w := newWorldOn(t, memory.New(), grants, "op: operator", "desk: vendor")
	op, desk := w.publisher("op"), w.publisher("desk")
	n := num(t, "+8613800138000")
	flag := handFlag(t, "+8613800138000", "mkt.hr")
	flag.SeenTo = days(2)
	flagged := w.say(desk, drafted(w.terms(desk).Flag(flag)))
	terms := w.terms(op)
	contest := w.say(op, drafted(terms.Contest(n.Range(), "not me", flagged.Statements[0])))
	w.say(desk, drafted(w.terms(desk).Answer(contest.Statements[0], true, "recorded")))
	w.say(op, drafted(terms.Resource(n.Range(), assertion.Resource{AllocatedTo: "op", User: "Example Ltd", DisplayName: "Example"})),
		drafted(terms.Reassign(n, noon)))
	w.say(op, drafted(terms.Block(hand.Block{Key: n.Range(), Category: cat(t, "mkt.hr"), Reason: "x", Scope: assertion.ScopeOwn})))
	m, _ := w.state.MemberByID("op")
	if own := w.view.List().OwnBlocks(m); len(own) != 1 || own[0].Until != today+30 {
		t.Errorf("own blocks %+v", own)
	}
	if _, stands := w.standing("desk", "+8613800138000", "mkt.hr"); stands {
		t.Error("a flag from before the number changed hands stands")
	}
	var void *VoidError
	if _, err := desk.Say(context.Background(), "", drafted(w.terms(desk).Reassign(n, noon))); !errors.As(err, &void) {
		t.Errorf("a vendor reassigns: %v", err)
	}
}

func TestDamagedRecord(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p, id := w.publisher("desk"), publication.ID{1}
	if err := w.store.Put("publication", id.String(), []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publications(); err == nil || !strings.Contains(err.Error(), id.String()) {
		t.Errorf("a damaged record: %v", err)
	}
	if err := p.Close(id); err == nil {
		t.Error("a damaged record was closed")
	}
}

func TestWithoutRandomness(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	cfg := w.config("desk")
	cfg.Random = iotest.ErrReader(errKilled)
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(context.Background(), many("a", 3), Options{}); !errors.Is(err, errKilled) {
		t.Errorf("publish: %v", err)
	}
	if _, err := p.Say(context.Background(), "", drafted(w.terms(p).Flag(handFlag(t, "+12025550123", "har.silent")))); !errors.Is(err, errKilled) {
		t.Errorf("say: %v", err)
	}
}
