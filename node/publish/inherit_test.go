package publish

import (
	"context"
	"errors"
	"slices"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// follower is the constitution as a list's ledger stands.
type follower struct{ *view.View }

func (f follower) EverAdmitted(k keys.Public) bool { return f.List().State().EverAdmitted(k) }

// estate is a world with a ledger, in which the desk's key is to be rotated.
type estate struct {
	*world
	council *ballottest.Federation
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	store := memory.New()
	e := &estate{world: &world{t: t, store: store, now: noon}}
	e.council = ballottest.Found(t, 1, func(f *charter.FoundingConfig) {
		f.Created = noon - 3600
		f.Cards = append(f.Cards, chartertest.Card(t, "desk", "vendor", "operator"))
	})
	e.council.Now = noon
	var err error
	if e.state, err = charter.At(e.council.Genesis); err != nil {
		t.Fatal(err)
	}
	if e.view, err = view.New(view.Config{State: e.state, Source: store, Day: today, Session: 1}); err != nil {
		t.Fatal(err)
	}
	if e.door, err = intake.New(intake.Config{Federation: e.state.Federation(), Roster: follower{e.view}, Store: store}); err != nil {
		t.Fatal(err)
	}
	e.heard(e.council.Tick())
	return e
}

// rotation draws the motion that puts another key in the place of one, up to its last
// batch here.
func (e *estate) rotation(from, to keys.Private) ballottest.Proposal {
	e.t.Helper()
	tip, held, err := e.store.Latest(from.Public())
	record, known := e.council.State.Constitution().Record(from.Public())
	if err != nil || !held || !known {
		e.t.Fatal(held, known, err)
	}
	head := motion.AnchoredHead{Issuer: record.Index, Sequence: tip.Sequence, Digest: merkle.Hash(tip.CID.Hash()[2:])}
	a := &article.IssuerEnd{Issuer: from.Public(), How: article.Rotate, Successor: to.Public(), Heads: []motion.AnchoredHead{head}}
	return e.council.Motion(motion.EndIssuer, e.council.Article(a, from, to), nil)
}

// enacts carries a motion and has the view hear of it.
func (e *estate) enacts(p ballottest.Proposal) {
	e.t.Helper()
	e.heard(e.council.Try(p, "reg"))
}

func (e *estate) heard(r ballot.Result) {
	e.t.Helper()
	if r.Refusal != nil {
		e.t.Fatal(r.Refusal)
	}
	if err := e.view.Enact(r.Enacted); err != nil {
		e.t.Fatal(err)
	}
}

// flags says a flag and returns it.
func (e *estate) flags(p *Publisher, num string, reports uint32) taxonomy.Ref {
	e.t.Helper()
	f, err := e.terms(p).Flag(hand.Flag{Key: chartertest.Range(e.t, num), Category: anyCategory(e.t), Reports: reports})
	return e.says(p, f, err)
}

func (e *estate) takesBack(p *Publisher, what hand.Target) taxonomy.Ref {
	e.t.Helper()
	s, err := e.terms(p).Retract(what, "a mistake")
	return e.says(p, s, err)
}

func (e *estate) says(p *Publisher, s assertion.Statement, err error) taxonomy.Ref {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
	said, err := p.Say(context.Background(), "", s)
	if err != nil {
		e.t.Fatal(err)
	}
	return said.Statements[0]
}

func anyCategory(t testing.TB) taxonomy.Category {
	t.Helper()
	c, err := taxonomy.ParseCategory("mkt.retail")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inherited drains, and returns how many statements were said again of which key.
func (e *estate) inherited(p *Publisher) (of []string) {
	e.t.Helper()
	all, err := p.Drain(context.Background())
	if err != nil {
		e.t.Fatal(err)
	}
	for _, one := range all {
		if one.Inherited == nil || one.Inherited.Void+one.Inherited.Unreadable > 0 {
			e.t.Fatalf("drained %+v", one)
		}
		for range one.Inherited.Said {
			of = append(of, one.Inherited.Of.Short())
		}
	}
	return of
}

// What a key says beyond the head at which it is rotated, its successor says again: once,
// under the same publication, also where that was cut short or the successor is rotated
// itself; not what was taken back or replaced within it.
func TestWhatComesAfterTheCutIsSaidAgainOnce(t *testing.T) {
	e := newEstate(t)
	first, second, third := chartertest.Issuer("desk"), chartertest.Issuer("second"), chartertest.Issuer("third")
	p := e.publisher("desk")
	wrong := e.flags(p, "+8613800138000", 3)
	e.flags(p, "+8613800138001", 3)
	drawn := e.rotation(first, second)
	late := e.flags(p, "+8613800138002", 3)
	e.takesBack(p, hand.Statement(wrong))
	e.takesBack(p, hand.Statement(e.flags(p, "+8613800138003", 3)))
	e.flags(p, "+8613800138004", 3)
	e.now++
	e.flags(p, "+8613800138004", 9)
	e.enacts(drawn)
	if got := e.inherited(p); len(got) > 0 {
		t.Fatalf("the ended key says again %v", got)
	}
	lost, _ := e.view.List().Told(late)
	if lost.Reason != view.ReasonNotIssuer {
		t.Fatalf("what came after the cut: %v", lost.Reason)
	}

	p.Succeed(second)
	cut, stop := context.WithCancel(context.Background())
	stop()
	if _, err := p.Drain(cut); !errors.Is(err, context.Canceled) {
		t.Fatalf("cut short: %v", err)
	}
	if got, want := e.inherited(p), slices.Repeat([]string{first.Public().Short()}, 3); !slices.Equal(got, want) {
		t.Fatalf("said again %v, want %v", got, want)
	}
	live := func() (on []string) {
		for _, num := range []string{"+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003", "+8613800138004"} {
			if s, ok := e.view.List().Standing(lost.Member, chartertest.Range(t, num), anyCategory(t)); ok {
				on = append(on, num[10:])
				if num[10:] == "8004" && s.Flag.Reports != 9 {
					t.Errorf("the older of two flags stands: %+v", s.Flag)
				}
			}
		}
		return on
	}
	want := []string{"8001", "8002", "8004"}
	if got := live(); !slices.Equal(got, want) {
		t.Fatalf("%v stand, want %v", got, want)
	}
	e.takesBack(p, hand.Publication(lost.Publication))
	want = []string{"8001", "8004"}
	if got := live(); !slices.Equal(got, want) {
		t.Fatalf("once its publication is retracted %v stand, want %v", got, want)
	}

	cfg := e.config("desk")
	cfg.Key = second
	again, err := New(cfg) // after a restart
	if err != nil {
		t.Fatal(err)
	}
	if got := e.inherited(again); len(got) > 0 {
		t.Fatalf("after a restart it says again %v", got)
	}
	drawn = e.rotation(second, third)
	e.flags(again, "+8613800138003", 3)
	e.enacts(drawn)
	again.Succeed(third)
	if got, want := e.inherited(again), []string{second.Public().Short()}; !slices.Equal(got, want) {
		t.Fatalf("after another rotation it says again %v, want %v", got, want)
	}
	if got, want := live(), []string{"8001", "8003", "8004"}; !slices.Equal(got, want) {
		t.Fatalf("in the end %v stand, want %v", got, want)
	}
}
