package number_test

import (
	"strings"
	"testing"

	"ringfence/store/number"
)

// chain returns an automaton that accepts exactly the given digits.
func chain(digits string, sense number.Sense) []number.Node {
	nodes := make([]number.Node, len(digits)+2)
	for i, c := range digits {
		nodes[i+1].Next[c-'0'] = uint16(i + 2)
	}
	nodes[len(digits)+1].Sense = sense
	return nodes
}

func TestRulesFromHandmadeTable(t *testing.T) {
	asked := ""
	r, err := number.NewRules(number.RulesConfig{
		Country: 44,
		Tables:  []number.Table{{Country: 44, Trunk: "0", Exit: []string{"010"}, Shortest: 4, Nodes: chain("2079", number.SenseNumber)}},
		Fallback: func(c number.Country, digits string, dialled bool) (number.Number, bool) {
			asked = c.String() + ":" + digits
			if dialled {
				asked += " dialled"
			}
			return number.Number{}, false
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	checkReads(t, r, []reads{
		{in: "2079", received: "+442079"},
		{in: "02079", received: "+442079"},
		{in: "010442079", received: "+442079"},
		{in: "00442079", received: "+442079"},
		{in: "2078", received: notPlan},
		{in: "207", received: short},
	})
	if asked != "" {
		t.Errorf("the fallback was asked about %s, which has a table or is too short", asked)
	}
	r.Received("33123456789")
	if asked != "33:123456789" {
		t.Errorf("the fallback was asked about %q", asked)
	}
	r.Under(33).Received("123456789")
	if asked != "33:123456789 dialled" {
		t.Errorf("the fallback was asked about %q", asked)
	}
}

func TestRulesWithoutFallback(t *testing.T) {
	r, err := number.NewRules(number.RulesConfig{Country: 44})
	if err != nil {
		t.Fatal(err)
	}
	checkReads(t, r, []reads{
		{in: "02079460148", received: notPlan},
		{in: "+442079460148", received: "+442079460148"},
		{in: "442079460148", received: notPlan},
	})
}

func TestNewRulesRefuses(t *testing.T) {
	good := func() number.Table {
		return number.Table{Country: 86, Trunk: "0", Nodes: chain("110", number.SenseService)}
	}
	for _, tt := range []struct {
		name   string
		change func(*number.Table)
		why    string
	}{
		{"no country", func(t *number.Table) { t.Country = 0 }, "no assigned country code"},
		{"unassigned country", func(t *number.Table) { t.Country = 210 }, "no assigned country code"},
		{"more than a country code", func(t *number.Table) { t.Country = 861 }, "no assigned country code"},
		{"no states", func(t *number.Table) { t.Nodes = nil }, "0 states"},
		{"only the end", func(t *number.Table) { t.Nodes = t.Nodes[:1] }, "1 states"},
		{"a state that is not there", func(t *number.Table) { t.Nodes[2].Next[3] = 9 }, "state 2 leads by digit 3 to state 9"},
		{"a way out of the end", func(t *number.Table) { t.Nodes[0].Next[3] = 1 }, "state 0"},
		{"no such province", func(t *number.Table) { t.Nodes[1].Province = 100 }, "province 100"},
		{"trunk", func(t *number.Table) { t.Trunk = "x" }, `prefix "x"`},
		{"exit", func(t *number.Table) { t.Exit = []string{"+"} }, `prefix "+"`},
		{"carrier", func(t *number.Table) { t.Carriers = []string{"179 51"} }, `prefix "179 51"`},
	} {
		table := good()
		tt.change(&table)
		_, err := number.NewRules(number.RulesConfig{Tables: []number.Table{table}})
		if err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %v; want it to say %q", tt.name, err, tt.why)
		}
	}
	if _, err := number.NewRules(number.RulesConfig{Tables: []number.Table{good(), good()}}); err == nil || !strings.Contains(err.Error(), "two tables") {
		t.Errorf("two tables of one country: %v", err)
	}
}

// TestTableLargerThanItsNumbers gives a table that accepts more digits than a
// number can have: no reading may come of it.
func TestTableLargerThanItsNumbers(t *testing.T) {
	digits := strings.Repeat("12", 7)
	for _, sense := range []number.Sense{number.SenseNumber, number.SenseService, number.SenseLocal, number.SenseAreaLocal} {
		r, err := number.NewRules(number.RulesConfig{Country: 86, Tables: []number.Table{{Country: 86, Nodes: chain(digits, sense)}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Received("+86" + digits).First(); got.Kind() != number.Irregular {
			t.Errorf("sense %d: 16 digits are %s", sense, got)
		}
	}
}

func TestCountryCodesArePrefixFree(t *testing.T) {
	assigned := 0
	for c := number.Country(1); c < 1000; c++ {
		n, err := number.International(c.String() + "5550100")
		if err != nil || n.Country() != c {
			continue
		}
		assigned++
		if c.Len() != len(c.String()) {
			t.Errorf("+%s has length %d", c, c.Len())
		}
		for d := number.Country(0); d < 10; d++ {
			longer, err := number.International((c*10 + d).String() + "550100")
			if err == nil && longer.Country() != c {
				t.Errorf("+%s begins +%s", c, longer.Country())
			}
		}
	}
	// The annex to ITU Operational Bulletin lists a little over 210 codes in
	// use, networks and services included.
	if assigned < 210 || assigned > 225 {
		t.Errorf("%d country codes", assigned)
	}
	for _, c := range []number.Country{1, 7, 20, 33, 34, 44, 81, 86, 91, 211, 352, 420, 852, 853, 886, 971, 998} {
		if n, err := number.International(c.String() + "5550100"); err != nil || n.Country() != c {
			t.Errorf("+%s is not assigned: %v", c, err)
		}
	}
	for _, c := range []number.Country{0, 210, 214, 801, 851, 999} {
		if n, err := number.International(c.String() + "5550100"); err == nil {
			t.Errorf("+%s is assigned: %s", c, n)
		}
	}
	if number.Country(0).Len() != 0 {
		t.Error("no country has digits")
	}
}
