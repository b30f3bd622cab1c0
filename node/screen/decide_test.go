package screen_test

import (
	"testing"
	"time"

	"ringfence/node/screen"
	"ringfence/node/screen/local"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

const (
	allow = taxonomy.Allow
	label = taxonomy.Label
	block = taxonomy.Block
)

func check(t *testing.T, v screen.Verdict, action taxonomy.Action, rule string) {
	t.Helper()
	if v.Action != action || v.RuleName() != rule {
		t.Errorf("got %s by %q, want %s by %q", v.Action, v.RuleName(), action, rule)
	}
}

// TestForeignDomestic is the whole matrix of ingress class, caller class and
// roaming for a list without entries.
func TestForeignDomestic(t *testing.T) {
	type outcome struct {
		action taxonomy.Action
		rule   string
	}
	pass := outcome{allow, ""}
	stop := outcome{block, "cli.foreign_domestic"}
	warn := outcome{label, "cli.foreign_domestic"}
	// By caller: the outcome for roaming unknown, yes and no when the call comes
	// in from abroad.
	abroad := map[string][3]outcome{
		"landline":  {stop, stop, stop},
		"code95":    {stop, stop, stop},
		"code400":   {stop, stop, stop},
		"emergency": {stop, stop, stop},
		"mobile":    {warn, pass, stop},
		"mvno":      {warn, pass, stop},
		"newprefix": {warn, pass, stop},
		"foreign":   {pass, pass, pass},
		"anonymous": {pass, pass, pass},
	}
	s := newScreener(t, nil)
	classes := []screen.IngressClass{screen.UnknownIngress, screen.National, screen.International, screen.Enterprise, screen.Reseller}
	for caller, want := range abroad {
		for _, class := range classes {
			for roaming := screen.RoamingUnknown; roaming <= screen.RoamingNo; roaming++ {
				t.Run(caller+"/"+class.String()+"/"+roaming.String(), func(t *testing.T) {
					call := callFrom(class, caller)
					call.Roaming = roaming
					w := pass
					if class == screen.International {
						w = want[roaming]
					}
					v := s.Decide(listOf(), call)
					check(t, v, w.action, w.rule)
					if w.action == block && (v.Treatment != screen.Reject || v.Basis != screen.BasisCall || v.Identity != screen.Asserted) {
						t.Errorf("treatment %s, basis %s, identity %s", v.Treatment, v.Basis, v.Identity)
					}
				})
			}
		}
	}
}

// TestAnotherHome: where the plan cannot tell landlines from mobiles, a number
// from abroad may be a mobile.
func TestAnotherHome(t *testing.T) {
	s := newScreener(t, func(c *screen.Config) { c.Home = number.NANP })
	check(t, s.Decide(nil, callFrom(screen.International, "foreign")), label, "cli.foreign_domestic")
	check(t, s.Decide(nil, callFrom(screen.International, "landline")), allow, "")
}

// TestPresentedFromAbroad: what the called party sees counts, whoever the
// network vouches for.
func TestPresentedFromAbroad(t *testing.T) {
	s := newScreener(t, func(c *screen.Config) { c.Protected = []number.Range{rng("+86!95588")} })
	for _, tc := range []struct {
		name, asserted, presented string
		action                    taxonomy.Action
		rule                      string
		identity                  screen.Identity
	}{
		{"a protected number alone", "", "code95", block, "cli.foreign_domestic", screen.Presented},
		{"a protected number beside a foreign one", "foreign", "code95", block, "cli.foreign_domestic", screen.Presented},
		{"a domestic number beside a foreign one shown", "landline", "foreign", block, "cli.foreign_domestic", screen.Asserted},
		{"a user name beside a foreign number", "foreign", "name", allow, "", screen.NoIdentity},
		{"a user name alone", "", "name", block, "cli.irregular", screen.Presented},
		{"both foreign", "foreign", "foreign2", allow, "", screen.NoIdentity},
		{"asserted withheld", "anonymous", "landline", block, "cli.foreign_domestic", screen.Presented},
	} {
		t.Run(tc.name, func(t *testing.T) {
			call := callFrom(screen.International, tc.asserted)
			if tc.asserted == "" {
				call.Asserted = number.Readings{}
			}
			call.Presented = reads(tc.presented)
			v := s.Decide(listOf(), call)
			check(t, v, tc.action, tc.rule)
			if v.Identity != tc.identity {
				t.Errorf("identity %q, want %q", v.Identity, tc.identity)
			}
		})
	}
}

func TestIrregular(t *testing.T) {
	s := newScreener(t, nil)
	strict := newScreener(t, func(c *screen.Config) {
		c.Policy.Irregular = map[screen.IngressClass]taxonomy.Action{screen.National: block, screen.International: allow}
		c.Policy.Treatments = map[screen.Rule]screen.Treatment{screen.CLIIrregular: screen.Announce}
	})
	for _, tc := range []struct {
		name   string
		s      *screen.Screener
		caller string
		class  screen.IngressClass
		medium assertion.Medium
		action taxonomy.Action
		treat  screen.Treatment
	}{
		{"from abroad", s, "irregular", screen.International, assertion.Voice, block, screen.Reject},
		{"from an enterprise", s, "irregular", screen.Enterprise, assertion.Voice, block, screen.Reject},
		{"from a reseller", s, "irregular", screen.Reseller, assertion.Voice, block, screen.Reject},
		{"from an operator", s, "irregular", screen.National, assertion.Voice, label, screen.Mark},
		{"from anywhere", s, "irregular", screen.UnknownIngress, assertion.Voice, label, screen.Mark},
		{"SMS code in a call", s, "sms", screen.Enterprise, assertion.Voice, block, screen.Reject},
		{"SMS code in a video call", s, "sms", screen.Enterprise, assertion.Video, block, screen.Reject},
		{"SMS code in a message", s, "sms", screen.Enterprise, assertion.SMS, allow, screen.Connect},
		{"anonymous is not irregular", s, "anonymous", screen.International, assertion.Voice, allow, screen.Connect},
		{"policy blocks", strict, "irregular", screen.National, assertion.Voice, block, screen.Announce},
		{"policy allows", strict, "irregular", screen.International, assertion.Voice, allow, screen.Connect},
		{"policy is silent", strict, "irregular", screen.Enterprise, assertion.Voice, label, screen.Mark},
	} {
		t.Run(tc.name, func(t *testing.T) {
			call := callFrom(tc.class, tc.caller)
			call.Medium = tc.medium
			v := tc.s.Decide(listOf(), call)
			rule := "cli.irregular"
			if tc.action == allow {
				rule = ""
			}
			check(t, v, tc.action, rule)
			if v.Treatment != tc.treat {
				t.Errorf("treatment %s, want %s", v.Treatment, tc.treat)
			}
		})
	}
}

func TestUnallocated(t *testing.T) {
	acting := forced("cli.unallocated")
	for _, tc := range []struct {
		name     string
		switches screen.Switches
		days     int
		callers  []string
		action   taxonomy.Action
		shadow   string
	}{
		{"in shadow by default", nil, 90, []string{"unallocated"}, allow, "cli.unallocated"},
		{"acting with a young plan", acting, 10, []string{"unallocated"}, block, ""},
		{"an old plan is not believed", acting, 9, []string{"unallocated"}, allow, ""},
		{"switched off", acting, 0, []string{"unallocated"}, allow, ""},
		{"another reading is not in a plan", acting, 90, []string{"unallocated", "mobile"}, allow, ""},
		{"allocation unknown", acting, 90, []string{"mobile"}, allow, ""},
		{"allocated", acting, 90, []string{"landline"}, allow, ""},
		{"no number", acting, 90, []string{"anonymous"}, allow, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScreener(t, func(c *screen.Config) { c.Switches, c.Policy.PlanMaxAgeDays = tc.switches, tc.days })
			v := s.Decide(listOf(), callFrom(screen.National, tc.callers...))
			rule := ""
			if tc.action == block {
				rule = "cli.unallocated"
			}
			check(t, v, tc.action, rule)
			if v.Shadow.RuleName() != tc.shadow {
				t.Errorf("shadow %q, want %q", v.Shadow.RuleName(), tc.shadow)
			}
			if tc.shadow != "" && (v.Shadow.Action != block || v.Shadow.Treatment != screen.Reject) {
				t.Errorf("shadow would %s by %s", v.Shadow.Action, v.Shadow.Treatment)
			}
		})
	}
}

