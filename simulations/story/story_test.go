package story

import (
	"strings"
	"testing"
)

func TestWrapped(t *testing.T) {
	got := Wrapped(Fiction, "  ")
	for line := range strings.Lines(got) {
		if len(strings.TrimSuffix(line, "\n")) > 80 || !strings.HasPrefix(line, "  ") {
			t.Errorf("line %q", line)
		}
	}
	if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(Fiction), " ") {
		t.Errorf("words differ: %q", got)
	}
}

// A demo that ends by itself names nothing that is gone when it is read.
func TestADemoThatEndsNamesNoAddress(t *testing.T) {
	for _, once := range []bool{false, true} {
		var told strings.Builder
		s := Summary{API: "http://127.0.0.1:1", Directory: "somewhere"}
		s.Conclude(&told, once)
		for _, word := range []string{"http://127.0.0.1:1", "--dir somewhere"} {
			if strings.Contains(told.String(), word) == once {
				t.Errorf("once is %v, and the conclusion is:\n%s", once, told.String())
			}
		}
	}
}
