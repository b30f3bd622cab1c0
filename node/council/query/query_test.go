package query

import (
	"errors"
	"strings"
	"testing"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func entry(t testing.TB, key string, e taxonomy.Entry, more More) *Entry {
	t.Helper()
	r, err := number.ParseRange(key)
	if err != nil {
		t.Fatal(err)
	}
	return &Entry{Key: r, Entry: e, More: func() More { return more }}
}

func code(t testing.TB, text string) taxonomy.Category {
	t.Helper()
	c, err := taxonomy.ParseCategory(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each condition holds of what it says and of nothing else; what is ratified already is
// left out unless it is asked for.
func TestMeets(t *testing.T) {
	fraud := code(t, "crm.fraud.impersonation")
	e := entry(t, "+8613800138000", taxonomy.Entry{Action: taxonomy.Label, Class: taxonomy.Crm, Category: fraud, Contested: true}, More{Groups: 2, Score: 800, Holder: "op", Reassigned: true})
	ratified := entry(t, "+8613800138001", taxonomy.Entry{Action: taxonomy.Block, Class: taxonomy.Crm, Category: fraud, Ratified: true}, More{Protected: true})
	for _, tc := range []struct {
		query      string
		first, sec bool
	}{
		{"class=crm", true, false},
		{"class=crm groups>=2", true, false},
		{"class=crm groups>2", false, false},
		{"groups=2 score<801 score>=800 score!=1 score<=800", true, false},
		{"groups<2", false, false},
		{"class=mkt,crm", true, false},
		{"class!=mkt,crm", false, false},
		{"class!=mkt", true, false},
		{"category=crm.fraud", true, false},
		{"category=crm.fraud.impersonation", true, false},
		{"category!=crm", false, false},
		{"action=label", true, false},
		{"action=block ratified=yes", false, true},
		{"ratified=yes,no", true, true},
		{"ratified=yes protected=yes", false, true},
		{"number=+86138*/13", true, false},
		{"number=+86139*/13,+8613800138000", true, false},
		{"holder=op", true, false},
		{"holder=nobody", false, false},
		{"holder=nobody ratified=yes", false, true},
		{"contested=yes reassigned=yes protected=no", true, false},
		{"contested=no", false, false},
	} {
		q, err := Parse(tc.query)
		if err != nil {
			t.Errorf("%s: %v", tc.query, err)
			continue
		}
		if got, sec := q.Meets(e), q.Meets(ratified); got != tc.first || sec != tc.sec {
			t.Errorf("%s: %v and %v, want %v and %v", tc.query, got, sec, tc.first, tc.sec)
		}
	}
}

// What costs more to know is asked only of what meets the rest.
func TestWhatCostsIsAskedLast(t *testing.T) {
	q, err := Parse("groups>=2 class=mkt")
	if err != nil {
		t.Fatal(err)
	}
	e := entry(t, "+8613800138000", taxonomy.Entry{Class: taxonomy.Crm}, More{})
	e.More = func() More { t.Error("asked for nothing"); return More{} }
	if q.Meets(e) {
		t.Error("another class meets it")
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "asks for nothing",
		"class":                          "want a field",
		"=crm":                           "want a field",
		"class=":                         "want a field",
		"class!crm":                      "want a field",
		"clss=crm":                       `nearest is "class"`,
		"class=crime":                    "no class",
		"class>crm":                      "= and != alone",
		"groups>=two":                    "no whole number",
		"groups>=-1":                     "no whole number",
		"score>70000":                    "no whole number",
		"contested=maybe":                "neither yes nor no",
		"category=crm.nonsense":          "no category",
		"action=burn":                    "burn",
		"number=x":                       "x",
		strings.Repeat("class=crm ", 33): "33 conditions",
		strings.Repeat("x", MaxLength+1): "at most 4096",
		"class=" + strings.Repeat("crm,", 64) + "crm": "65 values",
	} {
		_, err := Parse(text)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"class=crm groups>=2", "number!=+86138*/13 holder=nobody", "a<=>b", "class=crm,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err == nil {
			q.Meets(entry(t, "+8613800138000", taxonomy.Entry{Class: taxonomy.Crm}, More{Groups: 1}))
		}
	})
}
