package harmonise

import (
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// weights of the default policy, by role.
func roleWeights() map[string]uint16 {
	w := policy.Default().Weights
	return map[string]uint16{
		"operator": w.Operator, "mvno": w.MVNO, "vendor": w.Vendor, "coordinator": w.Coordinator, "regulator": w.Regulator,
	}
}

func nuisance() []taxonomy.Category {
	var all []taxonomy.Category
	for _, c := range taxonomy.Categories() {
		if c.Class().Nuisance() {
			all = append(all, c)
		}
	}
	return all
}

func TestOneComplaintLabelsNothingWhoeverFilesIt(t *testing.T) {
	r := defaultRules(t)
	for role, weight := range roleWeights() {
		for _, c := range nuisance() {
			res := r.Harmonise([]Evidence{flagged(r, 1, weight, c, r.Confidence(1), 0)}, today, false)
			if res.Entry.Action != taxonomy.Allow || res.Voices != 0 || res.Rule != BelowThreshold {
				t.Errorf("%s with one report of %s: %+v", role, c, res)
			}
		}
	}
}

func TestOneComplaintEachAtTwoDesksLabelsNothing(t *testing.T) {
	r := defaultRules(t)
	for role, weight := range roleWeights() {
		ev := []Evidence{
			flagged(r, 1, weight, retail, r.Confidence(1), 0),
			flagged(r, 2, weight, retail, r.Confidence(1), 0),
		}
		if res := r.Harmonise(ev, today, false); res.Entry.Action != taxonomy.Allow || res.Voices != 0 {
			t.Errorf("two of role %s with one report each: %+v", role, res)
		}
	}
}

func TestAVendorAloneLabelsNothingWhateverItClaims(t *testing.T) {
	r := defaultRules(t)
	var all []Evidence
	for _, c := range nuisance() {
		all = append(all, flagged(r, 1, roleWeights()["vendor"], c, 1000, 0))
		if res := r.Harmonise(all[len(all)-1:], today, false); res.Entry.Action != taxonomy.Allow || res.Voices != 1 {
			t.Errorf("a vendor that is certain of %s: %+v", c, res)
		}
	}
	if res := r.Harmonise(all, today, false); res.Entry.Action != taxonomy.Allow {
		t.Errorf("a vendor that is certain of everything at once: %+v", res)
	}
}

func TestTenMarketingReportsOfAnOperatorLabelFor14Days(t *testing.T) {
	r := defaultRules(t)
	ev := []Evidence{flagged(r, 1, roleWeights()["operator"], retail, r.Confidence(10), 0)}
	labelled := 0
	for day := today; r.Harmonise(ev, day, false).Entry.Action == taxonomy.Label; day++ {
		labelled++
	}
	if labelled != 14 {
		t.Errorf("labelled for %d days, want 14", labelled)
	}
	if next := r.NextChange(ev, today, false); next != today+14 {
		t.Errorf("the label ends on %s, want %s", next, today+14)
	}
	if next := r.NextChange(ev, today+14, false); next != today+180 {
		t.Errorf("the entry ends on %s, want its expiry %s", next, today+180)
	}
}

// TestOtherAndReducingYourDebt is a number that one desk files under "Other"
// and another under "Reducing your debt": the typed word names the class and
// its tested sum has both.
func TestOtherAndReducingYourDebt(t *testing.T) {
	r := defaultRules(t)
	west := flagged(r, 1, 420, taxonomy.Untyped, r.Confidence(3), 1)
	south := flagged(r, 2, 420, loans, r.Confidence(2), 1)
	res := r.Harmonise([]Evidence{west, south}, today, false)
	if res.Entry.Class != taxonomy.Mkt || res.Entry.Category != loans || res.Rule != TwoVoices {
		t.Errorf("the typed word does not name the class: %+v", res)
	}
	if want := res.Sums[taxonomy.Mkt] + res.Sums[taxonomy.Unk]; res.TestedSum != want || res.Sums[taxonomy.Unk] == 0 {
		t.Errorf("tested sum %d, want %d with both", res.TestedSum, want)
	}
}

func TestTwoMembersOfOneGroupCountOnce(t *testing.T) {
	r := defaultRules(t)
	one := flagged(r, 1, 420, retail, 833, 0)
	two := flagged(r, 1, 420, retail, 833, 0)
	two.IssuerRank = 9
	alone, both := r.Harmonise([]Evidence{one}, today, false), r.Harmonise([]Evidence{one, two}, today, false)
	if alone != both {
		t.Errorf("a second member of the group changes %+v to %+v", alone, both)
	}
	two.Group = 2
	if res := r.Harmonise([]Evidence{one, two}, today, false); res.Entry.Action != taxonomy.Label {
		t.Errorf("two groups do not label: %+v", res)
	}
}

func TestRetractingTheNewestRevivesTheOlder(t *testing.T) {
	r := defaultRules(t)
	old := flagged(r, 1, 650, retail, r.Confidence(50), 3)
	newest := flagged(r, 1, 650, retail, r.Confidence(1), 1)
	if res := r.Harmonise([]Evidence{old, newest}, today, false); res.Entry.Action != taxonomy.Allow {
		t.Errorf("the newest does not replace the older: %+v", res)
	}
	if res := r.Harmonise([]Evidence{old}, today, false); res.Entry.Action != taxonomy.Label {
		t.Errorf("without the newest the older does not count again: %+v", res)
	}
}

func TestAnExpiringNewestRevivesTheOlder(t *testing.T) {
	r := defaultRules(t)
	old := flagged(r, 1, 650, retail, r.Confidence(50), 3)
	newest := flagged(r, 1, 650, retail, r.Confidence(1), 1)
	newest.Until = today + 5
	ev := []Evidence{newest, old}
	if next := r.NextChange(ev, today, false); next != today+5 {
		t.Errorf("next change %s, want the expiry of the newest %s", next, today+5)
	}
	if res := r.Harmonise(ev, today+5, false); res.Entry.Action != taxonomy.Label {
		t.Errorf("after it expired: %+v", res)
	}
}

func TestReportsThatLabel(t *testing.T) {
	r := defaultRules(t)
	labels := func(weights []uint16, reports []uint32) bool {
		var ev []Evidence
		for i := range weights {
			ev = append(ev, flagged(r, uint16(i), weights[i], retail, r.Confidence(reports[i]), 0))
		}
		return r.Harmonise(ev, today, false).Entry.Action == taxonomy.Label
	}
	w := roleWeights()
	for _, c := range []struct {
		name    string
		weights []uint16
		reports []uint32
		want    bool
	}{
		{"operator with 7", []uint16{w["operator"]}, []uint32{7}, false},
		{"operator with 8", []uint16{w["operator"]}, []uint32{8}, true},
		{"regulator with 4", []uint16{w["regulator"]}, []uint32{4}, false},
		{"regulator with 5", []uint16{w["regulator"]}, []uint32{5}, true},
		{"two vendors with 2 and 2", []uint16{w["vendor"], w["vendor"]}, []uint32{2, 2}, false},
		{"two vendors with 2 and 3", []uint16{w["vendor"], w["vendor"]}, []uint32{2, 3}, true},
		{"two vendors with 1 and 4,000,000: one complaint is no voice", []uint16{w["vendor"], w["vendor"]}, []uint32{1, 4000000}, false},
	} {
		if got := labels(c.weights, c.reports); got != c.want {
			t.Errorf("%s: labelled %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAnOpenContestShowsAndListsNothing(t *testing.T) {
	r := defaultRules(t)
	ev := []Evidence{flagged(r, 1, 850, retail, 1000, 0)}
	if res := r.Harmonise(ev, today, true); !res.Entry.Contested || res.Entry.Action != taxonomy.Label || !res.Dispute.Contest {
		t.Errorf("an open contest of a labelled number: %+v", res)
	}
	if res := r.Harmonise(nil, today, true); res.Listed || !res.Entry.IsZero() || res.Dispute.Any() {
		t.Errorf("an open contest without evidence: %+v", res)
	}
}

// TestTheCategoryMayChangeWithAgeAlone: one group's strong word weighs more
// than two groups' weaker ones while it is young, less when all have faded.
func TestTheCategoryMayChangeWithAgeAlone(t *testing.T) {
	r := defaultRules(t)
	ev := []Evidence{
		flagged(r, 1, 850, retail, 950, 0),
		flagged(r, 2, 850, health, 600, 0),
		flagged(r, 3, 850, health, 600, 0),
	}
	next := r.NextChange(ev, today, false)
	before, after := r.Harmonise(ev, next-1, false).Entry, r.Harmonise(ev, next, false).Entry
	if before.Category != retail || after.Category != health {
		t.Errorf("on %s the entry goes from %+v to %+v, want a new category", next, before, after)
	}
	before.Category = after.Category
	if before != after || next != stepByStep(r, ev, today) {
		t.Errorf("on %s the entry goes from %+v to %+v, want the category alone, and on that day", next, before, after)
	}
}

func TestTheClosestRivalIsNamed(t *testing.T) {
	r := defaultRules(t)
	ev := []Evidence{
		flagged(r, 1, 420, silent, 500, 0),
		flagged(r, 2, 420, retail, 550, 0),
		flagged(r, 3, 420, fraud, 480, 0),
		flagged(r, 4, 420, survey, 100, 0),
	}
	res := r.Harmonise(ev, today, false)
	if res.Entry.Class != taxonomy.Mkt || res.Dispute != (Dispute{Close: taxonomy.Har}) {
		t.Errorf("shown %s against %+v, want mkt against har", res.Entry.Class, res.Dispute)
	}
}

func TestTheTalliesTellWhatIsMissing(t *testing.T) {
	r := defaultRules(t)
	bars := r.Thresholds()
	vendor := r.Harmonise([]Evidence{flagged(r, 1, 420, retail, 1000, 0)}, today, false).Tallies[taxonomy.Mkt]
	if vendor.Passes() || vendor.Voices != 1 || vendor.Tested < bars.Label || vendor.Best != 420 {
		t.Errorf("a vendor alone lacks a voice, not a sum: %+v against %+v", vendor, bars)
	}
	weak := r.Harmonise([]Evidence{flagged(r, 1, 420, retail, 260, 0), flagged(r, 2, 420, retail, 260, 0)}, today, false).Tallies[taxonomy.Mkt]
	if weak.Passes() || weak.Voices != 2 || weak.Tested >= bars.Label {
		t.Errorf("two weak voices lack the sum: %+v against %+v", weak, bars)
	}
	both := r.Harmonise([]Evidence{flagged(r, 1, 850, retail, 900, 0), flagged(r, 2, 420, retail, 900, 0)}, today, false)
	if tally := both.Tallies[taxonomy.Mkt]; !tally.Single || !tally.Agreed || both.Rule != SingleSource {
		t.Errorf("both ways to pass: %+v by %s", tally, both.Rule)
	}
}

// TestAWeightlessFlagIsStillAVoice pins what the rules say to the letter:
// voices are counted by confidence, not by strength. Whoever is to be silenced
// must lose its right to flag.
func TestAWeightlessFlagIsStillAVoice(t *testing.T) {
	r := defaultRules(t)
	ev := []Evidence{flagged(r, 1, 420, retail, 714, 0), flagged(r, 2, 0, retail, 714, 0)}
	if res := r.Harmonise(ev, today, false); res.Voices != 2 || res.Sums[taxonomy.Mkt] != SumOf(299) || res.Rule != TwoVoices {
		t.Errorf("got %+v", res)
	}
}
