package mask

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRounded(t *testing.T) {
	for _, s := range []string{"3.15316E+12", "9e+9", "2.1E10", "2136986007.0", "2136986007.00", "3,15316E+12", "1E-3"} {
		if !Rounded(s) {
			t.Errorf("%q is not taken for a quantity", s)
		}
	}
	for _, s := range []string{"", "2136986007", "213.698.6007", "E12", "3.1E", "3.1E+", "3.1E+12x", "12E3456", "213-6986007", "+3.1E12", "3.", "2136986007.5"} {
		if Rounded(s) {
			t.Errorf("%q is taken for a quantity", s)
		}
	}
}

func TestMask(t *testing.T) {
	long := strings.Repeat("字", 20)
	for _, c := range []struct{ in, number, text, line string }{
		{"2136986007", "2136986***", "2136986***", "**********"},
		{"833", "***", "833", "***"},
		{"+86 138 0013 8000", "+86 138 0013 8***", "+86 138 0013 8000", "+** *** **** ****"},
		{"+86*/12", "+86*/12", "+86*/12", "+***/**"},
		{"+861380013800*/13", "+861380013800*/13", "+861380013****/13", "+*************/**"},
		{"+8613800138000*/13", "+861380013800**/**", "+8613800138****/13", "+**************/**"},
		{"*67 2136986007", "*67 2136986***", "*67 2136986***", "*** **********"},
		{"3.15316E+12", "3.15316E+12", "3.15316E+12", "*.*****E+**"},
		{"１３８００１３８０００", "１３８００１３８***", "１３８００１３８***", "***********"},
		{"16-04-2025", "16-04-2***", "16-04-2025", "**-**-****"},
		{"call 2136986007 or 2136986008", "call 2136986007 or 2136986***", "call 2136986*** or 2136986***", "call ********** or **********"},
		{"a\x1b\u202Eb", "a··b", "a··b", "a··b"},
		{"", "", "", ""},
		{long, long[:48] + "…", long[:48] + "…", long[:48] + "…"},
	} {
		if got := Number(c.in); got != c.number {
			t.Errorf("Number(%q) = %q, want %q", c.in, got, c.number)
		}
		if got := Text(c.in); got != c.text {
			t.Errorf("Text(%q) = %q, want %q", c.in, got, c.text)
		}
		if got := Line(c.in); got != c.line {
			t.Errorf("Line(%q) = %q, want %q", c.in, got, c.line)
		}
	}
}

func TestCell(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "a": "a", "12": "12", "=1": "'=1", "+86": "'+86", "-1": "'-1", "@a": "'@a", "\tx": "'\tx", "\rx": "'\rx",
	} {
		if got := Cell(s); got != want {
			t.Errorf("Cell(%q) = %q, want %q", s, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("2136986007")
	f.Add("\u202e+86 138\x00")
	f.Add(strings.Repeat("１", 80))
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // a file with such a field is refused as a whole
		}
		for _, got := range []string{Number(s), Text(s), Line(s)} {
			if len(got) > MostShown+len("…") && len(got) > 2*len(s) || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x00\u202e") {
				t.Errorf("%q is shown as %q", s, got)
			}
		}
		if strings.ContainsAny(Line(s), "0123456789") {
			t.Errorf("a line shows digits: %q", Line(s))
		}
	})
}
