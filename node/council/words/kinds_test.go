package words_test

import (
	"strings"
	"testing"

	"ringfence/node/council/words"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

// Counts are told as the command line tells them.
func TestAmount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 4112: "4,112", 65536: "65,536", 1000000: "1,000,000"} {
		if got := words.Amount(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

// A change of the charter is told in words, also where its items are not at hand; how many
// is told of several alone.
func TestEveryChangeHasWords(t *testing.T) {
	told := 0
	for kind := range motion.Kind(64) {
		if !article.Changes(kind) || kind == motion.SetPolicy {
			continue
		}
		told++
		one, several := words.Changes(kind, 1), words.Changes(kind, 3)
		if !strings.HasPrefix(one.Code, "does.") || strings.Contains(one.Text, "_") || !strings.HasPrefix(several.Text, "changes the charter in 3 places: ") {
			t.Errorf("%s: %q, %q", kind, one.Text, several.Text)
		}
	}
	if told < 11 {
		t.Errorf("%d kinds change the charter", told)
	}
}
