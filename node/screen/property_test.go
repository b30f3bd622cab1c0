package screen_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringfence/node/screen"
	"ringfence/node/screen/local"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// world makes random screeners, lists and calls over the tests' few callers,
// so that rules meet often.
type world struct {
	r     *rand.Rand
	names []string
}

func newWorld(seed uint64) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 8))}
	for name := range callers {
		w.names = append(w.names, name)
	}
	slices.Sort(w.names)
	return w
}

func (w *world) name() string { return w.names[w.r.IntN(len(w.names))] }

func (w *world) readings() number.Readings {
	var names []string
	for range w.r.IntN(3) {
		names = append(names, w.name())
	}
	return reads(names...)
}

func (w *world) key() number.Range {
	for {
		if n, ok := callers[w.name()].Number(); ok {
			free := w.r.IntN(4)
			if r, ok := n.Enclosing(free); ok {
				return r
			}
		}
	}
}

func (w *world) entry() match {
	c := taxonomy.Categories()[w.r.IntN(len(taxonomy.Categories()))]
	m := match{Key: w.key(), Entry: taxonomy.Entry{
		Action: taxonomy.Action(w.r.IntN(3)), Class: c.Class(), Category: c,
		Ratified: w.r.IntN(2) == 0, Contested: w.r.IntN(4) == 0,
	}}
	return m
}

func (w *world) list() *fakeList {
	l := listOf()
	for range w.r.IntN(6) {
		l.entries = append(l.entries, w.entry())
	}
	return l
}

func (w *world) call() *screen.Call {
	return &screen.Call{
		Asserted: w.readings(), Presented: w.readings(), Called: w.readings(),
		Ingress: screen.Ingress{Class: screen.IngressClass(w.r.IntN(5))},
		Roaming: screen.Roaming(w.r.IntN(3)), Medium: assertion.Medium(w.r.IntN(5)), Time: noon,
	}
}

func (w *world) rules(t *testing.T) *local.Rules {
	var own []local.Own
	for range w.r.IntN(4) {
		own = append(own, local.Own{Key: w.key(), Action: taxonomy.Action(2 * w.r.IntN(2))})
	}
	r, err := local.Compile(own)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) screener(t *testing.T, rules *local.Rules) *screen.Screener {
	var shadow []string
	for _, r := range screen.Rules() {
		if w.r.IntN(4) == 0 {
			shadow = append(shadow, r.String())
		}
	}
	return newScreener(t, func(c *screen.Config) {
		c.Own, c.Switches = rules, inShadow(shadow...)
		c.Protected = []number.Range{rng("+86!95588")}
		c.Policy.StaleOpen = w.r.IntN(2) == 0
		c.Policy.ListMaxAge = time.Duration(w.r.IntN(3)) * 40 * time.Second
	})
}

const rounds = 4_000

// An emergency number is always reached.
func TestEmergencyAlwaysPasses(t *testing.T) {
	w := newWorld(1)
	for range rounds {
		s, list, call := w.screener(t, w.rules(t)), w.list(), w.call()
		call.Called = number.ReadingsOf(append(slices.Collect(values(call.Called)), callers["emergency"])...)
		if v := s.Decide(list, call); v.Action != taxonomy.Allow || v.Rule != screen.CalleeEmergency {
			t.Fatalf("%s by %q for %+v", v.Action, v.RuleName(), call)
		}
	}
}

func values(r number.Readings) func(func(number.Caller) bool) {
	return func(yield func(number.Caller) bool) {
		for i := range r.Len() {
			if !yield(r.At(i)) {
				return
			}
		}
	}
}

// The empty list is the mildest: taking everything off it never makes a verdict
// graver. So is taking off one entry that is not a ratified allow, for a number
// without entries at other keys.
func TestUnlistingNeverAggravates(t *testing.T) {
	w := newWorld(2)
	for range rounds {
		s, list, call := w.screener(t, w.rules(t)), w.list(), w.call()
		with, without := s.Decide(list, call), s.Decide(listOf(), call)
		if without.Action > with.Action {
			t.Fatalf("unlisting turns %s into %s for %+v", with.Action, without.Action, call)
		}
	}
}

