package screen

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"

	"ringfence/node/screen/local"
	"ringfence/node/screen/prefix"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// Plan tells what the numbering plans know of a number.
type Plan interface {
	Lookup(n number.Number) plan.Info
}

// Members tells which member of the federation answers for a number: its
// server or allocatee, or who gave it access.
type Members interface {
	Responsible(n number.Number) (member string, known bool)
}

// Switches tells which rules act; the others only tell what they would do.
type Switches interface {
	Rule(r Rule) bool
	// Local tells of a rule of a file; shadow is what the file says.
	Local(name string, shadow bool) bool
}

// defaults leaves every rule as it is made.
type defaults struct{}

func (defaults) Rule(r Rule) bool                 { return r.Default() }
func (defaults) Local(_ string, shadow bool) bool { return !shadow }

// Policy is what the node's operator decides about screening. All of it is
// local: two nodes with one list may differ here and nowhere else.
type Policy struct {
	// Irregular is what cli.irregular does by ingress class. A class that is
	// missing labels. See DefaultPolicy.
	Irregular map[IngressClass]taxonomy.Action
	// PlanMaxAgeDays is the age in days up to which a plan may say that a number
	// is unallocated; 0 turns cli.unallocated off.
	PlanMaxAgeDays int
	// ListMaxAge is the age from which the list counts as stale; 0 never.
	ListMaxAge time.Duration
	// StaleOpen says that a stale list decides nothing; else the last good list
	// goes on deciding, and the verdict tells that it is stale.
	StaleOpen bool
	// Treatments is what to do with a call that a rule blocks: reject, announce
	// or divert. A rule that is missing rejects.
	Treatments map[Rule]Treatment
}

// DefaultPolicy returns the policy of a new node. Where the access party knows
// its customer (enterprise, reseller) or the call crosses the border, a caller
// ID that is no number is blocked: whoever connects there is responsible for a
// well-formed one. From other operators it is labelled, because the fault may
// be anywhere on the way.
func DefaultPolicy() Policy {
	return Policy{
		Irregular: map[IngressClass]taxonomy.Action{
			International: taxonomy.Block,
			Enterprise:    taxonomy.Block,
			Reseller:      taxonomy.Block,
		},
		PlanMaxAgeDays: 90,
	}
}

// Config is what a Screener is made of. Plan and Home are needed.
type Config struct {
	Home number.Country // numbers of this country are domestic
	Plan Plan
	// Emergency adds to the numbers that the plan knows as emergency numbers.
	Emergency []number.Range
	// Protected numbers are reached by no evidence and no range of the list. An
	// entry of the ledger for the very number counts: it needed a quorum's hands.
	Protected []number.Range
	Members   Members      // nil: verdicts name no responsible member
	Local     *local.Rules // from rule files, nil: none
	Own       *local.Rules // the member's own blocks and allows, nil: none

	Switches Switches  // nil: every rule stands at its default
	Bypass   time.Time // calls before it pass unscreened; zero: no bypass
	Policy   Policy
}

// Screener decides calls. It is immutable and safe for concurrent use: a change
// of rules, switches or bypass makes a new one, which costs little because
// rules are compiled before.
type Screener struct {
	home      number.Country
	plan      Plan
	emergency prefix.Set
	protected prefix.Set
	members   Members
	local     [2]*local.Rules // files, then own
	bypass    time.Time

	irregular  [numIngress]taxonomy.Action
	treatments [numRules]Treatment
	planDays   int
	listMaxAge time.Duration
	staleOpen  bool
	enforced   ruleSet
	switches   Switches
	digest     [sha256.Size]byte
}

