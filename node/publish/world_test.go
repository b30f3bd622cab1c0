package publish

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringfence/node/publish/hand"
	"ringfence/node/publish/pen"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// today is the list's day in these tests, and noon the clock.
const today taxonomy.Day = 20780

var noon = today.Start() + 43200

// world is one node: a store, the door, the view, and a clock that tests set.
type world struct {
	t     testing.TB
	state *charter.State
	store Store
	door  pen.Door
	view  *view.View
	now   int64
	seed  byte

	announced []*intake.Admitted
}

// fullStore is what the node as a whole needs of a store.
type fullStore interface {
	Store
	intake.Store
	view.Source
}

func newWorld(t testing.TB, members ...string) *world {
	t.Helper()
	return newWorldOn(t, memory.New(), func(*charter.FoundingConfig) {}, members...)
}

func newWorldOn(t testing.TB, store fullStore, change func(*charter.FoundingConfig), members ...string) *world {
	t.Helper()
	cfg := chartertest.Config(t, members...)
	change(&cfg)
	w := &world{t: t, state: chartertest.State(t, cfg), store: store, now: noon}
	door, err := intake.New(intake.Config{Federation: w.state.Federation(), Roster: w.state, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	w.door = door
	w.view, err = view.New(view.Config{State: w.state, Source: store, Day: today, Session: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.view.Follow(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) config(member string) Config {
	w.seed++
	return Config{
		Key: chartertest.Issuer(member), Store: w.store, Door: w.door, View: w.view,
		Now:      func() time.Time { return time.Unix(w.now, 0) },
		Random:   rand.NewChaCha8([32]byte{w.seed}),
		Announce: func(a []*intake.Admitted) { w.announced = append(w.announced, a...) },
	}
}

func (w *world) publisher(member string) *Publisher {
	w.t.Helper()
	p, err := New(w.config(member))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// publish publishes and expects success.
func (w *world) publish(p *Publisher, d *Delivery) Result {
	w.t.Helper()
	res, err := p.Publish(context.Background(), d, Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

func (w *world) terms(p *Publisher) hand.Terms {
	w.t.Helper()
	terms, err := p.Terms()
	if err != nil {
		w.t.Fatal(err)
	}
	return terms
}

// fork lets the store hold the proof that somebody signed the last batch of the
// desk's feed twice.
func (w *world) fork() {
	w.t.Helper()
	last := w.announced[len(w.announced)-1]
	other := last.Header
	other.Time--
	encoded, err := other.Encode()
	if err != nil {
		w.t.Fatal(err)
	}
	signed, err := assertion.Sign(encoded, chartertest.Issuer("desk"))
	if err != nil {
		w.t.Fatal(err)
	}
	got, err := w.door.Admit([]intake.Offer{{Header: signed}}, time.Unix(w.now, 0))
	if err != nil || got[0].Status != intake.Forked {
		w.t.Fatal(got, err)
	}
}

// say says statements that are drafted without error.
func (w *world) say(p *Publisher, statements ...assertion.Statement) Said {
	w.t.Helper()
	said, err := p.Say(context.Background(), "by hand", statements...)
	if err != nil {
		w.t.Fatal(err)
	}
	return said
}

// drafted returns a statement that must have been drafted without error.
func drafted(s assertion.Statement, err error) assertion.Statement {
	if err != nil {
		panic(err)
	}
	return s
}

func (w *world) root() merkle.Hash { return w.view.List().Stamp().Root }

func (w *world) entry(text string) taxonomy.Entry {
	w.t.Helper()
	e, _, _ := w.view.List().Lookup(num(w.t, text))
	return e
}

// standing returns what a member has standing.
func (w *world) standing(member, text, category string) (view.Standing, bool) {
	w.t.Helper()
	m, ok := w.state.MemberByID(member)
	if !ok {
		w.t.Fatalf("no member %s", member)
	}
	return w.view.List().Standing(m, num(w.t, text).Range(), cat(w.t, category))
}

func num(t testing.TB, text string) number.Number {
	t.Helper()
	n, err := number.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func cat(t testing.TB, text string) taxonomy.Category {
	t.Helper()
	c, err := taxonomy.ParseCategory(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// days returns noon so many days ago.
func days(ago int) int64 { return noon - int64(ago)*hand.SecondsPerDay }

// draft returns a draft seen once or n times on one day.
func draft(t testing.TB, text, category string, reports uint32, daysAgo int) Draft {
	t.Helper()
	return Draft{Number: num(t, text), Category: cat(t, category), Label: "word", Reports: reports, FirstSeen: days(daysAgo), LastSeen: days(daysAgo)}
}

// delivery returns drafts as a delivery that adds reports; its content is told
// by name.
func delivery(name string, drafts ...Draft) *Delivery {
	d := &Delivery{File: name, Mapping: "test", Adds: true, Drafts: slices.Values(drafts)}
	copy(d.Digest[:], name)
	return d
}

func snapshot(name string, drafts ...Draft) *Delivery {
	d := delivery(name, drafts...)
	d.Adds = false
	return d
}

// many returns a delivery of n numbers in rising order.
func many(name string, n int) *Delivery {
	d := delivery(name)
	d.Drafts = func(yield func(Draft) bool) {
		for i := range n {
			num, err := number.International(fmt.Sprintf("1202%07d", 2000000+i))
			if err != nil {
				panic(err)
			}
			one := Draft{Number: num, Category: taxonomy.Untyped, Label: "word", Reports: uint32(1 + i%7), FirstSeen: days(3), LastSeen: days(1 + i%2), Lines: lines(i + 2)}
			if !yield(one) {
				return
			}
		}
	}
	return d
}

func lines(all ...int) iter.Seq[int] { return slices.Values(all) }

// brokenDoor fails at a call, before or after the inner door did its work, as a
// node that is killed there would.
type brokenDoor struct {
	pen.Door
	calls int
	fail  int // call at which it fails, from 1
	after bool
	seen  func([]intake.Offer)
}

var errKilled = errors.New("killed")

func (d *brokenDoor) Admit(offers []intake.Offer, now time.Time) ([]intake.Outcome, error) {
	d.calls++
	if d.seen != nil {
		d.seen(offers)
	}
	if d.calls == d.fail && !d.after {
		return nil, errKilled
	}
	out, err := d.Door.Admit(offers, now)
	if d.calls == d.fail {
		return nil, errKilled
	}
	return out, err
}

func issuer(member string) keys.Public { return chartertest.Issuer(member).Public() }
