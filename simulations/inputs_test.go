package simulations

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"
	"time"

	"ringfence/node/publish"
	"ringfence/node/source"
	"ringfence/simulations/stage"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// The rules on the real files, without a node around them. A rough prototype
// of the rules gave 21,116 labelled and 17 contested.
func TestDemoFederationOnRealFiles(t *testing.T) {
	f, state := founded(t)
	s, err := stage.New(stage.Config{State: state, Store: memory.New(), Now: func() time.Time { return noon }, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ accepted, said, refused int }{
		deskWest: {2030, 1884, 3}, deskSouth: {3643, 3455, 12}, deskRest: {3181, 2986, 7},
		USNumbers: {237519, 211198, 0}, esList: {20246, 20246, 0},
	}
	subjects := make(map[number.Number]map[string]string)
	for _, in := range inputs() {
		text, err := in.text()
		if err != nil {
			t.Fatal(err)
		}
		country := number.Country(0)
		if in.country != "" {
			country = number.Spain
		}
		delivery, res, err := s.Publish(context.Background(), f.Issuer(in.member), stage.File{
			Name: in.file, Mapping: in.mapping, Country: country, Newest: taxonomy.DayOf(noon.Unix()) - 1, Text: bytes.NewReader(text),
		}, publish.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := delivery.Summary().Accepted, want[in.member]; got != want.accepted || res.Said != want.said || res.Refused != want.refused {
			t.Errorf("%s: accepted %d, said %d, refused %d; want %v", in.member, got, res.Said, res.Refused, want)
		}
		if got := delivery.Newest().String(); in.newest != "" && got != in.newest {
			t.Errorf("%s: the newest row is of %s, not of %s", in.member, got, in.newest)
		}
		if in.mapping == "ftc-daily" {
			leading(delivery, in.member, subjects)
		}
	}
	if got := s.View.List().Counts(); got.Labelled != 21109 || got.Contested != 17 || got.Keys != 239457 || got.Void != 0 {
		t.Errorf("%+v", got)
	}
	proofSizes(t, s.View.List().Tree())
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
