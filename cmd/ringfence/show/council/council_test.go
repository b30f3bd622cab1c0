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
		"\n12345 ":               {Size: 20000, Next: 12346, Entries: []api.LedgerEntry{{Index: 12345, Type: "tick"}}},
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

// What lies inside the ranges of a motion is counted with what is marked, and apart.
func TestWhatIsInsideRangesIsShown(t *testing.T) {
	d := api.Proposed{Preview: true, Effect: api.MotionEffect{
		Items: 2, Protected: []string{"+8613800138011", "+8613900138000"}, Contested: []string{"+8613800138031"},
		Counts: api.MarkCounts{Protected: 1}, Inside: api.MarkCounts{Protected: 1, Contested: 1},
	}}
	for lang, want := range map[string][]string{
		"en": {"2: +8613800138011, +8613900138000", "of these inside ranges", "protected 1, contested 1"},
		"zh": {"其中在号段内", "有异议 1"},
	} {
		var b strings.Builder
		council.Proposed(show.NewPage(&b, locale.New().Match(lang), false), &d)
		for _, one := range want {
			if !strings.Contains(b.String(), one) {
				t.Errorf("%s: %q is not in\n%s", lang, one, b.String())
			}
		}
		d.Effect.Inside = api.MarkCounts{}
		b.Reset()
		council.Proposed(show.NewPage(&b, locale.New().Match(lang), false), &d)
		if strings.Contains(b.String(), want[len(want)-2]) || strings.Contains(b.String(), "其中在号段内") {
			t.Errorf("%s: told of nothing\n%s", lang, b.String())
		}
		d.Effect.Inside = api.MarkCounts{Protected: 1, Contested: 1}
	}
}