func TestEmergencyAndBypass(t *testing.T) {
	list := listOf(ratified(says("+861062301234", block, "crm.fraud.loan")))
	blocked := callFrom(screen.International, "landline")
	s := newScreener(t, func(c *screen.Config) {
		c.Emergency = []number.Range{rng("+1911*/7")}
		c.Own, _ = local.Compile([]local.Own{{Key: rng("+861062301234"), Action: block}})
	})
	check(t, s.Decide(list, blocked), block, "cli.foreign_domestic")
	for name, called := range map[string]number.Readings{
		"known to the plan": reads("emergency"),
		"second reading":    reads("mobile", "emergency"),
		"configured":        number.ReadingsOf(number.CallerOf(num("+1911123"))),
	} {
		t.Run(name, func(t *testing.T) {
			call := *blocked
			call.Called = called
			v := s.Decide(list, &call)
			check(t, v, allow, "callee.emergency")
			if v.Treatment != screen.Connect || v.List.Serial != 7 {
				t.Errorf("treatment %s, serial %d", v.Treatment, v.List.Serial)
			}
		})
	}
	bypassed := newScreener(t, func(c *screen.Config) { c.Bypass = noon.Add(time.Second) })
	check(t, bypassed.Decide(list, blocked), allow, "bypass")
	late := *blocked
	late.Time = noon.Add(time.Second)
	check(t, bypassed.Decide(list, &late), block, "cli.foreign_domestic")
}

