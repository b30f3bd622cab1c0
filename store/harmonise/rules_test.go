package harmonise

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

func TestNewRulesRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*policy.Policy)
		want string
	}{
		{"no version", func(p *policy.Policy) { p.RulesVersion = 0 }, "upgrade needed"},
		{"a later version", func(p *policy.Policy) { p.RulesVersion = 2 }, "rules version 2, this program knows version 1: upgrade needed"},
		{"label certain", func(p *policy.Policy) { p.LabelPermille = 1000 }, "harmonise: policy.label_permille: 1000 is outside 1 to 999"},
		{"single source 0", func(p *policy.Policy) { p.SinglePermille = 0 }, "policy.single_source_permille: 0 is outside 1 to 1000"},
		{"harmless certain", func(p *policy.Policy) { p.HarmlessPermille = 1000 }, "policy.harmless_permille: 1000"},
		{"count above all", func(p *policy.Policy) { p.Confidence.NoCount = 1001 }, "policy.confidence.no_count: 1001"},
		{"no half-life", func(p *policy.Policy) { p.HalfLifeDays.Oth = 0 }, "policy.half_life_days.oth: 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := policy.Default()
			c.edit(&p)
			r, err := NewRules(p)
			if r != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", r, err, c.want)
			}
			if errors.Is(err, ErrUpgradeNeeded) != (p.RulesVersion != Version) {
				t.Errorf("%v: wrongly told whether an upgrade is needed", err)
			}
		})
	}
}

func TestConfidence(t *testing.T) {
	r := defaultRules(t)
	for reports, want := range map[uint32]uint16{
		0: 550, 1: 200, 2: 333, 3: 428, 4: 500, 5: 555, 8: 666, 10: 714, 20: 833, 30: 882, 50: 925,
		3996: 999, 3997: 999, 1<<32 - 1: 999,
	} {
		if got := r.Confidence(reports); got != want {
			t.Errorf("%d reports: confidence %d, want %d", reports, got, want)
		}
	}
	if r.HandConfidence() != 800 || r.AskConfidence() != 800 {
		t.Errorf("hand %d, ask %d, want 800 both", r.HandConfidence(), r.AskConfidence())
	}
}

func TestDaysByClass(t *testing.T) {
	r := defaultRules(t)
	for class, want := range map[taxonomy.Class][2]uint16{
		0: {0, 0}, taxonomy.Crm: {60, 90}, taxonomy.Har: {60, 90}, taxonomy.Mkt: {120, 180}, taxonomy.Oth: {90, 135},
		taxonomy.Unk: {60, 90}, taxonomy.ID: {180, 270}, taxonomy.OK: {120, 180}, 8: {0, 0}, 255: {0, 0},
	} {
		if h, e := r.HalfLifeDays(class), r.ExpiryDays(class); h != want[0] || e != want[1] {
			t.Errorf("class %q: half-life %d and expiry %d, want %v", class, h, e, want)
		}
	}
}

func TestThresholdsAreThePolicys(t *testing.T) {
	got := defaultRules(t).Thresholds()
	want := Thresholds{
		LabelPermille: 280, SinglePermille: 430, VoicePermille: 250, HarmlessPermille: 150,
		Label: 31060, Harmless: 15366, Margin: 8192, Voices: 2,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestDecayOnlyFalls holds what NextChange is built on.
func TestDecayOnlyFalls(t *testing.T) {
	for _, half := range []uint16{1, 2, 3, 7, 60, 90, 120, 180, 255, 256, 257, 1000, 10000} {
		p := policy.Default()
		p.HalfLifeDays.Mkt = half
		r, err := NewRules(p)
		if err != nil {
			t.Fatal(err)
		}
		step := uint32(max(1, int(half)/100))
		for _, confidence := range []uint16{0, 1, 2, 333, 550, 999, 1000, 65535} {
			last := confidence
			for age := uint32(0); age <= 11*uint32(half); age += step {
				e := r.decay(confidence, taxonomy.Mkt, age)
				if e > last {
					t.Fatalf("half-life %d: confidence %d rises from %d to %d at age %d", half, confidence, last, e, age)
				}
				last = e
			}
			if last != 0 {
				t.Errorf("half-life %d: %d is left of %d after eleven half-lives", half, last, confidence)
			}
			if got := r.decay(confidence, taxonomy.Mkt, uint32(half)); got != confidence/2 {
				t.Errorf("half-life %d: %d becomes %d after one half-life", half, confidence, got)
			}
		}
	}
}

func TestStrengthStaysBelowCertainty(t *testing.T) {
	for _, c := range []struct{ weight, decayed, want uint16 }{
		{0, 1000, 0}, {420, 1000, 420}, {420, 999, 419}, {1, 999, 0}, {1000, 1000, 999}, {1000, 999, 999},
		{65535, 65535, 999}, {2000, 333, 666},
	} {
		if got := strength(c.weight, c.decayed); got != c.want {
			t.Errorf("weight %d, confidence %d: strength %d, want %d", c.weight, c.decayed, got, c.want)
		}
	}
}

func TestWordsGoAndComeBack(t *testing.T) {
	for rule := NoEvidence; rule <= HarmlessWins; rule++ {
		text, err := json.Marshal(rule)
		if err != nil {
			t.Fatal(err)
		}
		got := Rule(99)
		if err := json.Unmarshal(text, &got); err != nil || got != rule {
			t.Errorf("rule %s comes back as %v, %v", text, got, err)
		}
	}
	for standing := Counted; standing <= NoClass; standing++ {
		text, err := json.Marshal(standing)
		if err != nil {
			t.Fatal(err)
		}
		got := Standing(99)
		if err := json.Unmarshal(text, &got); err != nil || got != standing {
			t.Errorf("standing %s comes back as %v, %v", text, got, err)
		}
	}
	if Rule(77).String() != "rule(77)" || Standing(77).String() != "standing(77)" {
		t.Error("unknown codes must show themselves")
	}
	if err := new(Rule).UnmarshalText([]byte("tie")); err == nil || !strings.Contains(err.Error(), `"tie"`) {
		t.Errorf("a word that is no rule gives %v", err)
	}
	if err := new(Standing).UnmarshalText(nil); err == nil {
		t.Error("the empty word is no standing")
	}
}
