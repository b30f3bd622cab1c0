package council_test

import (
	"strings"
	"testing"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/council"
	"ringfence/node/api"
	"ringfence/node/locale"
)

// The place of an entry is told as one types it, and that there is none in words.
func TestLedgerEntriesAreNamedAsTyped(t *testing.T) {
	for want, all := range map[string]api.LedgerEntries{
		"\n       12345  tick":               {Size: 20000, Next: 12346, Entries: []api.LedgerEntry{{Index: 12345, Type: "tick"}}},
		"the first with index 0": {Size: 7, Next: 7, Entries: []api.LedgerEntry{}},
	} {
		var b strings.Builder
		p := show.NewPage(&b, locale.New().Match("en"), false)
		council.Entries(p, &all)
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in %q", want, b.String())
		}
	}
}