func TestListRules(t *testing.T) {
	fraud := ratified(says("+12025550123", block, "crm.fraud.loan"))
	flagged := says("+12025550123", label, "mkt.education")
	contested := flagged
	contested.Entry.Contested = true
	for _, tc := range []struct {
		name    string
		entries []match
		callers []string
		action  taxonomy.Action
		rule    string
		reading uint8
		class   taxonomy.Class
	}{
		{"unlisted", nil, []string{"foreign"}, allow, "", 0, 0},
		{"ratified block", []match{fraud}, []string{"foreign"}, block, "list.ratified", 0, taxonomy.Crm},
		{"ratified label", []match{ratified(flagged)}, []string{"foreign"}, label, "list.ratified", 0, taxonomy.Mkt},
		{"ratified allow", []match{ratified(says("+12025550123", allow, "ok.legitimate"))}, []string{"foreign"}, allow, "list.ratified", 0, taxonomy.OK},
		{"label", []match{flagged}, []string{"foreign"}, label, "list.label", 0, taxonomy.Mkt},
		{"contested label", []match{contested}, []string{"foreign"}, label, "list.label", 0, taxonomy.Mkt},
		{"identity", []match{says("+12025550123", allow, "id.courier")}, []string{"foreign"}, allow, "", 0, taxonomy.ID},
		{"evidence never blocks", []match{says("+12025550123", block, "crm.fraud.loan")}, []string{"foreign"}, label, "list.label", 0, taxonomy.Crm},
		{"range", []match{says("+120255501*/11", label, "mkt.retail")}, []string{"foreign"}, label, "list.label", 0, taxonomy.Mkt},
		{"second reading", []match{fraud}, []string{"mobile", "foreign"}, block, "list.ratified", 1, taxonomy.Crm},
		{"ratified second reading before a label of the first", []match{says("+8613800138000", label, "mkt.retail"), fraud}, []string{"mobile", "foreign"}, block, "list.ratified", 1, taxonomy.Crm},
		{"an entry that acts before one that informs", []match{says("+8613800138000", allow, "id.taxi"), flagged}, []string{"mobile", "foreign"}, label, "list.label", 1, taxonomy.Mkt},
		{"no number", []match{fraud}, []string{"anonymous"}, allow, "", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScreener(t, nil)
			v := s.Decide(listOf(tc.entries...), callFrom(screen.National, tc.callers...))
			check(t, v, tc.action, tc.rule)
			if v.Class != tc.class || v.Reading != tc.reading {
				t.Errorf("class %q of reading %d, want %q of %d", v.Class, v.Reading, tc.class, tc.reading)
			}
			if tc.class != 0 && v.Key.IsZero() {
				t.Error("the verdict does not name the key that matched")
			}
			if v.Contested != (tc.name == "contested label") {
				t.Errorf("contested %v", v.Contested)
			}
			if v.List.Root != [32]byte{1, 2, 3} || v.List.LedgerSize != 3 || v.Age != time.Minute {
				t.Errorf("stamp %+v, age %s", v.List, v.Age)
			}
		})
	}
}

