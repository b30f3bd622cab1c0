package plan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ringfence/store/number"
	"ringfence/store/plan"
)

// text makes a plan of country 44 from the lines given.
func text(t testing.TB, date string, lines ...string) *plan.Plan {
	t.Helper()
	in := "country;44\ndate;" + date + "\nsource;made up " + date + "\n" + strings.Join(lines, "\n")
	p, _, err := plan.ParseText(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func set(t testing.TB, plans ...*plan.Plan) *plan.Set {
	t.Helper()
	s, err := plan.NewSet(plans, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tell writes what a set says of a number as the tests do.
func tell(t testing.TB, s *plan.Set, n string) string {
	t.Helper()
	info := s.Lookup(parse(t, n))
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", info.Class, info.Allocated, info.Date, info.Holder, info.Region))
}

func TestNarrowerRangeSpeaks(t *testing.T) {
	s := set(t, text(t, "2026-01-01",
		"range;1;4;mobile;A",
		"range;12;4;landline;B",
		"range;123;4;voip;C",
		"range;129;4;mobile;A",
		"range;1234;4;pager;D",
		"code;12;4;service;E",
		"range;12;5;premium;F",
	))
	for n, want := range map[string]string{
		"+441099":  "mobile unknown 2026-01-01 A",
		"+441199":  "mobile unknown 2026-01-01 A",
		"+441200":  "landline unknown 2026-01-01 B",
		"+441229":  "landline unknown 2026-01-01 B",
		"+441230":  "voip unknown 2026-01-01 C",
		"+441234":  "pager unknown 2026-01-01 D",
		"+441235":  "voip unknown 2026-01-01 C",
		"+441240":  "landline unknown 2026-01-01 B",
		"+441289":  "landline unknown 2026-01-01 B",
		"+441290":  "mobile unknown 2026-01-01 A",
		"+441300":  "mobile unknown 2026-01-01 A",
		"+441999":  "mobile unknown 2026-01-01 A",
		"+442000":  "unknown unknown 1970-01-01",
		"+440999":  "unknown unknown 1970-01-01",
		"+44!1234": "service unknown 2026-01-01 E",
		"+4412345": "premium unknown 2026-01-01 F",
	} {
		if got := tell(t, s, n); got != want {
			t.Errorf("%s: %s; want %s", n, got, want)
		}
	}
}

func TestScopeSaysWhatIsUnallocated(t *testing.T) {
	s := set(t, text(t, "2026-01-01", "scope;1;4", "range;12;4;mobile;A", "range;3;4;mobile;B"))
	for n, want := range map[string]string{
		"+441234":  "mobile yes 2026-01-01 A",
		"+441334":  "unknown no 2026-01-01",
		"+443334":  "mobile unknown 2026-01-01 B",
		"+444334":  "unknown unknown 1970-01-01",
		"+4413345": "unknown unknown 1970-01-01",
		"+44!1334": "unknown unknown 1970-01-01",
	} {
		if got := tell(t, s, n); got != want {
			t.Errorf("%s: %s; want %s", n, got, want)
		}
	}
}

func TestNewestPlanSpeaksFirst(t *testing.T) {
	old := text(t, "2021-01-01", "scope;1;4", "range;12;4;mobile;A;Leeds", "range;14;4;mobile;A;York", "range;150;4;mobile;A")
	series := text(t, "2026-01-01", "range;1;4;landline", "range;12;4;voip;B", "range;13;4;premium", "range;15;4;premium;C")
	for _, s := range []*plan.Set{set(t, old, series), set(t, series, old), set(t, series).With(old)} {
		for n, want := range map[string]string{
			"+441234": "voip yes 2021-01-01 B Leeds",    // class and holder newer, the rest older
			"+441434": "landline yes 2021-01-01 A York", // the newer plan names no holder
			"+441334": "premium unknown 2026-01-01",     // opened since: the older cannot know
			"+441504": "premium yes 2021-01-01 C",       // the older lists it
			"+441534": "premium no 2021-01-01 C",        // the older has others of the series, not this
			"+441934": "landline unknown 2026-01-01",    // nothing older in what is left of the series
			"+442234": "unknown unknown 1970-01-01",
		} {
			if got := tell(t, s, n); got != want {
				t.Errorf("%s: %s; want %s", n, got, want)
			}
		}
	}
	both := set(t, old, series)
	if plans := both.Plans(); len(plans) != 2 || plans[0] != series || plans[1] != old {
		t.Error("the plans do not stand newest first")
	}
	newest := text(t, "2026-06-01", "scope;1;4", "range;12;4;mobile;D")
	if got := tell(t, both.With(newest), "+441334"); got != "premium no 2026-06-01" {
		t.Errorf("a newer plan that lists everything: %s", got)
	}
	if got := tell(t, both, "+441334"); got != "premium unknown 2026-01-01" {
		t.Errorf("With changed the set it was called on: %s", got)
	}
}

func TestLaterImportOfOneDateWins(t *testing.T) {
	a, b := text(t, "2026-01-01", "range;1;4;mobile;A"), text(t, "2026-01-01", "range;1;4;mobile;B")
	if got := tell(t, set(t, a, b), "+441234"); got != "mobile unknown 2026-01-01 B" {
		t.Errorf("%s", got)
	}
}

// TestFlatteningAgreesWithLongestPrefix holds the interval table against the
// obvious way: the longest of all prefixes that a number has.
func TestFlatteningAgreesWithLongestPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for round := range 30 {
		prefixes := make(map[string]string)
		var lines []string
		for i := range 40 {
			var b strings.Builder
			for range 1 + r.IntN(4) {
				b.WriteByte(byte('0' + r.IntN(4)))
			}
			if prefixes[b.String()] == "" {
				prefixes[b.String()] = fmt.Sprintf("H%d", i%5)
				lines = append(lines, fmt.Sprintf("range;%s;5;mobile;H%d", b.String(), i%5))
			}
		}
		s := set(t, text(t, "2026-01-01", lines...))
		for range 300 {
			national := fmt.Sprintf("%d%d%d%d%d", r.IntN(5), r.IntN(5), r.IntN(5), r.IntN(5), r.IntN(10))
			want := ""
			for n := 1; n <= 4; n++ {
				if h := prefixes[national[:n]]; h != "" {
					want = h
				}
			}
			if got := s.Lookup(parse(t, "+44"+national)).Holder; got != want {
				t.Fatalf("round %d: %s belongs to %q, want %q", round, national, got, want)
			}
		}
	}
}

func TestClassesHaveWordsAndNames(t *testing.T) {
	words := make(map[string]bool)
	for c := plan.Unknown; c <= plan.Pager; c++ {
		if words[c.String()] || c.Name("en") == "" || c.Name("zh-CN") == "" || c.Name("en") == c.Name("zh") {
			t.Errorf("class %d: %q, %q, %q", c, c, c.Name("en"), c.Name("zh-CN"))
		}
		words[c.String()] = true
		text, err := c.MarshalText()
		var back plan.Class
		if err != nil || back.UnmarshalText(text) != nil || back != c {
			t.Errorf("class %s comes back as %s", c, back)
		}
	}
	var c plan.Class
	if err := c.UnmarshalText([]byte("telegraph")); err == nil || !strings.Contains(err.Error(), "telegraph") {
		t.Errorf("an unknown class: %v", err)
	}
	if plan.Class(99).String() != "class(99)" || plan.Class(99).Name("zh") != "class(99)" {
		t.Error("an unknown code has a name")
	}
	for c, want := range map[plan.Class]bool{plan.Mobile: true, plan.MVNO: true, plan.Satellite: true, plan.Landline: false, plan.M2M: false, plan.Code95: false} {
		if c.IsMobile() != want {
			t.Errorf("%s moves with its user: %t", c, c.IsMobile())
		}
	}
}

func TestAllocationsAsText(t *testing.T) {
	out, err := json.Marshal([]plan.Allocation{plan.AllocationUnknown, plan.Allocated, plan.Unallocated})
	if err != nil || string(out) != `["unknown","yes","no"]` {
		t.Errorf("%s, %v", out, err)
	}
	if plan.Allocation(9).String() != "allocation(9)" {
		t.Error("an unknown code has a word")
	}
}

func TestTablesOfOneCountry(t *testing.T) {
	in := "country;44\ndate;2026-01-01\nsource;x\nform;number;2;10\n"
	p, table, err := plan.ParseText(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.NewSet([]*plan.Plan{p}, []number.Table{table, table}); err == nil {
		t.Error("two tables of one country make a set")
	}
	s, err := plan.NewSet([]*plan.Plan{p}, []number.Table{table})
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := s.Rules(44).Dialled("2079460148").Number(); !ok || n.String() != "+442079460148" {
		t.Errorf("read as %s", n)
	}
}
