package harmonise

import (
	"math/rand/v2"
	"testing"

	"ringfence/store/taxonomy"
)

func TestWeighTellsEachStanding(t *testing.T) {
	r := defaultRules(t)
	flag := func(c taxonomy.Category, confidence uint16, age taxonomy.Day) Evidence {
		return flagged(r, 1, 420, c, confidence, age)
	}
	later := flag(health, 800, 0)
	later.From = today + 1
	edge := flag(health, 800, 180) // expires today
	ev := []Evidence{
		flag(retail, 800, 10),
		flag(retail, 1000, 120),
		flag(silent, 0, 3),
		flag(silent, 500, 60),
		later,
		edge,
		flag(0, 800, 0),
		flag(loans, 714, 0),
	}
	got := r.Weigh(ev, today)
	want := []Contribution{
		{Standing: Counted, By: -1, Age: 10, HalfLife: 120, Decayed: 755, Strength: 317, Sum: SumOf(317), Voice: true, Leads: true},
		{Standing: Superseded, By: 0, Age: 120, HalfLife: 120, Decayed: 500, Strength: 210, Sum: SumOf(210)},
		{Standing: Silent, By: -1, Age: 3, HalfLife: 60},
		{Standing: Silenced, By: 2, Age: 60, HalfLife: 60, Decayed: 250, Strength: 105, Sum: SumOf(105)},
		{Standing: NotYet, By: -1, Age: 0, HalfLife: 120, Decayed: 800, Strength: 336, Sum: SumOf(336)},
		{Standing: Expired, By: -1, Age: 180, HalfLife: 120, Decayed: 282, Strength: 118, Sum: SumOf(118)},
		{Standing: NoClass, By: -1},
		{Standing: Counted, By: -1, Age: 0, HalfLife: 120, Decayed: 714, Strength: 299, Sum: SumOf(299), Voice: true},
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("evidence %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestOfEquallyStrongCategoriesTheFirstLeads(t *testing.T) {
	r := defaultRules(t)
	ev := []Evidence{flagged(r, 1, 420, retail, 500, 0), flagged(r, 1, 420, health, 500, 0)}
	got := r.Weigh(ev, today)
	if got[0].Leads || !got[1].Leads {
		t.Errorf("retail leads %v, health leads %v, want health alone", got[0].Leads, got[1].Leads)
	}
}

// TestWeighAddsUpToTheSums holds the explanation and the entry together: the
// leading contributions of a class are its sum, and each group leads once.
func TestWeighAddsUpToTheSums(t *testing.T) {
	d := draw{rng: rand.New(rand.NewPCG(10, 11)), longest: 100}
	r := defaultRules(t)
	for round := range 2000 {
		ev := d.evidence(d.rng.IntN(20))
		var sums [taxonomy.NumClasses]Sum
		leads := map[groupClass]int{}
		counted := map[groupCategory]int{}
		for i, c := range r.Weigh(ev, today) {
			class := ev[i].Category.Class()
			if c.Leads {
				sums[class] += c.Sum
				leads[groupClass{ev[i].Group, class}]++
			}
			if c.Standing == Counted || c.Standing == Silent {
				counted[groupCategory{ev[i].Group, ev[i].Category}]++
			}
			if by := c.By; by >= 0 && (ev[by].Category != ev[i].Category || ev[by].Group != ev[i].Group || compareAge(&ev[by], &ev[i]) >= 0) {
				t.Fatalf("round %d: %+v is superseded by %+v", round, ev[i], ev[by])
			}
		}
		if res := r.Harmonise(ev, today, false); res.Sums != sums {
			t.Fatalf("round %d: contributions add up to %v, the sums are %v", round, sums, res.Sums)
		}
		for key, n := range leads {
			if n != 1 {
				t.Fatalf("round %d: %+v leads %d times", round, key, n)
			}
		}
		for key, n := range counted {
			if n != 1 {
				t.Fatalf("round %d: %+v counts %d times", round, key, n)
			}
		}
	}
}

func TestTheNewestIsFoundByEachFieldInTurn(t *testing.T) {
	r := defaultRules(t)
	base := flagged(r, 1, 420, retail, 500, 5)
	base.IssuerRank, base.Epoch, base.Sequence, base.Index = 4, 4, 4, 4
	// Each case is newer by one field and older by all that come after it.
	older := func(e *Evidence, from int) {
		fields := []func(){
			func() { e.BatchTime-- }, func() { e.IssuerRank-- }, func() { e.Epoch-- }, func() { e.Sequence-- }, func() { e.Index-- },
		}
		for _, f := range fields[from:] {
			f()
		}
	}
	for _, c := range []struct {
		field string
		edit  func(*Evidence)
	}{
		{"last seen", func(e *Evidence) { e.LastSeen++; older(e, 0) }},
		{"batch time", func(e *Evidence) { e.BatchTime++; older(e, 1) }},
		{"issuer", func(e *Evidence) { e.IssuerRank++; older(e, 2) }},
		{"epoch", func(e *Evidence) { e.Epoch++; older(e, 3) }},
		{"sequence", func(e *Evidence) { e.Sequence++; older(e, 4) }},
		{"index", func(e *Evidence) { e.Index++ }},
	} {
		newer := base
		newer.Confidence = 1000
		c.edit(&newer)
		for _, ev := range [][]Evidence{{base, newer}, {newer, base}} {
			if got := r.Harmonise(ev, today, false).TestedSum; got != SumOf(strength(420, r.decay(1000, taxonomy.Mkt, 5))) {
				t.Errorf("%s does not decide which flag is newer", c.field)
			}
		}
	}
}
