package simulations

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"ringfence/simulations/data"
	"ringfence/simulations/region"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/policy"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func founded(t testing.TB) (*Federation, *charter.State) {
	t.Helper()
	f, err := Found(Founding{Now: noon, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	s, err := charter.At(f.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// The charter says what the demo promises: nine members, each a group of its
// own, two of them trusted, one of them founder and regulator.
func TestDemoCharter(t *testing.T) {
	f, s := founded(t)
	for _, short := range []string{"110", "119", "95588"} {
		n, err := number.Service(number.China, short)
		if err != nil || !s.ProtectedNumber(n) {
			t.Errorf("%s is not protected: %v", short, err)
		}
	}
	groups := make(map[uint16]string)
	for m, member := range s.Members() {
		if other, taken := groups[s.Group(m)]; taken {
			t.Errorf("%s and %s share a group", other, member.ID)
		}
		groups[s.Group(m)] = member.ID
		want := uint16(420)
		switch member.ID {
		case USNumbers, esList:
			want = policy.Trusted
		case carrier, mobile:
			want = 650
		case reseller:
			want = 550
		case regulator:
			want = 850
		}
		if got := s.Weight(m); got != want {
			t.Errorf("%s weighs %d, want %d", member.ID, got, want)
		}
		info, ok := s.Issuer(f.Issuer(member.ID).Public())
		if !ok || info.Member != m {
			t.Errorf("%s does not speak by its key", member.ID)
		}
		if vendor := s.May(m, assertion.KindFlag); !vendor {
			t.Errorf("%s may not flag", member.ID)
		}
	}
	if len(groups) != 9 {
		t.Errorf("%d members", len(groups))
	}
	c := s.Charter()
	if len(c.Founders) != 1 || c.Founders[0].Member != regulator || len(c.Regulators) != 1 || c.Regulators[0].Member != regulator {
		t.Errorf("founders %v, regulators %v", c.Founders, c.Regulators)
	}
}

// Every number of the directory is the carrier's to speak for, and protected.
func TestDemoDirectoryNumbersAreTheCarriersAndProtected(t *testing.T) {
	f, s := founded(t)
	m, _ := s.MemberByID(carrier)
	for _, h := range f.held.Holdings {
		if !s.ProtectedNumber(h.Number) || !s.SpeaksFor(m, h.Number.Range()) {
			t.Fatalf("%s of %s: protected %t, the carrier's %t", h.Number, h.Organisation, s.ProtectedNumber(h.Number), s.SpeaksFor(m, h.Number.Range()))
		}
	}
}

func TestRegions(t *testing.T) {
	for state, want := range map[string]region.Region{
		"California": region.West, "Hawaii": region.West, "Montana": region.West,
		"Texas": region.South, "District of Columbia": region.South, "Delaware": region.South, "Maryland": region.South, "Oklahoma": region.South,
		"Ohio": region.Rest, "New York": region.Rest, "Puerto Rico": region.Rest, "US Military Pacific": region.Rest, "": region.Rest, "california": region.Rest,
	} {
		if got := region.Of(state); got != want {
			t.Errorf("%q is of region %d, want %d", state, got, want)
		}
	}
}

// Each row of the daily file is in one part, on the line where it stood.
func TestPartsAreTheWholeFile(t *testing.T) {
	file, err := data.Read(data.FTCDaily)
	if err != nil {
		t.Fatal(err)
	}
	whole := bytes.Split(file, []byte("\n"))
	taken := make([]int, len(whole))
	for _, of := range []region.Region{region.West, region.South, region.Rest} {
		part, err := region.Part(file, of)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for i, line := range bytes.Split(part, []byte("\n")) {
			if i == 0 || len(line) == 0 {
				continue
			}
			if !bytes.Equal(line, whole[i]) {
				t.Fatalf("line %d of part %d is another line", i+1, of)
			}
			taken[i]++
			rows++
		}
		if rows < 2000 {
			t.Errorf("part %d has %d rows", of, rows)
		}
	}
	for i, n := range taken[1:] {
		if blank := len(bytes.TrimSpace(whole[i+1])) == 0; n != 1 && !blank {
			t.Errorf("line %d is in %d parts", i+2, n)
		}
	}
}

func TestPartOfWantsTheColumn(t *testing.T) {
	for _, text := range []string{"", "a,b\n1,2\n", "\"a,b\n"} {
		if _, err := region.Part([]byte(text), region.West); err == nil {
			t.Errorf("%q was split", text)
		}
	}
}
