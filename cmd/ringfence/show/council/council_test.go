package council_test

import (
	"strings"
	"testing"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/council"
	"ringfence/cmd/ringfence/show/showtest"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
)

// The place of an entry is told as one types it, and that there is none in words.
func TestLedgerEntriesAreNamedAsTyped(t *testing.T) {
	for want, all := range map[string]api.LedgerEntries{
		"\n       12345  tick":   {Size: 20000, Next: 12346, Entries: []api.LedgerEntry{{Index: 12345, Type: "tick"}}},
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

// What an entry says stands last, so that a long one makes no other line wider; counts have
// their thousands apart.
func TestALongEntryWidensNoOther(t *testing.T) {
	long := phrase.Plain(strings.Repeat("key ", 100))
	all := api.LedgerEntries{Size: 2, Next: 2, Entries: []api.LedgerEntry{
		{Index: 0, Type: "item", Kind: "admit_member", Motion: "bafyreibbk4v5flcmfj6", Says: &long},
		{Index: 1, Type: "motion", Kind: "ratify", Motion: "bafyreibbk4v5flcmfj7", Items: 4112, Votes: []string{"reg"}, Time: "2026-11-30T10:00:00Z"},
	}}
	said := showtest.Render(func(p *show.Page) { council.Entries(p, &all) }, locale.New().Match("en"), false)
	lines := strings.Split(said, "\n")
	if len(lines) < 3 || len(lines[2]) > 150 || !strings.Contains(lines[2], "items: 4,112") {
		t.Errorf("the second entry:\n%s", said)
	}
}

// Promises are told in words: who promised itself to what, whether this regulator did, and
// how many it takes; and on a node that cannot know them, that it cannot.
func TestRealignTellsPromises(t *testing.T) {
	age := int64(130)
	of := func(promised uint64, all ...api.QuorumPromise) *api.QuorumState {
		return &api.QuorumState{
			Regulator: "reg", Regulators: 4, Quorum: 3, Fresh: 2, Promises: all, Promising: 3, Generation: &api.QuorumGeneration{Promised: promised},
			Seats: []api.QuorumSeat{{Member: "reg2", Cosigned: "2026-11-30T10:00:00Z", Age: &age, Heard: "2026-11-30T10:00:01Z"}},
		}
	}
	pages := map[string]func(*show.Page){}
	for name, c := range map[string]struct {
		state *api.QuorumState
		want  []string
	}{
		"none":      {of(0), []string{"none is known here", "has promised nothing", "the promises of 3 regulators", "not heard", "130 s ago"}},
		"others":    {of(0, api.QuorumPromise{Member: "reg2", Generation: 1}), []string{"reg2 promised itself to generation 1", "has promised nothing"}},
		"own":       {of(1, api.QuorumPromise{Member: "reg", Generation: 1}), []string{"promised to generation 1", "of the 3 promises that it takes, 1 are known here"}},
		"elsewhere": {&api.QuorumState{}, []string{"known on the regulators’ nodes"}},
	} {
		pages[name] = func(p *show.Page) { council.Realign(p, c.state) }
		showtest.Says(t, showtest.Render(pages[name], locale.New().Match("en"), false), c.want...)
	}
	showtest.InEveryLanguage(t, pages)
}
