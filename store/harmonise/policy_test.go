package harmonise

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// policyDocument is where the figures below are told to people.
const policyDocument = "../../docs/policy.md"

// table writes a markdown table.
type table struct{ strings.Builder }

func (t *table) row(cells ...any) {
	for _, c := range cells {
		_, _ = fmt.Fprintf(t, "| %v ", c)
	}
	t.WriteString("|\n")
}

func (t *table) head(cells ...any) {
	t.row(cells...)
	t.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
}

// labelDays returns on how many days, from today on, evidence labels.
func labelDays(r *Rules, ev []Evidence) int {
	days := 0
	for r.Harmonise(ev, today+taxonomy.Day(days), false).Entry.Action == taxonomy.Label {
		days++
	}
	return days
}

func daysOrNever(days int) string {
	if days == 0 {
		return "never"
	}
	return fmt.Sprint(days)
}

type weightedRole struct {
	name   string
	weight uint16
}

func rolesByWeight() []weightedRole {
	w := policy.Default().Weights
	return []weightedRole{
		{"vendor", w.Vendor}, {"coordinator", w.Coordinator}, {"mvno", w.MVNO}, {"operator", w.Operator}, {"regulator", w.Regulator},
	}
}

func countTable(r *Rules) string {
	var t table
	t.head("reports", "confidence", "strength of a vendor's flag", "a voice")
	for _, n := range []uint32{1, 2, 3, 4, 5, 8, 10, 20, 50, 1000} {
		c := r.Confidence(n)
		voice := "no"
		if c >= r.Thresholds().VoicePermille {
			voice = "yes"
		}
		t.row(n, c, strength(policy.Default().Weights.Vendor, c), voice)
	}
	return t.String()
}

func aloneTable(r *Rules) string {
	var t table
	t.head("role", "weight", "reports that label alone", "days of a label from 10", "from 50", "from 1,000")
	for _, role := range rolesByWeight() {
		least := "none are enough"
		for n := uint32(1); n < 5000; n++ {
			if labelDays(r, []Evidence{flagged(r, 1, role.weight, retail, r.Confidence(n), 0)}) > 0 {
				least = fmt.Sprint(n)
				break
			}
		}
		cells := []any{role.name, role.weight, least}
		for _, n := range []uint32{10, 50, 1000} {
			cells = append(cells, daysOrNever(labelDays(r, []Evidence{flagged(r, 1, role.weight, retail, r.Confidence(n), 0)})))
		}
		t.row(cells...)
	}
	return t.String()
}

func pairTable(r *Rules) string {
	var t table
	counts := []uint32{1, 2, 3, 4, 5, 10, 50}
	head := []any{"reports"}
	for _, n := range counts {
		head = append(head, n)
	}
	t.head(head...)
	vendor := policy.Default().Weights.Vendor
	for _, a := range counts {
		cells := []any{a}
		for _, b := range counts {
			cells = append(cells, daysOrNever(labelDays(r, []Evidence{
				flagged(r, 1, vendor, retail, r.Confidence(a), 0),
				flagged(r, 2, vendor, retail, r.Confidence(b), 0),
			})))
		}
		t.row(cells...)
	}
	return t.String()
}

func trustedTable(r *Rules) string {
	var t table
	t.head("class", "first strength", "score", "days of a label")
	for _, c := range []taxonomy.Category{fraud, silent, retail, survey, taxonomy.Untyped} {
		ev := []Evidence{flagged(r, 1, policy.Trusted, c, r.Confidence(0), 0)}
		t.row(c.Class(), strength(policy.Trusted, r.Confidence(0)), r.Harmonise(ev, today, false).Score, daysOrNever(labelDays(r, ev)))
	}
	return t.String()
}

func fadeTable(r *Rules) string {
	var t table
	t.head("age in days", "decayed confidence", "strength", "action")
	ev := flagged(r, 1, policy.Default().Weights.Operator, retail, r.Confidence(10), 0)
	for _, age := range []taxonomy.Day{0, 7, 13, 14, 60, 120, 179, 180} {
		c := r.Weigh([]Evidence{ev}, today+age)[0]
		res := r.Harmonise([]Evidence{ev}, today+age, false)
		action := res.Entry.Action.String()
		if !res.Listed {
			action = "expired, no entry"
		}
		t.row(uint32(age), c.Decayed, c.Strength, action)
	}
	return t.String()
}

// TestPolicyDocumentHasTheFigures computes every table of docs/policy.md anew.
func TestPolicyDocumentHasTheFigures(t *testing.T) {
	raw, err := os.ReadFile(policyDocument)
	if err != nil {
		t.Fatal(err)
	}
	r := defaultRules(t)
	for name, want := range map[string]string{
		"counts": countTable(r), "alone": aloneTable(r), "pairs": pairTable(r), "trusted": trustedTable(r), "fading": fadeTable(r),
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s lacks the table of %s as it is under the default policy:\n%s", policyDocument, name, want)
		}
	}
}

// TestPolicyDocumentNamesEveryFigure compares it with the written policy.
func TestPolicyDocumentNamesEveryFigure(t *testing.T) {
	raw, err := os.ReadFile(policyDocument)
	if err != nil {
		t.Fatal(err)
	}
	p := policy.Default()
	written, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(written)) {
		name, _, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(name, " ") || strings.HasPrefix(name, "#") {
			continue
		}
		if !strings.Contains(string(raw), "`"+name) {
			t.Errorf("%s does not explain %s", policyDocument, name)
		}
	}
}
