package harmonise

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// draw makes random evidence in a space small enough that ties, equal groups,
// near thresholds and superseded flags are common.
type draw struct {
	rng     *rand.Rand
	longest int // half-life and life in days
}

func (d draw) pick(of ...int) int { return of[d.rng.IntN(len(of))] }

func (d draw) policy() policy.Policy {
	p := policy.Default()
	life := func() uint16 { return uint16(1 + d.rng.IntN(d.longest)) }
	lives := func() policy.ByClass {
		return policy.ByClass{Crm: life(), Har: life(), Mkt: life(), Oth: life(), Unk: life(), ID: life(), OK: life()}
	}
	p.HalfLifeDays = lives()
	p.LabelPermille = uint16(d.pick(1, 100, 280, 280, 280, 500, 999))
	p.SinglePermille = uint16(d.pick(1, 300, 430, 430, 430, 600, 1000))
	p.VoicePermille = uint16(d.pick(1, 100, 250, 250, 1000))
	p.HarmlessPermille = uint16(d.pick(1, 150, 150, 400))
	p.ContestedMargin = int32(d.pick(0, 1, 8192, 8192, 30000))
	return p
}

func (d draw) category() taxonomy.Category {
	all := []taxonomy.Category{loans, retail, health, silent, onering, fraud, survey, courier, org, fine, taxonomy.Untyped, taxonomy.Untyped}
	return all[d.rng.IntN(len(all))]
}

func (d draw) evidence(n int) []Evidence {
	ev := make([]Evidence, n)
	groups := 1 + d.rng.IntN(5)
	for i := range ev {
		age := taxonomy.Day(d.rng.IntN(d.longest))
		seen := today - age
		if d.rng.IntN(12) == 0 {
			seen = today + age/4
		}
		from := seen
		if d.rng.IntN(4) == 0 {
			from = today + taxonomy.Day(d.rng.IntN(20)) - 5
		}
		ev[i] = Evidence{
			Group:      uint16(d.rng.IntN(groups) * 7),
			Weight:     uint16(d.pick(0, 420, 420, 420, 650, 850, 1000)),
			Category:   d.category(),
			Confidence: uint16(d.pick(0, 1, 200, 333, 428, 500, 550, 714, 800, 1000, d.rng.IntN(1001))),
			LastSeen:   seen.Start() + int64(d.rng.IntN(3))*40000,
			BatchTime:  seen.Start() + 86400 + int64(d.rng.IntN(3)),
			From:       from,
			Until:      from + taxonomy.Day(d.rng.IntN(d.longest)),
			IssuerRank: uint32(d.rng.IntN(3)),
			Epoch:      uint64(d.rng.IntN(2)),
			Sequence:   uint64(d.rng.IntN(3)),
			Index:      uint16(i),
		}
		if d.rng.IntN(30) == 0 {
			ev[i].Until = taxonomy.NeverDay
		}
	}
	return ev
}

func same(a, b finding) bool {
	sums := maps.Equal(a.sums, b.sums)
	a.sums, b.sums = nil, nil
	return sums && reflect.DeepEqual(a, b)
}

func TestHarmoniseAgreesWithTheOracle(t *testing.T) {
	d := draw{rng: rand.New(rand.NewPCG(2, 3)), longest: 200}
	seen := map[Rule]int{}
	for round := range 6000 {
		p := policy.Default()
		if round%3 > 0 {
			p = d.policy()
		}
		r, err := NewRules(p)
		if err != nil {
			t.Fatal(err)
		}
		ev := d.evidence(d.rng.IntN(24))
		contest := d.rng.IntN(8) == 0
		got := r.Harmonise(ev, today, contest)
		seen[got.Rule]++
		if want := (oracle{policy: p}).find(ev, today, contest); !same(asFinding(got), want) {
			t.Fatalf("round %d: got %+v\nwant %+v\nfor %+v under %+v", round, got, want, ev, p)
		}
		if again := r.Harmonise(shuffled(d.rng, ev), today, contest); again != got {
			t.Fatalf("round %d: another order gives %+v, not %+v", round, again, got)
		}
		if got.Entry.Contested != (got.Listed && got.Dispute.Any()) {
			t.Fatalf("round %d: contested is %v for %+v", round, got.Entry.Contested, got.Dispute)
		}
	}
	for rule := NoEvidence; rule <= HarmlessWins; rule++ {
		if seen[rule] < 100 {
			t.Errorf("only %d rounds ended by %s; the draw is too narrow", seen[rule], rule)
		}
	}
}

