package show

import (
	"strings"
	"testing"

	"ringfence/node/locale"
)

// What a member writes must not steer the terminal of who reads it.
func TestNothingSteersTheTerminal(t *testing.T) {
	for _, colour := range []bool{false, true} {
		var out strings.Builder
		p := NewPage(&out, locale.New().Match("en"), colour)
		evil := "a\x1b]0;title\x07b\x1b[2Jc\u202Ed\re\u0085f\x9bg"
		p.Facts(Fact{"number", evil})
		p.Table(Columns("member"), [][]string{{evil}})
		p.Line(p.Strong("kept"))
		if err := p.Err(); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(out.String(), "\x07\r\u202E\u0085") || strings.Contains(out.String(), "\x9b") || strings.Contains(out.String(), "\x1b]") || strings.Contains(out.String(), "\x1b[2J") {
			t.Errorf("colour %v: %q", colour, out.String())
		}
		if strings.Contains(out.String(), "\x1b[1mkept") != colour {
			t.Errorf("colour %v: its own marks: %q", colour, out.String())
		}
	}
}
