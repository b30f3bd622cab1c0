package harmonise

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// today is the day on which the cases are judged.
const today taxonomy.Day = 20600

// goldenFlag is one flag of a case; it expires by the policy's default.
type goldenFlag struct {
	Group      string            `json:"group"`
	Weight     uint16            `json:"weight_permille"`
	Category   taxonomy.Category `json:"category"`
	Confidence uint16            `json:"confidence_permille"`
	AgeDays    taxonomy.Day      `json:"age_days"`
}

type goldenCase struct {
	Case  int          `json:"case"`
	Flags []goldenFlag `json:"flags"`
	Want  struct {
		Listed    bool              `json:"entry"`
		Sums      map[string]int64  `json:"sums"`
		TestedSum int64             `json:"tested_sum"`
		Voices    int               `json:"voices"`
		Action    taxonomy.Action   `json:"action"`
		Class     taxonomy.Class    `json:"class"`
		Category  taxonomy.Category `json:"category"`
		Contested bool              `json:"contested"`
		Score     int               `json:"score_permille"`
	} `json:"want"`
}

func goldenCases(t testing.TB) []goldenCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden-harmonise.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		RulesVersion uint16       `json:"rules_version"`
		Cases        []goldenCase `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if file.RulesVersion != Version || len(file.Cases) != 50 {
		t.Fatalf("the file has version %d and %d cases", file.RulesVersion, len(file.Cases))
	}
	return file.Cases
}

func defaultRules(t testing.TB) *Rules {
	t.Helper()
	r, err := NewRules(policy.Default())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// evidence gives the case's flags as evidence on today.
func (c goldenCase) evidence(r *Rules) []Evidence {
	groups := map[string]uint16{}
	var ev []Evidence
	for i, f := range c.Flags {
		if _, ok := groups[f.Group]; !ok {
			groups[f.Group] = uint16(len(groups))
		}
		ev = append(ev, flagged(r, groups[f.Group], f.Weight, f.Category, f.Confidence, f.AgeDays))
		ev[i].Sequence = uint64(i)
	}
	return ev
}

// flagged is a flag last seen age days before today that lives as long as the
// policy gives it.
func flagged(r *Rules, group, weight uint16, category taxonomy.Category, confidence uint16, age taxonomy.Day) Evidence {
	seen := today - age
	return Evidence{
		Group: group, Weight: weight, Category: category, Confidence: confidence,
		LastSeen: seen.Start() + 3600, BatchTime: seen.Start() + 7200,
		From: seen, Until: seen + taxonomy.Day(r.ExpiryDays(category.Class())),
	}
}

// agrees compares a case with what the oracle found.
func (c goldenCase) agrees(f finding) bool {
	sums := map[string]int64{}
	for class, sum := range f.sums {
		sums[class.String()] = sum
	}
	w := c.Want
	entry := taxonomy.Entry{Action: w.Action, Class: w.Class, Category: w.Category, Contested: w.Contested}
	return f.listed == w.Listed && f.entry == entry && f.tested == w.TestedSum && f.voices == w.Voices &&
		f.score == w.Score && maps.Equal(sums, w.Sums)
}

// asFinding tells a result in the oracle's words.
func asFinding(res Result) finding {
	f := finding{
		listed: res.Listed, entry: res.Entry, tested: int64(res.TestedSum),
		voices: res.Voices, score: int(res.Score), sums: map[taxonomy.Class]int64{},
	}
	for class, sum := range res.Sums {
		if sum > 0 {
			f.sums[taxonomy.Class(class)] = int64(sum)
		}
	}
	return f
}

func shuffled(rng *rand.Rand, ev []Evidence) []Evidence {
	out := make([]Evidence, len(ev))
	for i, j := range rng.Perm(len(ev)) {
		out[i] = ev[j]
	}
	return out
}

func TestGoldenCases(t *testing.T) {
	r := defaultRules(t)
	memo := r.NewMemo(16)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range goldenCases(t) {
		ev := c.evidence(r)
		for range 5 {
			ev = shuffled(rng, ev)
			got := r.Harmonise(ev, today, false)
			if !c.agrees(asFinding(got)) {
				t.Errorf("case %d: got %+v, want %+v", c.Case, got, c.Want)
			}
			entry, listed, _ := memo.Settle(ev, today, false)
			if entry != got.Entry || listed != got.Listed {
				t.Errorf("case %d: the memo settles %+v %v", c.Case, entry, listed)
			}
		}
	}
}

func TestGoldenCasesCarryTheTablesHashes(t *testing.T) {
	raw, err := os.ReadFile("testdata/golden-harmonise.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		L string `json:"L_sha256"`
		E string `json:"E_sha256"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if file.L != digest(logTable[:]) || file.E != digest(decayTable[:]) {
		t.Error("the cases were made with other tables")
	}
}

func TestOracleReadsTheGoldenCases(t *testing.T) {
	r := defaultRules(t)
	o := oracle{policy: policy.Default()}
	for _, c := range goldenCases(t) {
		if f := o.find(c.evidence(r), today, false); !c.agrees(f) {
			t.Errorf("case %d: the oracle finds %+v, want %+v", c.Case, f, c.Want)
		}
	}
}