func TestProtected(t *testing.T) {
	s := newScreener(t, func(c *screen.Config) { c.Protected = []number.Range{rng("+86!955*/7"), rng("+86!12321")} })
	for _, tc := range []struct {
		name   string
		entry  match
		action taxonomy.Action
		rule   string
	}{
		{"evidence on the number", says("+86!95588", label, "crm.fraud.loan"), allow, ""},
		{"evidence on a range", says("+86!9558*/7", label, "crm.fraud.loan"), allow, ""},
		{"a ratified range", ratified(says("+86!9558*/7", block, "crm.fraud.loan")), allow, ""},
		{"ratified by hand for the very number", ratified(says("+86!95588", block, "crm.fraud.loan")), block, "list.ratified"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := s.Decide(listOf(tc.entry), callFrom(screen.National, "code95"))
			check(t, v, tc.action, tc.rule)
		})
	}
	t.Run("a foreign trunk cannot carry it", func(t *testing.T) {
		v := s.Decide(listOf(), callFrom(screen.International, "code95"))
		check(t, v, block, "cli.foreign_domestic")
	})
}

func TestHeldLabel(t *testing.T) {
	// A mobile from abroad, roaming unknown: cli.foreign_domestic labels.
	for _, tc := range []struct {
		name    string
		yaml    string
		entries []match
		action  taxonomy.Action
		rule    string
		excused string
	}{
		{"alone", "", nil, label, "cli.foreign_domestic", ""},
		{"a listed label comes later", "", []match{says("+8613800138000", label, "mkt.retail")}, label, "cli.foreign_domestic", ""},
		{"a ratified allow does not lift it", "", []match{ratified(says("+8613800138000", allow, "ok.legitimate"))}, label, "cli.foreign_domestic", ""},
		{"a ratified block stands above it", "", []match{ratified(says("+8613800138000", block, "crm.extortion"))}, block, "list.ratified", ""},
		{"a local block stands above it", "rules: [{name: local.no, block: [+8613800138000], reason: x}]", nil, block, "local.no", ""},
		{
			"a local allow stops the list and not the label", "rules: [{name: local.vip, allow: [+8613800138000], reason: x}]",
			[]match{ratified(says("+8613800138000", block, "crm.extortion"))}, label, "cli.foreign_domestic", "",
		},
		{
			"a local allow that excuses it", "rules: [{name: local.vip, allow: [+8613800138000], excuses: [cli.foreign_domestic], reason: x}]",
			[]match{ratified(says("+8613800138000", block, "crm.extortion"))}, allow, "local.vip", "cli.foreign_domestic",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScreener(t, func(c *screen.Config) { c.Local = rules(t, tc.yaml) })
			v := s.Decide(listOf(tc.entries...), callFrom(screen.International, "mobile"))
			check(t, v, tc.action, tc.rule)
			if v.Excused.String() != tc.excused {
				t.Errorf("excused %q, want %q", v.Excused, tc.excused)
			}
		})
	}
}