// New checks cfg and returns its Screener.
func New(cfg Config) (*Screener, error) {
	if cfg.Plan == nil || cfg.Home == 0 {
		return nil, fmt.Errorf("screen: a plan and the home country are needed: without them no emergency number and no domestic number is known")
	}
	s := &Screener{
		home: cfg.Home, plan: cfg.Plan, members: cfg.Members, bypass: cfg.Bypass,
		emergency: prefix.NewSet(cfg.Emergency), protected: prefix.NewSet(cfg.Protected),
		local: [2]*local.Rules{cfg.Local, cfg.Own}, switches: cfg.Switches,
		planDays: cfg.Policy.PlanMaxAgeDays, listMaxAge: cfg.Policy.ListMaxAge, staleOpen: cfg.Policy.StaleOpen,
	}
	for i, r := range s.local {
		if r == nil {
			s.local[i] = &local.Rules{}
		}
	}
	if s.switches == nil {
		s.switches = defaults{}
	}
	for _, r := range Rules() {
		if r.Settled() || s.switches.Rule(r) {
			s.enforced = s.enforced.with(r)
		}
	}
	if err := s.setPolicy(cfg.Policy); err != nil {
		return nil, err
	}
	s.digest = s.sum(cfg)
	return s, nil
}

// setPolicy compiles what the policy gives by ingress class and by rule.
func (s *Screener) setPolicy(p Policy) error {
	if p.PlanMaxAgeDays < 0 || p.ListMaxAge < 0 {
		return fmt.Errorf("screen: the plan's greatest age is %d days and the list's %s; want 0 or more", p.PlanMaxAgeDays, p.ListMaxAge)
	}
	for class := range s.irregular {
		s.irregular[class] = taxonomy.Label
		if action, set := p.Irregular[IngressClass(class)]; set {
			s.irregular[class] = action
		}
		if s.irregular[class] > taxonomy.Block {
			return fmt.Errorf("screen: %s is no action for irregular callers", s.irregular[class])
		}
	}
	for rule := range s.treatments {
		s.treatments[rule] = Reject
	}
	for _, rule := range Rules() {
		treatment, set := p.Treatments[rule]
		if !set {
			continue
		}
		if treatment != Reject && treatment != Announce && treatment != Divert {
			return fmt.Errorf("screen: %s cannot treat a call that %s blocks; want reject, announce or divert", treatment, rule)
		}
		s.treatments[rule] = treatment
	}
	return nil
}

// Digest returns the SHA-256 of all that shapes verdicts beside the list and
// the plan: local rules, policy, switches, protected and emergency numbers.
// Records carry it, so that a refusal can be traced to the rules of its time.
func (s *Screener) Digest() [sha256.Size]byte { return s.digest }

func (s *Screener) sum(cfg Config) (digest [sha256.Size]byte) {
	sum := sha256.New()
	writeLine(sum, "ringfence/screener/v1", "home="+s.home.String(),
		"plan_days="+strconv.Itoa(s.planDays), "list_max_age="+s.listMaxAge.String(),
		"stale_open="+strconv.FormatBool(s.staleOpen))
	for class, action := range s.irregular {
		writeLine(sum, "irregular", IngressClass(class).String(), action.String())
	}
	for rule, treatment := range s.treatments {
		writeLine(sum, "treatment", Rule(rule).String(), treatment.String())
	}
	for _, r := range Rules() {
		writeLine(sum, "switch", r.String(), strconv.FormatBool(s.enforced.has(r)))
	}
	for _, key := range cfg.Emergency {
		writeLine(sum, "emergency", key.String())
	}
	for _, key := range cfg.Protected {
		writeLine(sum, "protected", key.String())
	}
	for _, rules := range s.local {
		digest := rules.Digest()
		sum.Write(digest[:])
		for r := range rules.All() {
			if !r.Own() {
				writeLine(sum, "switch", r.Name(), strconv.FormatBool(s.switches.Local(r.Name(), r.Shadow())))
			}
		}
	}
	sum.Sum(digest[:0])
	return digest
}

func writeLine(sum hash.Hash, words ...string) {
	sum.Write([]byte(strings.Join(words, " ") + "\n"))
}

// Decide returns the verdict on call under the given snapshot of the list; a
// nil list has nothing to say. It allocates nothing.
func (s *Screener) Decide(list List, call *Call) Verdict {
	d := decision{s: s, list: list, call: call, at: call.Time.Unix()}
	d.stamp()
	if d.isEmergency() || d.isBypassed() {
		return d.v
	}
	d.identify()
	if !d.judgeCLI() && !d.allowLocally() && !d.blockLocally() {
		d.consultList()
	}
	if n, ok := d.v.Caller.Number(); ok && s.members != nil && d.v.Action != taxonomy.Allow {
		d.v.Member, _ = s.members.Responsible(n)
	}
	return d.v
}