// Removing the entry that made a verdict never turns an allow into a block,
// when no other key holds its number.
func TestRemovingAnEntry(t *testing.T) {
	w := newWorld(3)
	for range rounds {
		s, call := w.screener(t, w.rules(t)), w.call()
		list := listOf()
		for range 1 + w.r.IntN(4) {
			e := w.entry()
			if !slices.ContainsFunc(list.entries, func(m match) bool { return m.Key.Covers(e.Key) || e.Key.Covers(m.Key) }) {
				list.entries = append(list.entries, e)
			}
		}
		before := s.Decide(list, call)
		i := w.r.IntN(len(list.entries))
		list.entries = slices.Delete(slices.Clone(list.entries), i, i+1)
		if after := s.Decide(list, call); before.Action == taxonomy.Allow && before.Rule != screen.ListRatified && after.Action == taxonomy.Block {
			t.Fatalf("removing an entry turns allow into block for %+v", call)
		}
	}
}

// A local block never makes a verdict milder, a local allow without excuses
// never graver, and never lets pass what a cli rule stops.
func TestLocalRulesPull(t *testing.T) {
	w := newWorld(4)
	for range rounds {
		list, call, key := w.list(), w.call(), w.key()
		own := func(action taxonomy.Action) *local.Rules {
			r, err := local.Compile([]local.Own{{Key: key, Action: action}})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		verdict := func(r *local.Rules) screen.Verdict {
			return newScreener(t, func(c *screen.Config) { c.Own = r }).Decide(list, call)
		}
		none, stop, pass := verdict(nil), verdict(own(taxonomy.Block)), verdict(own(taxonomy.Allow))
		if stop.Action < none.Action || pass.Action > none.Action {
			t.Fatalf("none %s, block %s, allow %s for %+v", none.Action, stop.Action, pass.Action, call)
		}
		if none.Rule.CLI() && none.Action == taxonomy.Block && pass.Action != taxonomy.Block {
			t.Fatalf("an allow without excuse lifts %s", none.RuleName())
		}
	}
}

// Verdicts are well formed: action, treatment, rule and basis agree, and a
// Screener answers the same call twice alike.
func TestVerdictsAreWellFormed(t *testing.T) {
	w := newWorld(5)
	seen := map[screen.Rule]int{}
	for range rounds {
		s, list, call := w.screener(t, w.rules(t)), w.list(), w.call()
		v := s.Decide(list, call)
		seen[v.Rule]++
		if again := s.Decide(list, call); again != v {
			t.Fatalf("two answers to one call: %+v and %+v", v, again)
		}
		switch {
		case (v.Action == taxonomy.Allow) != (v.Treatment == screen.Connect),
			(v.Action == taxonomy.Label) != (v.Treatment == screen.Mark),
			v.Action != taxonomy.Allow && (v.Rule == screen.NoRule || v.Basis == screen.NoBasis || v.Identity == screen.NoIdentity),
			v.Category.Class() != v.Class,
			v.Excused != screen.NoRule && v.Rule != screen.LocalAllow:
			t.Fatalf("malformed verdict %+v", v)
		}
	}
	for _, r := range screen.Rules() {
		if r != screen.Bypass && r != screen.CLIUnallocated && seen[r] == 0 {
			t.Errorf("no random call met %s: the test says nothing about it", r)
		}
	}
}

// busy is a screener and a call that go through every rule to the last.
func busy(t testing.TB) (*screen.Screener, *fakeList, *screen.Call) {
	own := make([]local.Own, 0, 1000)
	for i := range 1000 {
		n, err := number.International("8613700" + string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)}) + "000")
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, local.Own{Key: n.Range(), Action: taxonomy.Block})
	}
	compiled, err := local.Compile(own)
	if err != nil {
		t.Fatal(err)
	}
	s := newScreener(t, func(c *screen.Config) {
		c.Own = compiled
		c.Local = rules(t, "rules: [{name: local.r, block: ['+861370012*/13', '+8613701*/13'], called: ['+8613900*/13'], reason: x}]")
		c.Protected = []number.Range{rng("+86!955*/7"), rng("+86!110")}
		c.Members = members{}
	})
	call := callFrom(screen.International, "mobile")
	call.Presented, call.Roaming = reads("mobile", "foreign"), screen.RoamingYes
	return s, listOf(says("+8613800138000", label, "mkt.retail")), call
}

func TestDecideAllocatesNothing(t *testing.T) {
	s, list, call := busy(t)
	check(t, s.Decide(list, call), label, "list.label")
	if n := testing.AllocsPerRun(1000, func() { _ = s.Decide(list, call) }); n != 0 {
		t.Errorf("%v allocations a decision, want none", n)
	}
	stopped := callFrom(screen.International, "landline")
	if n := testing.AllocsPerRun(1000, func() { _ = s.Decide(list, stopped) }); n != 0 {
		t.Errorf("%v allocations a refusal, want none", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	s, list, call := busy(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = s.Decide(list, call)
	}
}
