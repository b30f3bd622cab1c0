package simulations

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"
	"time"

	"ringfence/node/publish"
	"ringfence/node/source"
	"ringfence/node/source/mapping"
	"ringfence/store/charter"
	"ringfence/store/intake"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// stage is a store with its door and view, without a node around it.
type stage struct {
	t     testing.TB
	f     *Federation
	store *memory.Store
	door  *intake.Door
	view  *view.View
	plans *plan.Set
}

func newStage(t testing.TB, f *Federation) *stage {
	t.Helper()
	state, err := charter.At(f.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, f: f, store: memory.New()}
	if s.door, err = intake.New(intake.Config{Federation: state.Federation(), Roster: state, Store: s.store}); err != nil {
		t.Fatal(err)
	}
	if s.view, err = view.New(view.Config{State: state, Source: s.store, Day: taxonomy.DayOf(noon.Unix()), Session: 1}); err != nil {
		t.Fatal(err)
	}
	if s.plans, err = plan.Shipped(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) publish(in input, text []byte) (publish.Result, *source.Delivery) {
	s.t.Helper()
	m, err := mapping.Shipped(in.mapping)
	if err != nil {
		s.t.Fatal(err)
	}
	country := number.Country(0)
	if in.country != "" {
		country = number.Spain
	}
	d, err := source.Read(context.Background(), bytes.NewReader(text), m, source.Options{
		File: in.file, NewestOn: taxonomy.DayOf(noon.Unix()) - 1, Country: country,
		Dialler: func(c number.Country) (source.Dialler, error) {
			rules := s.plans.Rules(c)
			return func(t string) number.Caller { return rules.Dialled(t).First() }, nil
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := publish.New(publish.Config{
		Key: s.f.Issuer(in.member), Store: s.store, Door: s.door, View: s.view,
		Now: func() time.Time { return noon }, Random: rand.Reader,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := p.Publish(context.Background(), &publish.Delivery{
		File: in.file, Mapping: m.Name(), Digest: d.Digest(), Adds: m.Mode() == mapping.Reports,
		Drafts: func(yield func(publish.Draft) bool) {
			for one := range d.Drafts() {
				if !yield(publish.Draft{Number: one.Number, Category: one.Category, Label: one.Label, Reports: one.Reports,
					FirstSeen: one.FirstSeen, LastSeen: one.LastSeen, Lines: one.Lines()}) {
					return
				}
			}
		},
	}, publish.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return res, d
}

// The rules on the real files, without a node around them. A rough prototype
// of the rules gave 21,116 labelled and 17 contested.
func TestDemoFederationOnRealFiles(t *testing.T) {
	d := shippedDirectory(t)
	f, _ := founded(t, &d)
	s := newStage(t, f)
	want := map[string]struct{ accepted, said, refused int }{
		deskWest: {2030, 1884, 3}, deskSouth: {3643, 3455, 12}, deskRest: {3181, 2986, 7},
		usNumbers: {237519, 211198, 0}, esList: {20246, 20246, 0},
	}
	subjects := make(map[number.Number]map[string]string)
	for _, in := range inputs() {
		text, err := in.text()
		if err != nil {
			t.Fatal(err)
		}
		res, delivery := s.publish(in, text)
		if got, want := delivery.Summary().Accepted, want[in.member]; got != want.accepted || res.Said != want.said || res.Refused != want.refused {
			t.Errorf("%s: accepted %d, said %d, refused %d; want %v", in.member, got, res.Said, res.Refused, want)
		}
		if in.mapping == "ftc-daily" {
			leading(delivery, in.member, subjects)
		}
	}
	if got := s.view.List().Counts(); got.Labelled != 21109 || got.Contested != 17 || got.Keys != 239457 || got.Void != 0 {
		t.Errorf("%+v", got)
	}
	shared, differ := 0, 0
	for _, of := range subjects {
		words := make(map[string]bool)
		for _, subject := range of {
			words[subject] = true
		}
		if len(of) > 1 {
			shared++
		}
		if len(words) > 1 {
			differ++
		}
	}
	if shared != 48 || differ != 22 {
		t.Errorf("%d numbers are reported to more than one desk, %d of them under different leading subjects; want 48 and 22", shared, differ)
	}
}

// leading notes under which subject a desk has most reports of each number; of
// equals the one that stands first in the alphabet.
func leading(d *source.Delivery, desk string, subjects map[number.Number]map[string]string) {
	most := make(map[number.Number]uint32)
	for one := range d.Drafts() {
		if subjects[one.Number] == nil {
			subjects[one.Number] = make(map[string]string)
		}
		held, ok := subjects[one.Number][desk]
		if !ok || one.Reports > most[one.Number] || one.Reports == most[one.Number] && one.Label < held {
			most[one.Number], subjects[one.Number][desk] = one.Reports, one.Label
		}
	}
}
