package answer

import (
	"strings"
	"testing"

	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Who asks why a number is blocked is told when that is contested, in both languages.
func TestContestOfARatifiedEntryIsSaid(t *testing.T) {
	for zh, words := range map[bool]string{false: "contests it", true: "异议"} {
		for _, contested := range []bool{false, true} {
			k := view.KeyExplanation{Ratified: []view.Ratified{{Index: 7, Until: 20700, Decides: true, Entry: taxonomy.Entry{Contested: contested}}}}
			if said := ratified(&k, zh); strings.Contains(said, words) != contested || !strings.Contains(said, "7") {
				t.Errorf("contested %v: %s", contested, said)
			}
		}
	}
}
