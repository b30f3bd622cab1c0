package letter

import (
	"strings"
	"testing"
)

func TestWhatIsACode(t *testing.T) {
	for text, want := range map[string]bool{
		"ballot.stayed": true, "inbox.too_many": true, "ballot." + strings.Repeat("a", 48): true,
		"": false, "ballot": false, "ballot.": false, "inbox": false, "anchor.forked": false, "ballot.a.b": false, "ballot.A": false, "ballot.a\n": false,
		"ballot.é": false, "ballot.a1": false, " ballot.a": false, "ballot." + strings.Repeat("a", 49): false, ".a": false,
	} {
		if isCode(text) != want {
			t.Errorf("%q is a code: %v", text, !want)
		}
	}
}
