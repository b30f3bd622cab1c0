package screen_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ringfence/node/screen"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// spec is a local rule as the oracle knows it; yaml writes it for the reader.
type spec struct {
	name    string
	allow   bool
	shadow  bool
	keys    []number.Range
	anon    bool
	called  []number.Range
	excuses []string
}

func (s spec) yaml() string {
	var b strings.Builder
	action := map[bool]string{true: "allow", false: "block"}[s.allow]
	fmt.Fprintf(&b, "  - name: %s\n    reason: x\n    shadow: %v\n    %s:\n", s.name, s.shadow, action)
	for _, k := range s.keys {
		fmt.Fprintf(&b, "      - %s\n", k)
	}
	if s.anon {
		b.WriteString("      - anonymous\n")
	}
	if len(s.called) > 0 {
		b.WriteString("    called:\n")
	}
	for _, k := range s.called {
		fmt.Fprintf(&b, "      - %s\n", k)
	}
	if len(s.excuses) > 0 {
		fmt.Fprintf(&b, "    excuses: [%s]\n", strings.Join(s.excuses, ", "))
	}
	return b.String()
}

func (w *world) spec(i int) spec {
	s := spec{name: fmt.Sprintf("local.r%d", i), allow: w.r.IntN(2) == 0, shadow: w.r.IntN(4) == 0, anon: w.r.IntN(4) == 0}
	for range 1 + w.r.IntN(2) {
		s.keys = append(s.keys, w.key())
	}
	if w.r.IntN(3) == 0 {
		s.called = append(s.called, w.key())
	}
	for _, r := range screen.Rules() {
		if s.allow && r.CLI() && w.r.IntN(2) == 0 {
			s.excuses = append(s.excuses, r.String())
		}
	}
	return s
}

// oracle is the rules again, slow and obvious: it writes down every finding in
// the order of the rules, and then reads down the page.
type oracle struct {
	specs  []spec
	shadow map[string]bool
	list   *fakeList
	call   *screen.Call
}

type finding struct {
	rule   string
	action taxonomy.Action
	acts   bool
}

// claims returns the callers to judge, each as its readings.
func (o *oracle) claims() [][]number.Caller {
	asserted, presented := slices.Collect(values(o.call.Asserted)), slices.Collect(values(o.call.Presented))
	for _, c := range []*[]number.Caller{&asserted, &presented} {
		if len(*c) == 0 {
			*c = []number.Caller{{}}
		}
	}
	switch {
	case asserted[0].Kind() == number.Anonymous:
		return [][]number.Caller{presented}
	case presented[0].Kind() == number.Numbered && presented[0] != asserted[0]:
		return [][]number.Caller{asserted, presented}
	}
	return [][]number.Caller{asserted}
}

// about returns the specs that hold for a caller in the order that they are
// asked: by the length of the matching key, then as they stand.
func (o *oracle) about(c number.Caller, allow bool) (out []spec) {
	free := func(s spec) int {
		best := 99
		n, ok := c.Number()
		for _, k := range s.keys {
			if ok && k.Contains(n) {
				best = min(best, k.Free())
			}
		}
		if s.anon && c.Kind() == number.Anonymous {
			best = 0
		}
		return best
	}
	for _, s := range o.specs {
		called := len(s.called) == 0
		for _, k := range s.called {
			for c := range values(o.call.Called) {
				n, ok := c.Number()
				called = called || ok && k.Contains(n)
			}
		}
		if s.allow == allow && called && free(s) < 99 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b spec) int { return free(a) - free(b) })
	return out
}

func (o *oracle) acts(s spec) bool { return !s.shadow && !o.shadow[s.name] }

// cli returns what a cli rule says of a caller.
func (o *oracle) cli(rule string, readings []number.Caller) taxonomy.Action {
	c, class := readings[0], o.call.Ingress.Class
	n, numbered := c.Number()
	info := testPlan()[n]
	switch rule {
	case "cli.irregular":
		text := o.call.Medium != assertion.Voice && o.call.Medium != assertion.Video
		if numbered || c.Kind() == number.Anonymous || c.Kind() == number.SMSCode && text {
			return allow
		}
		if class == screen.UnknownIngress || class == screen.National {
			return label
		}
		return block
	case "cli.foreign_domestic":
		if !numbered || class != screen.International || !strings.HasPrefix(n.Digits(), "86") {
			return allow
		}
		mobile := info.Class == plan.Mobile || info.Class == plan.MVNO || info.Class == plan.Unknown
		switch {
		case !mobile || o.call.Roaming == screen.RoamingNo:
			return block
		case o.call.Roaming == screen.RoamingYes:
			return allow
		}
		return label
	}
	for _, c := range readings {
		if n, ok := c.Number(); !ok || testPlan()[n].Allocated != plan.Unallocated {
			return allow
		}
	}
	return block
}

