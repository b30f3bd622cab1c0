package locale

import (
	"bufio"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// TestEveryMessageIsWhole: both languages, the right script in each, the same
// places, keys of one form and no key twice.
func TestEveryMessageIsWhole(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(\.[a-z0-9_]+)+$`)
	seen := map[Key]bool{}
	for _, m := range messages() {
		if !form.MatchString(string(m.key)) || seen[m.key] {
			t.Errorf("key %q is misshapen or stands twice", m.key)
		}
		seen[m.key] = true
		if m.en == "" || m.zh == "" {
			t.Errorf("%s lacks a language: %q, %q", m.key, m.en, m.zh)
		}
		if strings.ContainsFunc(m.en, han) {
			t.Errorf("%s: the English message holds Chinese: %q", m.key, m.en)
		}
		if bare := places.ReplaceAllString(m.zh, ""); bare != "" && !strings.ContainsFunc(bare, func(r rune) bool { return han(r) || r == '（' }) {
			t.Errorf("%s: the Chinese message holds none: %q", m.key, m.zh)
		}
		if en, zh := placesOf(m.en), placesOf(m.zh); !slices.Equal(en, zh) {
			t.Errorf("%s: places %v in English, %v in Chinese", m.key, en, zh)
		}
		if strings.HasSuffix(m.en, ".") || strings.HasSuffix(m.zh, "。") {
			t.Errorf("%s ends with a full stop; messages are put together", m.key)
		}
	}
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

var places = regexp.MustCompile(`\{[^}]*\}`)

// placesOf returns the places of a message in rising order, each once.
func placesOf(s string) []string {
	all := places.FindAllString(s, -1)
	for i, place := range all {
		if bare, _, coded := strings.Cut(place, "|"); coded {
			all[i] = bare + "}"
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestScreenMessages: what package screen may ask for is here, with the places
// that it fills. Its own test writes the file.
func TestScreenMessages(t *testing.T) {
	file, err := os.Open("../screen/testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	english := New().Match("en")
	lines := bufio.NewScanner(file)
	count := 0
	for ; lines.Scan(); count++ {
		key, n, _ := strings.Cut(lines.Text(), " ")
		args, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		text, ok := english.messages[Key(key)]
		if !ok {
			t.Errorf("no message for %q", key)
			continue
		}
		var want []string
		for i := range args {
			want = append(want, "{"+strconv.Itoa(i)+"}")
		}
		if got := placesOf(text); !slices.Equal(got, want) {
			t.Errorf("%s has places %v; screen fills %v", key, got, want)
		}
	}
	if count == 0 || lines.Err() != nil {
		t.Errorf("%d messages, %v", count, lines.Err())
	}
}

func TestMatch(t *testing.T) {
	c := New()
	for _, tc := range []struct {
		preferences []string
		want        string
	}{
		{nil, "en"},
		{[]string{""}, "en"},
		{[]string{"zh"}, "zh"},
		{[]string{"zh-CN"}, "zh"},
		{[]string{"zh_CN.UTF-8"}, "zh"},
		{[]string{"zh-Hant-HK"}, "zh"},
		{[]string{"en_GB.UTF-8"}, "en"},
		{[]string{"C.UTF-8"}, "en"},
		{[]string{"C.UTF-8", "zh"}, "zh"},
		{[]string{"fr"}, "en"},
		{[]string{"fr", "zh"}, "zh"},
		{[]string{"", "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"},
		{[]string{"fr;q=1, en;q=0.3, zh;q=0.5"}, "zh"},
		{[]string{"en", "zh"}, "en"},
		{[]string{"\x00\xff", "zh"}, "zh"},
		{[]string{strings.Repeat("a-", 5000)}, "en"},
	} {
		if got := c.Match(tc.preferences...).Lang(); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.preferences, got, tc.want)
		}
	}
	if all := c.All(); len(all) != 2 || all[0].Lang() != "en" || all[1].Lang() != "zh" {
		t.Errorf("%d catalogues", len(all))
	}
}

func TestText(t *testing.T) {
	en, zh := New().Match("en"), New().Match("zh")
	for _, tc := range []struct {
		c    *Catalog
		key  Key
		args []string
		want string
	}{
		{en, "verdict.kind", []string{"Marketing", "Loans"}, "Marketing – Loans"},
		{zh, "verdict.kind", []string{"商业营销", "贷款推销"}, "商业营销（贷款推销）"},
		{en, "verdict.kind", []string{"{1}", "x"}, "{1} – x"},
		{en, "verdict.kind", []string{"x"}, "x – {1}"},
		{en, "verdict.none", []string{"unused"}, "Nothing known against this caller"},
		{en, "no.such.key", []string{"x"}, "no.such.key"},
	} {
		if got := tc.c.Text(tc.key, tc.args...); got != tc.want {
			t.Errorf("%s %v: %q, want %q", tc.key, tc.args, got, tc.want)
		}
		if got := tc.c.Named(string(tc.key), tc.args...); got != tc.want {
			t.Errorf("named %s: %q, want %q", tc.key, got, tc.want)
		}
	}
}

// plain is a word of a package that this one does not import.
type plain string

func (p plain) String() string { return string(p) }

// TestCodesHaveMessages: every code that is told to people has its message in
// both languages.
func TestCodesHaveMessages(t *testing.T) {
	for _, c := range New().All() {
		told := func(what string, text string) {
			t.Helper()
			if text == "" || strings.ContainsAny(text, "_(") {
				t.Errorf("%s: %s has no message: %q", c.Lang(), what, text)
			}
		}
		for k := assertion.KindFlag; k.Known(); k++ {
			told("kind", c.Kind(k))
		}
		if k := assertion.KindTally + 1; c.Kind(k) != k.String() {
			t.Errorf("%s: a kind of a newer version is told as %q", c.Lang(), c.Kind(k))
		}
		for a := plan.AllocationUnknown; a <= plan.Unallocated; a++ {
			told("allocation", c.Named("allocated."+a.String()))
		}
		for r := charter.Operator; r <= charter.Sector; r++ {
			if text := c.Named("role." + r.String()); strings.HasPrefix(text, "role.") {
				t.Errorf("%s: role %s has no message", c.Lang(), r)
			}
		}
		for _, w := range []string{"grounds.flags", "grounds.reports", "grounds.detection", "grounds.investigation", "grounds.decision", "grounds.allocatee", "grounds.other", "how.leave", "how.expel", "target.statement", "target.batch", "target.publication"} {
			told(w, strings.TrimPrefix(c.Named(w), w))
		}
		for _, p := range keys.Purposes() {
			told("purpose", c.Named("purpose."+string(p)))
		}
		for a := taxonomy.Allow; a <= taxonomy.Block; a++ {
			told("action", c.Action(a))
		}
		for s := view.Counting; s <= view.Erased; s++ {
			told("status", c.Status(s))
		}
		for r := view.Reason(1); r.String() != "unknown reason"; r++ {
			if strings.HasPrefix(r.String(), "reason(") {
				continue // a code that assertion keeps free
			}
			if text := c.Void(r); text == "" || c.Lang() == "zh" && !strings.ContainsFunc(text, han) {
				t.Errorf("%s: void reason %q has no message: %q", c.Lang(), r, text)
			}
		}
		for _, w := range []plain{"connect", "mark", "reject", "announce", "divert"} {
			told("treatment", c.Treatment(w))
		}
		for _, w := range []plain{"call", "local", "ratified", "evidence"} {
			told("basis", c.Basis(w))
		}
		for _, w := range []plain{"national", "international", "enterprise", "reseller"} {
			told("ingress", c.Ingress(w))
		}
		for _, w := range []plain{"fresh", "known", "early", "refused"} {
			told("outcome", c.Outcome(w))
		}
		for _, w := range []plain{"callee.emergency", "bypass", "cli.irregular", "cli.foreign_domestic", "cli.unallocated", "local.allow", "local.block", "list.ratified", "list.label"} {
			told("rule", c.Rule(w))
		}
		if c.Void(view.NotVoid) != "" || c.Basis(plain("")) != "" {
			t.Errorf("%s: what is nothing is told", c.Lang())
		}
	}
}

// TestVoid: a reason of the view has its message here, one of assertion there.
func TestVoid(t *testing.T) {
	c := New()
	for _, tc := range []struct {
		lang   string
		reason view.Reason
		want   string
	}{
		{"en", view.ReasonProtected, "protected number"},
		{"zh", view.ReasonProtected, "受保护号码"},
		{"en", view.Reason(assertion.BadCategory), "a category that the taxonomy does not have"},
		{"zh", view.Reason(assertion.BadCategory), "分类表中没有该类别"},
	} {
		if got := c.Match(tc.lang).Void(tc.reason); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.lang, got, tc.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"", "zh", "zh_CN.UTF-8", "en;q=0.5,zh", "*", "\x00", "a-b-c;q=x"} {
		f.Add(s)
	}
	c := New()
	f.Fuzz(func(t *testing.T, s string) {
		if lang := c.Match(s).Lang(); lang != "en" && lang != "zh" {
			t.Fatalf("%q gives %q", s, lang)
		}
	})
}
