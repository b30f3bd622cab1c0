package screen_test

import (
	"testing"
	"time"

	"ringfence/node/screen"
	"ringfence/node/screen/local"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// noon is when the tests' calls arrive.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// callers names the callers of the tests, so that tables read as prose.
var callers = map[string]number.Caller{
	"":            {},
	"anonymous":   {},
	"landline":    number.CallerOf(num("+861062301234")),
	"mobile":      number.CallerOf(num("+8613800138000")),
	"mvno":        number.CallerOf(num("+8617012345678")),
	"newprefix":   number.CallerOf(num("+8615412345678")),
	"code95":      number.CallerOf(num("+86!95588")),
	"code400":     number.CallerOf(num("+86!4006998888")),
	"emergency":   number.CallerOf(num("+86!110")),
	"foreign":     number.CallerOf(num("+12025550123")),
	"foreign2":    number.CallerOf(num("+12025550124")),
	"unallocated": number.CallerOf(num("+34600000001")),
	"irregular":   number.IrregularCaller("008601062301234", number.DoubledPrefix),
	"name":        number.IrregularCaller("alice", number.NotDigits),
	"sms":         number.SMSCaller("106980001234"),
}

func num(s string) number.Number {
	n, err := number.Parse(s)
	if err != nil {
		panic(err)
	}
	return n
}

func rng(s string) number.Range {
	r, err := number.ParseRange(s)
	if err != nil {
		panic(err)
	}
	return r
}

func reads(names ...string) number.Readings {
	var all []number.Caller
	for _, name := range names {
		c, ok := callers[name]
		if !ok {
			panic("no caller named " + name)
		}
		all = append(all, c)
	}
	return number.ReadingsOf(all...)
}

// fakePlan knows the numbers of the tests.
type fakePlan map[number.Number]plan.Info

func (p fakePlan) Lookup(n number.Number) plan.Info { return p[n] }

func testPlan() fakePlan {
	day := taxonomy.DayOf(noon.Unix()) - 10
	return fakePlan{
		num("+861062301234"):  {Class: plan.Landline, Allocated: plan.Allocated, Date: day},
		num("+8613800138000"): {Class: plan.Mobile},
		num("+12025550123"):   {Class: plan.FixedOrMobile},
		num("+8617012345678"): {Class: plan.MVNO},
		num("+86!95588"):      {Class: plan.Code95},
		num("+86!4006998888"): {Class: plan.Shared},
		num("+86!110"):        {Class: plan.Emergency},
		num("+34600000001"):   {Class: plan.Mobile, Allocated: plan.Unallocated, Date: day},
	}
}

// match is an entry and the key that it stands at.
type match struct {
	Key   number.Range
	Entry taxonomy.Entry
}

// fakeList is a list as a slice: the longest key that holds a number speaks,
// a ratified one first.
type fakeList struct {
	stamp   screen.Stamp
	entries []match
}

func (l *fakeList) Stamp() screen.Stamp { return l.stamp }

func (l *fakeList) Lookup(n number.Number) (taxonomy.Entry, number.Range, bool) {
	var best match
	ok := false
	for _, m := range l.entries {
		longer := m.Key.Free() < best.Key.Free()
		raised := m.Entry.Ratified && !best.Entry.Ratified
		lowered := !m.Entry.Ratified && best.Entry.Ratified
		if m.Key.Contains(n) && (!ok || raised || longer && !lowered) {
			best, ok = m, true
		}
	}
	return best.Entry, best.Key, ok
}

func listOf(entries ...match) *fakeList {
	return &fakeList{entries: entries, stamp: screen.Stamp{
		Root: [32]byte{1, 2, 3}, Serial: 7, LedgerSize: 3,
		Day: taxonomy.DayOf(noon.Unix()), Updated: noon.Add(-time.Minute),
	}}
}

func category(s string) taxonomy.Category {
	c, err := taxonomy.ParseCategory(s)
	if err != nil {
		panic(err)
	}
	return c
}

// says makes an entry: says("+86…", taxonomy.Label, "mkt.education").
func says(key string, action taxonomy.Action, cat string) match {
	c := category(cat)
	return match{Key: rng(key), Entry: taxonomy.Entry{Action: action, Class: c.Class(), Category: c}}
}

func ratified(m match) match {
	m.Entry.Ratified = true
	return m
}

func rules(t testing.TB, yaml string) *local.Rules {
	t.Helper()
	r, err := local.Parse(local.File{Name: "test.yaml", Data: []byte(yaml)})
	if err != nil {
		t.Fatalf("parse rules: %v", err)
	}
	return r
}

func newScreener(t testing.TB, change func(*screen.Config)) *screen.Screener {
	t.Helper()
	cfg := screen.Config{Home: number.China, Plan: testPlan(), Policy: screen.DefaultPolicy()}
	if change != nil {
		change(&cfg)
	}
	s, err := screen.New(cfg)
	if err != nil {
		t.Fatalf("new screener: %v", err)
	}
	return s
}

// callFrom is a call to an ordinary mobile.
func callFrom(class screen.IngressClass, asserted ...string) *screen.Call {
	return &screen.Call{
		Asserted: reads(asserted...), Called: number.ReadingsOf(number.CallerOf(num("+8613900139000"))),
		Ingress: screen.Ingress{Class: class}, Time: noon,
	}
}

// switches is a Switches as two sets of names that are in shadow.
type switches struct{ shadow, forced map[string]bool }

func (s switches) Rule(r screen.Rule) bool {
	if s.forced[r.String()] {
		return true
	}
	return r.Default() && !s.shadow[r.String()]
}

func (s switches) Local(name string, shadow bool) bool {
	return s.forced[name] || !shadow && !s.shadow[name]
}

func inShadow(names ...string) switches {
	s := switches{shadow: map[string]bool{}}
	for _, n := range names {
		s.shadow[n] = true
	}
	return s
}

func forced(names ...string) switches {
	s := switches{forced: map[string]bool{}}
	for _, n := range names {
		s.forced[n] = true
	}
	return s
}
