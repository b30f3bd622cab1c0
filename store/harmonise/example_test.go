package harmonise_test

import (
	"fmt"

	"ringfence/store/harmonise"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// Two desks know a number. Neither alone could label it; together they do, and
// the word of the one that typed it names the class.
func ExampleRules_Harmonise() {
	rules, err := harmonise.NewRules(policy.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	loans, err := taxonomy.ParseCategory("mkt.finance.loan")
	if err != nil {
		fmt.Println(err)
		return
	}
	today := taxonomy.Day(20600)
	flag := func(group uint16, c taxonomy.Category, reports uint32) harmonise.Evidence {
		return harmonise.Evidence{
			Group: group, Weight: 420, Category: c, Confidence: rules.Confidence(reports),
			LastSeen: today.Start(), BatchTime: today.Start(),
			From: today, Until: today + taxonomy.Day(rules.ExpiryDays(c.Class())),
		}
	}
	evidence := []harmonise.Evidence{flag(1, taxonomy.Untyped, 3), flag(2, loans, 2)}

	for _, some := range [][]harmonise.Evidence{evidence[:1], evidence[1:], evidence} {
		res := rules.Harmonise(some, today, false)
		fmt.Println(res.Entry.Action, res.Entry.Category, res.Score, res.Rule)
	}
	fmt.Println("until", rules.NextChange(evidence, today, false))
	// Output:
	// allow unk.untyped 179 below_threshold
	// allow mkt.finance.loan 139 below_threshold
	// label mkt.finance.loan 293 two_voices
	// until 2026-06-02
}
