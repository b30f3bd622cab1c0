package screen_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"ringfence/node/locale"
	"ringfence/node/screen"
	"ringfence/node/screen/local"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// TestTexts holds what people read of each kind of verdict, in both languages,
// with the catalogue that ships.
func TestTexts(t *testing.T) {
	own, err := local.Compile([]local.Own{{Key: rng("+12025550124"), Action: block}, {Key: rng("+86!4006998888"), Action: allow}})
	if err != nil {
		t.Fatal(err)
	}
	s := newScreener(t, func(c *screen.Config) {
		c.Own, c.Switches = own, forced("cli.unallocated")
		c.Local = rules(t, "rules: [{name: local.no_names, block: ['irregular:alice'], reason: x}]")
	})
	bypass := newScreener(t, func(c *screen.Config) { c.Bypass = noon.Add(1) })
	contested := says("+8617012345678", label, "mkt.finance.loan")
	contested.Entry.Contested = true
	untyped := match{Key: rng("+8615412345678"), Entry: taxonomy.Entry{Action: label, Class: taxonomy.Har}}
	list := listOf(
		ratified(says("+12025550123", block, "crm.fraud.impersonation")),
		ratified(says("+861062301234", label, "har.debt_collection")),
		ratified(says("+86!95588", allow, "ok.legitimate")),
		says("+8613800138000", allow, "id.courier"), contested, untyped,
	)
	emergency := callFrom(screen.National, "foreign")
	emergency.Called = reads("emergency")
	var got strings.Builder
	for _, tc := range []struct {
		s    *screen.Screener
		call *screen.Call
	}{
		{s, emergency},
		{bypass, callFrom(screen.National, "foreign")},
		{s, callFrom(screen.International, "irregular")},
		{s, callFrom(screen.Reseller, "sms")},
		{s, callFrom(screen.International, "mobile")},
		{s, callFrom(screen.International, "landline")},
		{s, callFrom(screen.National, "unallocated")},
		{s, callFrom(screen.National, "code400")},
		{s, callFrom(screen.National, "foreign2")},
		{s, callFrom(screen.National, "name")},
		{s, callFrom(screen.National, "foreign")},
		{s, callFrom(screen.National, "landline")},
		{s, callFrom(screen.National, "code95")},
		{s, callFrom(screen.National, "mvno")},
		{s, callFrom(screen.National, "newprefix")},
		{s, callFrom(screen.National, "mobile")},
		{s, callFrom(screen.National, "anonymous")},
	} {
		v := tc.s.Decide(list, tc.call)
		fmt.Fprintf(&got, "%s %s\n", v.Action, v.RuleName())
		for _, c := range locale.New().All() {
			fmt.Fprintf(&got, "\t%s\n", v.Display(c))
		}
	}
	want, err := os.ReadFile("testdata/texts.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("testdata/texts.golden should hold:\n%s", got.String())
	}
	for _, c := range callers {
		if n, ok := c.Number(); ok && strings.Contains(got.String(), n.Digits()) {
			t.Errorf("a text holds the number %s", number.CallerOf(n).Masked())
		}
	}
}
