package words_test

import (
	"strings"
	"testing"

	"ringfence/node/council/words"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

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
