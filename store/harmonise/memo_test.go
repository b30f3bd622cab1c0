package harmonise

import (
	"math/rand/v2"
	"testing"

	"ringfence/store/taxonomy"
)

func TestMemoTellsPatternsApart(t *testing.T) {
	r := defaultRules(t)
	base := func() []Evidence {
		return []Evidence{flagged(r, 1, 650, retail, 714, 3), flagged(r, 2, 420, retail, 333, 9)}
	}
	edits := map[string]func(ev []Evidence){
		"nothing":                   func([]Evidence) {},
		"weight":                    func(ev []Evidence) { ev[0].Weight = 420 },
		"confidence":                func(ev []Evidence) { ev[1].Confidence = 0 },
		"category":                  func(ev []Evidence) { ev[0].Category = fraud },
		"group":                     func(ev []Evidence) { ev[1].Group = 1 },
		"group and age":             func(ev []Evidence) { ev[1].Group = 1; ev[1].LastSeen = ev[0].LastSeen + 1 },
		"last seen by a day":        func(ev []Evidence) { ev[0].LastSeen -= 86400 * 20 },
		"from":                      func(ev []Evidence) { ev[0].From = today + 2 },
		"until":                     func(ev []Evidence) { ev[0].Until = today + 2 },
		"until never":               func(ev []Evidence) { ev[0].Until = taxonomy.NeverDay },
		"seen after the day":        func(ev []Evidence) { ev[0].LastSeen = (today + 1).Start() },
		"seen long after the day":   func(ev []Evidence) { ev[0].LastSeen = (today + 30).Start() },
		"already expired":           func(ev []Evidence) { ev[0].Until = today },
		"expired before it started": func(ev []Evidence) { ev[0].Until = ev[0].From },
	}
	memo := r.NewMemo(1000)
	for range 2 {
		for name, edit := range edits {
			for _, contest := range []bool{false, true} {
				ev := base()
				edit(ev)
				entry, listed, next := memo.Settle(ev, today, contest)
				want := r.Harmonise(ev, today, contest)
				if entry != want.Entry || listed != want.Listed || next != r.NextChange(ev, today, contest) {
					t.Errorf("%s: the memo settles %+v %v %s, the rules %+v", name, entry, listed, next, want.Entry)
				}
			}
		}
	}
}

func TestMemoKnowsYesterdaysPattern(t *testing.T) {
	r := defaultRules(t)
	memo := r.NewMemo(10)
	yesterday := flagged(r, 1, 650, retail, 714, 3)
	memo.Settle([]Evidence{yesterday}, today, false)
	later := yesterday
	later.Group, later.LastSeen, later.From, later.Until = 5, later.LastSeen+86400, later.From+1, later.Until+1
	_, _, next := memo.Settle([]Evidence{later}, today+1, false)
	if len(memo.known) != 1 {
		t.Errorf("the same pattern a day later is remembered as another (%d patterns)", len(memo.known))
	}
	if want := r.NextChange([]Evidence{later}, today+1, false); next != want {
		t.Errorf("the next change a day later is %s, want %s", next, want)
	}
}

func TestMemoOfNothing(t *testing.T) {
	memo := defaultRules(t).NewMemo(0)
	for range 2 {
		entry, listed, next := memo.Settle(nil, today, true)
		if listed || !entry.IsZero() || next != taxonomy.NeverDay {
			t.Errorf("no evidence settles as %+v %v %s", entry, listed, next)
		}
	}
	if len(memo.known) != 1 {
		t.Errorf("a memo of the least size holds %d patterns", len(memo.known))
	}
}

func TestNothingAllocatesWhereItMustNot(t *testing.T) {
	r := defaultRules(t)
	d := draw{rng: rand.New(rand.NewPCG(12, 13)), longest: 60}
	one := []Evidence{flagged(r, 1, 420, retail, 333, 3)}
	some := d.evidence(maxPattern)
	most := d.evidence(fewEvidence)
	memo := r.NewMemo(10)
	memo.Settle(one, today, false)
	memo.Settle(some, today, false)
	memo.Settle(most, today, false)
	for name, f := range map[string]func(){
		"a remembered key with one flag":      func() { memo.Settle(one, today, false) },
		"a remembered key with several flags": func() { memo.Settle(some, today, false) },
		"a key too long to remember":          func() { memo.Settle(most, today, false) },
		"harmonising":                         func() { r.Harmonise(most, today, false) },
		"the next change":                     func() { r.NextChange(most, today, false) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkSettleRememberedSingle(b *testing.B) {
	r := defaultRules(b)
	memo := r.NewMemo(1000)
	var keys [][]Evidence
	for age := range taxonomy.Day(75) {
		keys = append(keys, []Evidence{flagged(r, 1, 420, retail, 333, age)})
	}
	for i := 0; b.Loop(); i++ {
		memo.Settle(keys[i%len(keys)], today, false)
	}
}

func BenchmarkSettleRememberedThree(b *testing.B) {
	r := defaultRules(b)
	memo := r.NewMemo(1000)
	ev := []Evidence{flagged(r, 1, 420, retail, 333, 3), flagged(r, 2, 420, loans, 333, 5), flagged(r, 3, 420, taxonomy.Untyped, 428, 7)}
	for b.Loop() {
		memo.Settle(ev, today, false)
	}
}

func BenchmarkHarmoniseSingle(b *testing.B) {
	r := defaultRules(b)
	ev := []Evidence{flagged(r, 1, 420, retail, 333, 3)}
	for b.Loop() {
		r.Harmonise(ev, today, false)
	}
}

func BenchmarkNextChangeSingle(b *testing.B) {
	r := defaultRules(b)
	ev := []Evidence{flagged(r, 1, 650, retail, 714, 3)}
	for b.Loop() {
		r.NextChange(ev, today, false)
	}
}

func BenchmarkNextChangeSingleStepByStep(b *testing.B) {
	r := defaultRules(b)
	ev := []Evidence{flagged(r, 1, 420, retail, 333, 3)}
	for b.Loop() {
		stepByStep177(r, ev)
	}
}

// stepByStep177 walks the days to the expiry, as the naive search does.
func stepByStep177(r *Rules, ev []Evidence) {
	for day := today + 1; day < ev[0].Until; day++ {
		r.Harmonise(ev, day, false)
	}
}

func BenchmarkNextChangeTwelve(b *testing.B) {
	r := defaultRules(b)
	d := draw{rng: rand.New(rand.NewPCG(14, 15)), longest: 90}
	ev := d.evidence(12)
	for b.Loop() {
		r.NextChange(ev, today, false)
	}
}

func BenchmarkHarmoniseThousand(b *testing.B) {
	r := defaultRules(b)
	d := draw{rng: rand.New(rand.NewPCG(16, 17)), longest: 90}
	ev := d.evidence(1000)
	for i := range ev {
		ev[i].Group = uint16(i)
	}
	for b.Loop() {
		r.Harmonise(ev, today, false)
	}
}