// TestFirstLabelIsHeld: of several labels the first rule and the more trusted
// caller are told.
func TestFirstLabelIsHeld(t *testing.T) {
	s := newScreener(t, func(c *screen.Config) { c.Policy.Irregular = nil })
	call := callFrom(screen.International, "irregular")
	call.Presented = reads("mobile")
	check(t, s.Decide(nil, call), label, "cli.irregular")
	call = callFrom(screen.International, "mobile")
	call.Presented = reads("mvno")
	v := s.Decide(nil, call)
	check(t, v, label, "cli.foreign_domestic")
	if v.Identity != screen.Asserted || v.Caller != callers["mobile"] {
		t.Errorf("the label is told of the %s caller", v.Identity)
	}
}

func TestLocalRules(t *testing.T) {
	const yaml = `
rules:
  - {name: local.desk, allow: [+861062301234, "irregular:008601062301234", anonymous], excuses: [cli.irregular], reason: our own desk}
  - {name: local.wide, block: ["+8610*/12", "irregular:alice", anonymous], reason: wide}
  - {name: local.line, block: [+12025550123], called: ["+8613900*/13"], reason: only this line}
  - {name: local.gone, block: [+8617012345678], until: 2026-11-23, reason: over}
  - {name: local.today, block: [+8615412345678], until: 2026-11-24, reason: until tonight}
  - {name: local.try, block: [+86!4006998888], shadow: true, reason: on trial}
`
	own, err := local.Compile([]local.Own{
		{Key: rng("+12025550124"), Action: block, Category: category("crm.extortion")},
		{Key: rng("+86!95588"), Action: allow, Until: noon.Add(time.Hour)},
		{Key: rng("+86!9558*/7"), Action: block},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newScreener(t, func(c *screen.Config) { c.Local, c.Own = rules(t, yaml), own })
	for _, tc := range []struct {
		name, caller string
		class        screen.IngressClass
		called       string
		action       taxonomy.Action
		rule         string
		shadow       string
	}{
		{"allow before block", "landline", screen.National, "", allow, "local.desk", ""},
		{"an allow does not excuse another rule", "landline", screen.International, "", block, "cli.foreign_domestic", ""},
		{"an allow excuses what it names", "irregular", screen.International, "", allow, "local.desk", ""},
		{"a block of an irregular text stands above its label", "name", screen.National, "", block, "local.wide", ""},
		{"anonymous allowed first", "anonymous", screen.National, "", allow, "local.desk", ""},
		{"called number meets the rule", "foreign", screen.National, "", block, "local.line", ""},
		{"called number does not", "foreign", screen.National, "code95", allow, "", ""},
		{"a rule that is over", "mvno", screen.National, "", allow, "", ""},
		{"a rule on its last day", "newprefix", screen.National, "", block, "local.today", ""},
		{"a rule in shadow", "code400", screen.National, "", allow, "", "local.try"},
		{"the member's own block", "foreign2", screen.National, "", block, "local.block", ""},
		{"the member's own allow", "code95", screen.National, "", allow, "local.allow", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			call := callFrom(tc.class, tc.caller)
			if tc.called != "" {
				call.Called = reads(tc.called)
			}
			v := s.Decide(listOf(), call)
			check(t, v, tc.action, tc.rule)
			if v.Shadow.RuleName() != tc.shadow {
				t.Errorf("shadow %q, want %q", v.Shadow.RuleName(), tc.shadow)
			}
			if tc.rule == "local.block" && v.Class != taxonomy.Crm {
				t.Errorf("class %q of the member's own block, want crm", v.Class)
			}
		})
	}
}

func TestRulesInShadow(t *testing.T) {
	list := listOf(ratified(says("+12025550123", block, "crm.extortion")), says("+12025550124", label, "mkt.retail"))
	own, err := local.Compile([]local.Own{{Key: rng("+8617012345678"), Action: block}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, rule, caller string
		class              screen.IngressClass
		want               taxonomy.Action
	}{
		{"irregular", "cli.irregular", "irregular", screen.International, block},
		{"foreign domestic block", "cli.foreign_domestic", "landline", screen.International, block},
		{"foreign domestic label", "cli.foreign_domestic", "mobile", screen.International, label},
		{"own block", "local.block", "mvno", screen.National, block},
		{"file rule", "local.no", "code95", screen.National, block},
		{"ratified", "list.ratified", "foreign", screen.National, block},
		{"label", "list.label", "foreign2", screen.National, label},
	} {
		t.Run(tc.name, func(t *testing.T) {
			with := func(sw screen.Switches) screen.Verdict {
				s := newScreener(t, func(c *screen.Config) {
					c.Own, c.Switches = own, sw
					c.Local = rules(t, "rules: [{name: local.no, block: [+86!95588], reason: x}]")
				})
				return s.Decide(list, callFrom(tc.class, tc.caller))
			}
			check(t, with(nil), tc.want, tc.rule)
			v := with(inShadow(tc.rule))
			check(t, v, allow, "")
			if v.Shadow.Action != tc.want || v.Shadow.RuleName() != tc.rule {
				t.Errorf("told %s by %q, want %s by %q", v.Shadow.Action, v.Shadow.RuleName(), tc.want, tc.rule)
			}
		})
	}
	t.Run("the next rule decides and the first shadow is told", func(t *testing.T) {
		s := newScreener(t, func(c *screen.Config) { c.Switches = inShadow("cli.foreign_domestic") })
		v := s.Decide(listOf(ratified(says("+861062301234", block, "crm.extortion"))), callFrom(screen.International, "landline"))
		check(t, v, block, "list.ratified")
		if v.Shadow.Rule != screen.CLIForeignDomestic {
			t.Errorf("shadow %q", v.Shadow.RuleName())
		}
	})
	t.Run("emergency and bypass have no shadow", func(t *testing.T) {
		s := newScreener(t, func(c *screen.Config) { c.Switches = inShadow("callee.emergency", "bypass") })
		call := callFrom(screen.International, "landline")
		call.Called = reads("emergency")
		check(t, s.Decide(nil, call), allow, "callee.emergency")
	})
}

func TestStaleList(t *testing.T) {
	list := listOf(says("+12025550123", label, "mkt.retail"))
	call := callFrom(screen.National, "foreign")
	for _, tc := range []struct {
		name   string
		age    time.Duration
		open   bool
		action taxonomy.Action
		stale  bool
	}{
		{"no limit", 0, true, label, false},
		{"at the limit", time.Minute, true, label, false},
		{"older, the last good list goes on", time.Minute - 1, false, label, true},
		{"older, fails open", time.Minute - 1, true, allow, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScreener(t, func(c *screen.Config) { c.Policy.ListMaxAge, c.Policy.StaleOpen = tc.age, tc.open })
			v := s.Decide(list, call)
			if v.Action != tc.action || v.Stale != tc.stale {
				t.Errorf("%s, stale %v; want %s, %v", v.Action, v.Stale, tc.action, tc.stale)
			}
		})
	}
	t.Run("no list", func(t *testing.T) {
		v := newScreener(t, nil).Decide(nil, call)
		check(t, v, allow, "")
		if v.Age != 0 || v.List != (screen.Stamp{}) {
			t.Errorf("stamp without a list: %+v, age %s", v.List, v.Age)
		}
	})
	t.Run("a list from the future is new", func(t *testing.T) {
		future := listOf()
		future.stamp.Updated = noon.Add(time.Hour)
		if v := newScreener(t, nil).Decide(future, call); v.Age != 0 {
			t.Errorf("age %s", v.Age)
		}
	})
	t.Run("checkpoint age", func(t *testing.T) {
		if _, ok := list.stamp.CheckpointAge(noon); ok {
			t.Error("an age without a checkpoint")
		}
		s := screen.Stamp{Checkpoint: noon.Add(-time.Hour)}
		if age, ok := s.CheckpointAge(noon); !ok || age != time.Hour {
			t.Errorf("age %s, %v", age, ok)
		}
	})
}

// members answers for the tests' numbers.
type members map[number.Number]string

func (m members) Responsible(n number.Number) (string, bool) { s, ok := m[n]; return s, ok }

func TestResponsibleMember(t *testing.T) {
	s := newScreener(t, func(c *screen.Config) { c.Members = members{num("+12025550123"): "acme"} })
	list := listOf(says("+12025550123", label, "mkt.retail"), says("+12025550124", label, "mkt.retail"))
	for caller, want := range map[string]string{"foreign": "acme", "foreign2": "", "mobile": ""} {
		if v := s.Decide(list, callFrom(screen.National, caller)); v.Member != want {
			t.Errorf("%s: member %q, want %q", caller, v.Member, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*screen.Config)
	}{
		{"no plan", func(c *screen.Config) { c.Plan = nil }},
		{"no home", func(c *screen.Config) { c.Home = 0 }},
		{"negative plan age", func(c *screen.Config) { c.Policy.PlanMaxAgeDays = -1 }},
		{"negative list age", func(c *screen.Config) { c.Policy.ListMaxAge = -1 }},
		{"unknown action", func(c *screen.Config) {
			c.Policy.Irregular = map[screen.IngressClass]taxonomy.Action{screen.National: 3}
		}},
		{"a block that connects", func(c *screen.Config) {
			c.Policy.Treatments = map[screen.Rule]screen.Treatment{screen.LocalBlock: screen.Mark}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := screen.Config{Home: number.China, Plan: testPlan(), Policy: screen.DefaultPolicy()}
			tc.change(&cfg)
			if _, err := screen.New(cfg); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// TestDigest: whatever changes a verdict changes the digest, nothing else does.
func TestDigest(t *testing.T) {
	base := newScreener(t, nil).Digest()
	if again := newScreener(t, nil).Digest(); again != base {
		t.Error("the same configuration gives another digest")
	}
	seen := map[[32]byte]string{base: "base"}
	for name, change := range map[string]func(*screen.Config){
		"home":       func(c *screen.Config) { c.Home = number.Spain },
		"irregular":  func(c *screen.Config) { c.Policy.Irregular = nil },
		"plan age":   func(c *screen.Config) { c.Policy.PlanMaxAgeDays = 1 },
		"list age":   func(c *screen.Config) { c.Policy.ListMaxAge = time.Hour },
		"stale open": func(c *screen.Config) { c.Policy.StaleOpen = true },
		"treatment": func(c *screen.Config) {
			c.Policy.Treatments = map[screen.Rule]screen.Treatment{screen.ListRatified: screen.Divert}
		},
		"switch":    func(c *screen.Config) { c.Switches = inShadow("list.label") },
		"protected": func(c *screen.Config) { c.Protected = []number.Range{rng("+86!95588")} },
		"emergency": func(c *screen.Config) { c.Emergency = []number.Range{rng("+86!95588")} },
		"local":     func(c *screen.Config) { c.Local = rules(t, "rules: [{name: local.a, allow: [anonymous], reason: x}]") },
		"local switch": func(c *screen.Config) {
			c.Local = rules(t, "rules: [{name: local.a, allow: [anonymous], reason: x}]")
			c.Switches = inShadow("local.a")
		},
		"own": func(c *screen.Config) { c.Own, _ = local.Compile([]local.Own{{Key: rng("+86!95588"), Action: block}}) },
	} {
		digest := newScreener(t, change).Digest()
		if other, twice := seen[digest]; twice {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[digest] = name
	}
}