func (o *oracle) findings() (all []finding) {
	for c := range values(o.call.Called) {
		if n, ok := c.Number(); ok && testPlan()[n].Class == plan.Emergency {
			return []finding{{"callee.emergency", allow, true}}
		}
	}
	excuse := ""
	for _, rule := range []string{"cli.irregular", "cli.foreign_domestic", "cli.unallocated"} {
		for _, readings := range o.claims() {
			action := o.cli(rule, readings)
			by := ""
			for _, c := range readings {
				for _, s := range o.about(c, true) {
					if by == "" && o.acts(s) && slices.Contains(s.excuses, rule) {
						by = s.name
					}
				}
			}
			switch {
			case action == allow:
			case by != "":
				excuse = by
			default:
				all = append(all, finding{rule, action, !o.shadow[rule]})
			}
		}
	}
	if excuse != "" {
		all = append(all, finding{excuse, allow, true})
	}
	for _, pass := range []bool{true, false} {
		for _, readings := range o.claims() {
			for _, c := range readings {
				for _, s := range o.about(c, pass) {
					all = append(all, finding{s.name, map[bool]taxonomy.Action{true: allow, false: block}[pass], o.acts(s)})
				}
			}
		}
	}
	return append(all, o.listed()...)
}

// listed returns the findings of the list: of the ratified entries and of the
// evidence the first that acts.
func (o *oracle) listed() (all []finding) {
	pick := func(isRatified bool) (out []taxonomy.Entry) {
		for _, readings := range o.claims() {
			for _, c := range readings {
				n, ok := c.Number()
				if !ok {
					continue
				}
				e, key, ok := o.list.Lookup(n)
				if ok && e.Ratified == isRatified && (n != num("+86!95588") || e.Ratified && key.Free() == 0) {
					out = append(out, e)
				}
			}
		}
		slices.SortStableFunc(out, func(a, b taxonomy.Entry) int {
			return map[bool]int{true: 1, false: 0}[a.Action == allow] - map[bool]int{true: 1, false: 0}[b.Action == allow]
		})
		return out
	}
	if r := pick(true); len(r) > 0 {
		acts := !o.shadow["list.ratified"]
		if acts || r[0].Action != allow {
			all = append(all, finding{"list.ratified", r[0].Action, acts})
		}
		if acts {
			return all
		}
	}
	if e := pick(false); len(e) > 0 && e[0].Action != allow {
		all = append(all, finding{"list.label", label, !o.shadow["list.label"]})
	}
	return all
}

// read reads down the page.
func read(page []finding) (action taxonomy.Action, rule, told string) {
	for _, f := range page {
		switch {
		case !f.acts:
			if told == "" {
				told = f.rule
			}
		case f.action == block:
			return block, f.rule, told
		case f.action == allow && action == label:
			return action, rule, told
		case f.action == allow:
			return allow, f.rule, told
		case action != label:
			action, rule = label, f.rule
		}
	}
	return action, rule, told
}

func TestDecideAgainstOracle(t *testing.T) {
	w := newWorld(6)
	seen := map[string]int{}
	for range rounds {
		o := &oracle{shadow: map[string]bool{}, list: w.list(), call: w.call()}
		o.call.Ingress.Class = []screen.IngressClass{screen.International, screen.International, screen.National, screen.Enterprise, screen.UnknownIngress}[w.r.IntN(5)]
		yaml := "rules:\n"
		for i := range 3 {
			o.specs = append(o.specs, w.spec(i))
			yaml += o.specs[i].yaml()
		}
		for _, r := range screen.Rules() {
			if w.r.IntN(5) == 0 {
				o.shadow[r.String()] = true
			}
		}
		if w.r.IntN(5) == 0 {
			o.shadow["local.r0"] = true
		}
		sw := switches{shadow: o.shadow, forced: map[string]bool{"cli.unallocated": !o.shadow["cli.unallocated"]}}
		s := newScreener(t, func(c *screen.Config) {
			c.Local, c.Switches = rules(t, yaml), sw
			c.Protected = []number.Range{rng("+86!95588")}
		})
		v := s.Decide(o.list, o.call)
		action, rule, told := read(o.findings())
		seen[rule]++
		if v.Action != action || v.RuleName() != rule || v.Shadow.RuleName() != told {
			t.Fatalf("%s by %q telling %q; the oracle says %s by %q telling %q\ncall %+v\nlist %+v\n%s",
				v.Action, v.RuleName(), v.Shadow.RuleName(), action, rule, told, o.call, o.list.entries, yaml)
		}
	}
	for _, rule := range []string{"", "callee.emergency", "cli.irregular", "cli.foreign_domestic", "cli.unallocated", "local.r0", "list.ratified", "list.label"} {
		if seen[rule] == 0 {
			t.Errorf("no random call was decided by %q", rule)
		}
	}
}