func TestNextChangeAgreesWithDayByDay(t *testing.T) {
	d := draw{rng: rand.New(rand.NewPCG(4, 5)), longest: 30}
	changes := 0
	for round := range 2500 {
		p := d.policy()
		r, err := NewRules(p)
		if err != nil {
			t.Fatal(err)
		}
		ev := d.evidence(d.rng.IntN(9))
		contest := d.rng.IntN(8) == 0
		got := r.NextChange(ev, today, contest)
		if want := (oracle{policy: p}).nextChange(ev, today, contest); got != want {
			t.Fatalf("round %d: next change %s, want %s\nfor %+v under %+v", round, got, want, ev, p)
		}
		if got != taxonomy.NeverDay {
			changes++
		}
	}
	if changes < 1000 {
		t.Errorf("only %d keys change at all; the draw is too narrow", changes)
	}
}

// TestNextChangeUnderLongLives steps day by day with the fast rules (which the
// oracle holds in check) where its own search would take minutes.
func TestNextChangeUnderLongLives(t *testing.T) {
	d := draw{rng: rand.New(rand.NewPCG(6, 7)), longest: 400}
	r := defaultRules(t)
	for round := range 1500 {
		if round%4 == 0 {
			var err error
			if r, err = NewRules(d.policy()); err != nil {
				t.Fatal(err)
			}
		}
		ev := d.evidence(1 + d.rng.IntN(14))
		if got, want := r.NextChange(ev, today, false), stepByStep(r, ev, today); got != want {
			t.Fatalf("round %d: next change %s, want %s\nfor %+v", round, got, want, ev)
		}
	}
}

// stepByStep is NextChange without jumps, for at most 5,000 days.
func stepByStep(r *Rules, ev []Evidence, day taxonomy.Day) taxonomy.Day {
	now := r.Harmonise(ev, day, false)
	for d := day + 1; d < day+5000; d++ {
		if r.Harmonise(ev, d, false).Entry != now.Entry {
			return d
		}
	}
	return taxonomy.NeverDay
}

func TestGoldenCasesToTheirEnd(t *testing.T) {
	r := defaultRules(t)
	o := oracle{policy: policy.Default()}
	for _, c := range goldenCases(t) {
		ev := c.evidence(r)
		for day := today; day != taxonomy.NeverDay; {
			got := r.NextChange(ev, day, false)
			if want := o.nextChange(ev, day, false); got != want {
				t.Fatalf("case %d: after %s the next change is %s, want %s", c.Case, day, got, want)
			}
			day = got
		}
	}
}

func TestMemoAgreesWithTheRules(t *testing.T) {
	d := draw{rng: rand.New(rand.NewPCG(8, 9)), longest: 60}
	r := defaultRules(t)
	memo := r.NewMemo(50)
	for round := range 8000 {
		// Few distinct patterns, so that most are remembered.
		small := draw{rng: rand.New(rand.NewPCG(uint64(d.rng.IntN(70)), 1)), longest: 60}
		ev := small.evidence(1 + small.rng.IntN(10))
		shift := taxonomy.Day(d.rng.IntN(5))
		for i := range ev {
			ev[i].Group += uint16(round % 3)
			ev[i].LastSeen += int64(shift) * 86400
			ev[i].BatchTime += int64(shift) * 86400
			ev[i].From += shift
			if ev[i].Until != taxonomy.NeverDay {
				ev[i].Until += shift
			}
		}
		day, contest := today+shift, d.rng.IntN(2) == 0
		entry, listed, next := memo.Settle(shuffled(d.rng, ev), day, contest)
		want := r.Harmonise(ev, day, contest)
		if entry != want.Entry || listed != want.Listed || next != r.NextChange(ev, day, contest) {
			t.Fatalf("round %d: the memo settles %+v until %s, the rules %+v until %s",
				round, entry, next, want.Entry, r.NextChange(ev, day, contest))
		}
		if len(memo.known) > 50 {
			t.Fatalf("the memo holds %d patterns, more than its 50", len(memo.known))
		}
	}
}
