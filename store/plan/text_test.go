package plan_test

import (
	"strings"
	"testing"

	"ringfence/store/number"
	"ringfence/store/plan"
)

const head = "country;44\ndate;2026-01-01\nsource;made up\n"

func TestParseTextReads(t *testing.T) {
	p, table, err := plan.ParseText(strings.NewReader(`
# comment
country ; 44
date    ; 2026-03-04
source  ; "made up; by ""hand"""
licence ; CC0-1.0
trunk   ; 0
exit    ; 009
carrier ; 141
subscriber ; [2-8]
form ; number  ; 7     ; 10
form ; service ; 999   ; 3
form ; local   ; 96    ; 5,7
form ; sms     ; 6     ; 5-20
area ; 20 ; 8 ; 11 ; 北京
area ; 131 ; 6,7 ; 31 ; 上海
scope ; 7 ; 10
range ; 7[0-4]xx ; 10 ; mobile ; A ; North
code  ; 999 ; 3 ; emergency ; All ; public
`))
	if err != nil {
		t.Fatal(err)
	}
	m := p.Meta()
	if m.Country != 44 || m.Date.String() != "2026-03-04" || m.Source != `made up; by "hand"` || m.Licence != "CC0-1.0" {
		t.Errorf("head: %+v", m)
	}
	s, err := plan.NewSet([]*plan.Plan{p}, []number.Table{table})
	if err != nil {
		t.Fatal(err)
	}
	r := s.Rules(44)
	for in, want := range map[string]string{
		"7012345678":      "+447012345678",
		"07012345678":     "+447012345678",
		"020 2234 5678":   "+442022345678",
		"0131 234567":     "+44131234567",
		"0131 2345678":    "+441312345678",
		"999":             "+44!999",
		"96123":           "+44!96123@00",
		"020 96123":       "+44!96123@11",
		"0131 9612345":    "+44!9612345@31",
		"009447012345678": "+447012345678",
		"1417012345678":   "+447012345678",
		"020 1234 5678":   "020 1234 5678",
		"020 999":         "020 999",
		"961234":          "961234",
		"612345678":       "612345678",
	} {
		if got := r.Dialled(in).First().String(); got != want {
			t.Errorf("%q is read as %s, want %s", in, got, want)
		}
	}
	if k := r.Dialled("612345678").First().Kind(); k != number.SMSCode {
		t.Errorf("a code of short messages is %s", k)
	}
	for n, want := range map[string]string{
		"+447412345678": "mobile yes 2026-03-04 A North",
		"+447512345678": "unknown no 2026-03-04",
		"+442022345678": "landline unknown 2026-03-04  北京",
		"+44!999":       "emergency unknown 2026-03-04 All",
	} {
		if got := tell(t, s, n); got != want {
			t.Errorf("%s: %s; want %s", n, got, want)
		}
	}
}

func TestParseTextSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ in, why string }{
		{"", "no country"},
		{"country;44\nsource;x", "no date"},
		{"country;44\ndate;2026-01-01", "no source"},
		{"date;2026-01-01", `line 1: field 1: "date" before the country`},
		{"country;0", "line 1: field 2"},
		{"country;four", "line 1: field 2"},
		{"country;44\ncountry;45", "line 2: field 2"},
		{"country;44\ndate;1.1.2026", `line 2: field 2: "1.1.2026" is no date`},
		{"country;44;45", "line 1: field 3"},
		{head + "source;" + strings.Repeat("x", 300), "at most 256 bytes"},
		{head + "colour;red", `line 4: field 1: "colour" is no record`},
		{head + "form;fax;1;3", `field 2: "fax" is no kind of form`},
		{head + "form;number;;3", "field 3: pattern is empty"},
		{head + "form;number;1[3;3", "field 3: pattern"},
		{head + "form;number;1;x", `field 4: "x" is no count of digits`},
		{head + "form;number;123;2", "field 4"},
		{head + "form;number;1;14", "field 4"},
		{head + "form;sms;1;30", "field 4"},
		{head + "area;20;8;11;x", "before the \"subscriber\" line"},
		{head + "subscriber;y", "field 2: pattern"},
		{head + "subscriber;[2-8]\narea;20;8;99;x", `field 4: "99" is no GB/T 2260`},
		{head + "subscriber;[2-8]\narea;20;8;x;x", "field 4"},
		{head + "subscriber;[2-8]\narea;2y;8;11;x", "field 2: pattern"},
		{head + "subscriber;[2-8]\narea;20;0;11;x", "field 3"},
		{head + "subscriber;[2-8]\narea;20;13;11;x", "cannot begin a number"},
		{head + "subscriber;[2-8]\narea;xxxx;8;11;x", "more than 10000 prefixes"},
		{head + "scope;1", "field 3"},
		{head + "scope;1;20", "digits"},
		{head + "scope;1;14", "cannot begin a number"},
		{head + "range;1;4;telegraph", `field 4: plan: "telegraph" is no class`},
		{head + "range;12345;4;mobile", "cannot begin a number"},
		{head + "range;1;4;mobile;" + strings.Repeat("x", 300), "field 5: 300 bytes"},
		{head + "range;1;4;mobile;A;" + strings.Repeat("x", 300), "field 6: 300 bytes"},
		{head + "range;1;4;mobile;A;B;C", "field 7"},
		{head + "range;xxxxx1;9;mobile", "more than 10000 prefixes"},
		{head + "code;1;4;service;A;private", "field 6"},
		{head + "range;1;4;mobile\nrange;1;4;mobile", "line 5: overlaps line 4"},
		{head + `range;"1;4;mobile`, "line 4: field 2: no closing quote"},
		{head + `range;"1"x;4;mobile`, "line 4: field 2: text behind"},
		{head + strings.Repeat("x", 70<<10), "after line 3"},
	} {
		_, _, err := plan.ParseText(strings.NewReader(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%.60q: %v; want it to say %q", tt.in, err, tt.why)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%.60q: the error has %d bytes", tt.in, len(err.Error()))
		}
	}
}

func FuzzParseText(f *testing.F) {
	f.Add(head + "trunk;0\nsubscriber;[2-8]\nform;number;7;10\nform;local;96;5\narea;20;8;11;x\nscope;7;10\nrange;70;10;mobile;A\n")
	f.Add(head + `code ; "9""9" ; 3 ; emergency ; x ; public`)
	f.Add("country;86\ndate;2026-01-01\nsource;x\nform;sms;106;7-20\ncarrier;17951\n")
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) > 2000 {
			return // a thousand patterns of wide classes are slow, not wrong
		}
		p, table, err := plan.ParseText(strings.NewReader(in))
		if err != nil {
			return
		}
		back, err := plan.Decode(p.Encode())
		if err != nil || back.Ranges() != p.Ranges() {
			t.Fatalf("the plan does not survive its encoding: %v", err)
		}
		if len(table.Nodes) == 0 {
			return
		}
		// What the parser's table allows, the rules may still refuse, such as
		// an unassigned country; what they take must not panic.
		if s, err := plan.NewSet([]*plan.Plan{p}, []number.Table{table}); err == nil {
			s.Rules(table.Country).Dialled("0201234567890")
		}
	})
}
