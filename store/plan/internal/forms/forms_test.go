package forms

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ringfence/store/number"
)

func pattern(t testing.TB, s string) Pattern {
	t.Helper()
	p, err := ParsePattern(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPatterns(t *testing.T) {
	for in, want := range map[string]string{
		"12":          "12",
		"1[3-5]":      "13 14 15",
		"51[02-46-9]": "510 512 513 514 516 517 518 519",
		"[13][24]x":   "12 14 32 34",
		"6x7":         "607 617 627 637 647 657 667 677 687 697",
		"x":           "",
		"xxx":         "",
		"[0-9]1":      "01 11 21 31 41 51 61 71 81 91",
	} {
		rows, err := pattern(t, in).Expand()
		if got := strings.Join(rows, " "); err != nil || got != want {
			t.Errorf("%q stands for %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParsePatternRefuses(t *testing.T) {
	for in, why := range map[string]string{
		"":                 "empty",
		"12a":              "place 3",
		"1[":               "place 2",
		"1[]":              "place 2",
		"1[3-":             "place 2",
		"1[3-]":            "place 2",
		"1[5-3]":           "place 2",
		"1[x]":             "place 2",
		"1]":               "place 2",
		"１":                "place 1",
		"1234567890123456": "more than 15 places",
	} {
		if p, err := ParsePattern(in); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, %v; want an error that says %q", in, p, err, why)
		}
	}
	if _, err := pattern(t, "xxxxx1").Expand(); err == nil {
		t.Error("a pattern of a hundred thousand prefixes was expanded")
	}
}

func TestThenJoins(t *testing.T) {
	p := pattern(t, "95[1-3]").Then(pattern(t, "[2-8]x"))
	if p != pattern(t, "95[1-3][2-8]x") || p.Len() != 5 {
		t.Errorf("%+v", p)
	}
	long := pattern(t, strings.Repeat("1", 14))
	if got := long.Then(long).Len(); got != number.MaxDigits {
		t.Errorf("%d places", got)
	}
}

// matches is the obvious way to ask whether digits have a form.
func matches(f Form, digits string) bool {
	if len(digits) < f.Min || len(digits) > f.Max {
		return false
	}
	for i := range len(digits) {
		if !f.Pattern.has(i, digits[i]-'0') {
			return false
		}
	}
	return true
}

// walk goes through the automaton as the parser does.
func walk(nodes []number.Node, digits string) number.Node {
	state := uint16(1)
	for _, c := range digits {
		state = nodes[state].Next[c-'0']
	}
	return nodes[state]
}

// TestCompileAgreesWithForms compares random automata with their forms, asked
// one by one, on every row of up to five digits from 0 to 4.
func TestCompileAgreesWithForms(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	classes := []string{"0", "1", "2", "[0-1]", "[1-3]", "[02-4]", "x"}
	senses := []number.Sense{number.SenseNumber, number.SenseService, number.SenseSMS}
	var rows []string
	for level := []string{""}; len(level[0]) < 5; {
		var next []string
		for _, row := range level {
			for d := range 5 {
				next = append(next, row+fmt.Sprint(d))
			}
		}
		rows, level = append(rows, next...), next
	}
	for range 40 {
		var all []Form
		for range 1 + r.IntN(6) {
			text := ""
			for range 1 + r.IntN(3) {
				text += classes[r.IntN(len(classes))]
			}
			f := Form{Pattern: pattern(t, text), Sense: senses[r.IntN(len(senses))]}
			f.Min = f.Pattern.Len() + r.IntN(2)
			f.Max = f.Min + r.IntN(3)
			all = append(all, f)
		}
		given := slices.Clone(all)
		nodes, err := Compile(all)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(given, all) {
			t.Fatal("Compile changed its input")
		}
		for _, row := range rows {
			want := number.Sense(0)
			for _, f := range all {
				if matches(f, row) {
					want |= f.Sense
				}
			}
			if got := walk(nodes, row).Sense; got != want {
				t.Fatalf("%s has sense %b, want %b, by %+v", row, got, want, all)
			}
		}
	}
}

func TestEqualFormsMakeEqualTables(t *testing.T) {
	a := Form{Pattern: pattern(t, "1[3-9]"), Min: 11, Max: 11, Sense: number.SenseNumber}
	b := Form{Pattern: pattern(t, "95"), Min: 5, Max: 13, Sense: number.SenseService}
	one, err := Compile([]Form{a, b})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Compile([]Form{b, a, b})
	if err != nil || !slices.Equal(one, two) {
		t.Error("the order of forms changes the automaton")
	}
	// Start, end, and 10 + 13 further states; equal remainders are shared.
	if len(one) > 27 {
		t.Errorf("%d states", len(one))
	}
}

func TestWithAreas(t *testing.T) {
	all := WithAreas(
		[]Form{
			{Pattern: pattern(t, "96"), Min: 5, Max: 6, Sense: number.SenseLocal},
			{Pattern: pattern(t, "95"), Min: 5, Max: 5, Sense: number.SenseService},
			{Pattern: pattern(t, "95"), Min: 5, Max: 5, Sense: number.SenseBranch},
			{Pattern: pattern(t, "106"), Min: 7, Max: 9, Sense: number.SenseSMS},
		},
		[]Area{
			{Code: pattern(t, "21"), Min: 8, Max: 8, Province: 31},
			{Code: pattern(t, "951"), Min: 7, Max: 7, Province: 64},
		},
		pattern(t, "[2-8]"),
	)
	nodes, err := Compile(all)
	if err != nil {
		t.Fatal(err)
	}
	for digits, want := range map[string]number.Node{
		"2161234567": {Sense: number.SenseNumber},
		"2191234567": {},
		"216123456":  {},
		"21962121":   {Sense: number.SenseAreaLocal, Area: 2, Province: 31},
		"2196212":    {Sense: number.SenseAreaLocal, Area: 2, Province: 31},
		"219621":     {},
		"95196121":   {Sense: number.SenseAreaLocal, Area: 3, Province: 64},
		"2195588":    {Sense: number.SenseAreaService | number.SenseBranch, Area: 2},
		"95195588":   {Sense: number.SenseAreaService | number.SenseBranch, Area: 3},
		"9516323412": {Sense: number.SenseNumber},
		"962121":     {Sense: number.SenseLocal},
		"95588":      {Sense: number.SenseService},
		"1065551":    {Sense: number.SenseSMS},
		"211065551":  {},
		"":           {},
	} {
		got := walk(nodes, digits)
		if got.Sense != want.Sense || got.Area != want.Area || got.Province != want.Province {
			t.Errorf("%s: sense %b, area %d, province %d; want %b, %d, %d", digits, got.Sense, got.Area, got.Province, want.Sense, want.Area, want.Province)
		}
	}
}

func TestCompileIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	var all []Form
	for i := range 12_000 {
		text := ""
		for range 14 {
			text += fmt.Sprint(r.IntN(10))
		}
		all = append(all, Form{Pattern: pattern(t, text), Min: 14, Max: 20, Sense: number.Sense(1 << (i % 4))})
	}
	nodes, err := Compile(all)
	if err == nil {
		for i := range nodes {
			for _, next := range nodes[i].Next {
				if int(next) >= len(nodes) {
					t.Fatalf("state %d leads to %d of %d", i, next, len(nodes))
				}
			}
		}
		t.Fatalf("%d states for forms that share nothing", len(nodes))
	}
	if !strings.Contains(err.Error(), "65535 states") {
		t.Error(err)
	}
}

func FuzzParsePattern(f *testing.F) {
	for _, s := range []string{"1[3-9]x", "51[02-46-9]", "[", "x", "1[-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePattern(s)
		if err != nil {
			return
		}
		if p.Len() < 1 || p.Len() > number.MaxDigits {
			t.Fatalf("%q has %d places", s, p.Len())
		}
		rows, err := p.Expand()
		if err != nil {
			return
		}
		if !slices.IsSorted(rows) || len(slices.Compact(rows)) != len(rows) || len(rows) == 0 {
			t.Errorf("%q stands for %d rows out of order", s, len(rows))
		}
	})
}
