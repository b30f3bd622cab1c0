package screen

import (
	"ringfence/node/screen/local"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// decision is the work on one call. Its steps run in the order of the rules;
// each answers whether the verdict is final. A label is not: it stays in v
// until a later step blocks.
type decision struct {
	s    *Screener
	list List
	call *Call
	at   int64 // Unix seconds

	callers [2]claim // whom the rules are about, the more trusted first
	count   int
	excuse  *local.Rule // the local allow that excused a failed cli rule
	excused Rule        // which rule
	about   place       // and for which caller
	v       Verdict
}

// claim is one of the call's callers with its readings.
type claim struct {
	identity Identity
	readings *number.Readings
}

// place is one reading of one caller.
type place struct {
	caller   number.Caller
	identity Identity
	reading  uint8
}

// size returns the count of readings; a caller that is absent has one, the
// anonymous one.
func (c claim) size() int { return max(c.readings.Len(), 1) }

func (c claim) at(i int) place { return place{c.readings.At(i), c.identity, uint8(i)} }

func (d *decision) stamp() {
	if d.list == nil {
		return
	}
	d.v.List = d.list.Stamp()
	if !d.v.List.Updated.IsZero() {
		d.v.Age = max(d.call.Time.Sub(d.v.List.Updated), 0)
	}
	d.v.Stale = d.s.listMaxAge > 0 && d.v.Age > d.s.listMaxAge
}

// isEmergency lets every call to an emergency number pass, whoever calls and
// however it arrives: a person in need may have a spoofed or a broken line.
func (d *decision) isEmergency() bool {
	for i := range d.call.Called.Len() {
		n, ok := d.call.Called.At(i).Number()
		if ok && (d.s.emergency.Has(n) || d.s.plan.Lookup(n).Class == plan.Emergency) {
			d.v.Rule, d.v.Basis = CalleeEmergency, BasisCall
			return true
		}
	}
	return false
}

func (d *decision) isBypassed() bool {
	if !d.call.Time.Before(d.s.bypass) {
		return false
	}
	d.v.Rule, d.v.Basis = Bypass, BasisLocal
	return true
}

// identify chooses the callers to judge: the asserted one, and the presented
// one when it is another number, because that is what the called party sees. A
// presented text that is no number (a user name) is judged only when the
// network vouches for nobody.
func (d *decision) identify() {
	asserted, presented := claim{Asserted, &d.call.Asserted}, claim{Presented, &d.call.Presented}
	first, shown := asserted.at(0).caller, presented.at(0).caller
	if first.Kind() == number.Anonymous {
		d.callers[0], d.count = presented, 1
		return
	}
	d.callers[0], d.count = asserted, 1
	if shown.Kind() == number.Numbered && shown != first {
		d.callers[1], d.count = presented, 2
	}
}

// judgeCLI applies the cli rules to the first reading of each caller: an access
// network is held to the usual meaning of what it sends.
func (d *decision) judgeCLI() bool {
	for rule := CLIIrregular; rule <= CLIUnallocated; rule++ {
		for _, c := range d.callers[:d.count] {
			action := d.judge(rule, c)
			if action == taxonomy.Allow || d.isExcused(rule, c) {
				continue
			}
			if !d.s.enforced.has(rule) {
				d.tell(rule, "", action)
				continue
			}
			if d.settle(rule, action, BasisCall, c.at(0)) {
				return true
			}
		}
	}
	return false
}

func (d *decision) judge(rule Rule, c claim) taxonomy.Action {
	switch rule {
	case CLIIrregular:
		return d.judgeForm(c.at(0).caller)
	case CLIForeignDomestic:
		return d.judgeOrigin(c.at(0).caller)
	case CLIUnallocated:
		return d.judgeAllocation(c)
	}
	return taxonomy.Allow
}

// judgeForm is cli.irregular: the caller ID is no number, or a code that only
// short messages may carry comes with a call.
func (d *decision) judgeForm(c number.Caller) taxonomy.Action {
	voice := d.call.Medium == assertion.Voice || d.call.Medium == assertion.Video
	if c.Kind() == number.Irregular || c.Kind() == number.SMSCode && voice {
		return d.s.irregular[min(d.call.Ingress.Class, numIngress-1)]
	}
	return taxonomy.Allow
}

// judgeOrigin is cli.foreign_domestic: a number of the home country on an
// international trunk. Only a mobile that roams can be there. What the plan
// cannot tell is treated as a mobile: plans age, and the location register
// knows better.
func (d *decision) judgeOrigin(c number.Caller) taxonomy.Action {
	n, ok := c.Number()
	if !ok || d.call.Ingress.Class != International || n.Country() != d.s.home {
		return taxonomy.Allow
	}
	class := d.s.plan.Lookup(n).Class
	if !class.IsMobile() && class != plan.FixedOrMobile && class != plan.Unknown {
		return taxonomy.Block
	}
	switch d.call.Roaming {
	case RoamingYes:
		return taxonomy.Allow
	case RoamingNo:
		return taxonomy.Block
	}
	return taxonomy.Label
}

// judgeAllocation is cli.unallocated: a plan that is young enough says of every
// reading that nobody has the number.
func (d *decision) judgeAllocation(c claim) taxonomy.Action {
	if d.s.planDays == 0 {
		return taxonomy.Allow
	}
	today := int64(taxonomy.DayOf(d.at))
	for i := range c.size() {
		n, ok := c.at(i).caller.Number()
		if !ok {
			return taxonomy.Allow
		}
		info := d.s.plan.Lookup(n)
		if info.Allocated != plan.Unallocated || today-int64(info.Date) > int64(d.s.planDays) {
			return taxonomy.Allow
		}
	}
	return taxonomy.Block
}

// isExcused reports whether a local allow about the very caller that failed
// rule names the rule.
func (d *decision) isExcused(rule Rule, c claim) bool {
	excuse := local.Excuse(rule - CLIIrregular)
	for i := range c.size() {
		p := c.at(i)
		for _, rules := range d.s.local {
			walk := rules.About(p.caller)
			for l := walk.Next(); l != nil; l = walk.Next() {
				if l.Allow() && l.Excuses(excuse) && l.Applies(&d.call.Called, d.at) && d.acts(l) {
					d.excuse, d.excused, d.about = l, rule, p
					return true
				}
			}
		}
	}
	return false
}

// acts reports whether a local rule acts or stands in shadow.
func (d *decision) acts(l *local.Rule) bool {
	if l.Own() {
		return d.s.enforced.has(localRule(l))
	}
	return d.s.switches.Local(l.Name(), l.Shadow())
}

func localRule(l *local.Rule) Rule {
	if l.Allow() {
		return LocalAllow
	}
	return LocalBlock
}

// fileName returns the name that a rule file gave, "" for the member's own.
func fileName(l *local.Rule) string {
	if l.Own() {
		return ""
	}
	return l.Name()
}

func (d *decision) allowLocally() bool {
	l, p := d.excuse, d.about
	if l == nil {
		l, p = d.findLocal(true)
	}
	if l == nil {
		return false
	}
	if d.v.Action == taxonomy.Allow { // a held label stays: this allow did not excuse it
		d.settleLocal(l, p)
		d.v.Excused = d.excused
	}
	return true
}

func (d *decision) blockLocally() bool {
	l, p := d.findLocal(false)
	if l == nil {
		return false
	}
	d.settleLocal(l, p)
	return true
}

// findLocal returns the first enforced local rule about any reading of any
// caller; rules in shadow on the way are told.
func (d *decision) findLocal(allow bool) (*local.Rule, place) {
	for _, c := range d.callers[:d.count] {
		for i := range c.size() {
			p := c.at(i)
			for _, rules := range d.s.local {
				if l := d.firstOf(rules.About(p.caller), allow); l != nil {
					return l, p
				}
			}
		}
	}
	return nil, place{}
}

func (d *decision) firstOf(walk local.Walk, allow bool) *local.Rule {
	for l := walk.Next(); l != nil; l = walk.Next() {
		if l.Allow() != allow || !l.Applies(&d.call.Called, d.at) {
			continue
		}
		if d.acts(l) {
			return l
		}
		d.tell(localRule(l), fileName(l), localAction(l))
	}
	return nil
}

func localAction(l *local.Rule) taxonomy.Action {
	if l.Allow() {
		return taxonomy.Allow
	}
	return taxonomy.Block
}

func (d *decision) settleLocal(l *local.Rule, p place) {
	d.settle(localRule(l), localAction(l), BasisLocal, p)
	d.v.Local, d.v.Category, d.v.Class = fileName(l), l.Category(), l.Category().Class()
}

// found is what the list says of one reading.
type found struct {
	place
	entry taxonomy.Entry
	key   number.Range
	ok    bool
}

// yields reports whether e should stand in f's place: an entry that acts before
// one that only informs, else the first.
func (f *found) yields(e taxonomy.Entry) bool {
	return !f.ok || f.entry.Action == taxonomy.Allow && e.Action != taxonomy.Allow
}

// consultList is list.ratified, then list.label, over every reading.
func (d *decision) consultList() {
	if d.list == nil || d.v.Stale && d.s.staleOpen {
		return
	}
	var ratified, evidence found
	for _, c := range d.callers[:d.count] {
		for i := range c.size() {
			p := c.at(i)
			n, ok := p.caller.Number()
			if !ok {
				continue
			}
			e, key, ok := d.list.Lookup(n)
			if !ok || d.shields(n, e, key) {
				continue
			}
			said := &evidence
			if e.Ratified {
				said = &ratified
			}
			if said.yields(e) {
				*said = found{p, e, key, true}
			}
		}
	}
	if ratified.ok && d.settleListed(ListRatified, &ratified, ratified.entry.Action) {
		return
	}
	if evidence.ok {
		// Evidence labels; only the ledger blocks for everyone.
		d.settleListed(ListLabel, &evidence, min(evidence.entry.Action, taxonomy.Label))
	}
}

// shields reports whether n is protected from what stands at key.
func (d *decision) shields(n number.Number, e taxonomy.Entry, key number.Range) bool {
	if !d.s.protected.Has(n) {
		return false
	}
	_, alone := key.Number()
	return !e.Ratified || !alone
}

// settleListed settles an entry of the list and reports whether rule decided.
// Evidence that allows is no decision: it only tells who calls.
func (d *decision) settleListed(rule Rule, f *found, action taxonomy.Action) bool {
	if !d.s.enforced.has(rule) {
		if action != taxonomy.Allow {
			d.tell(rule, "", action)
		}
		return false
	}
	if d.v.Action != taxonomy.Allow && action != taxonomy.Block {
		return true // the held label came first
	}
	basis := BasisRatified
	if rule == ListLabel {
		basis = BasisEvidence
		if action == taxonomy.Allow {
			rule = NoRule
		}
	}
	d.settle(rule, action, basis, f.place)
	d.v.Class, d.v.Category, d.v.Contested = f.entry.Class, f.entry.Category, f.entry.Contested
	d.v.Key = f.key
	return true
}

// settle puts an outcome into the verdict, unless it is a label and one is held
// already, and reports whether it is final.
func (d *decision) settle(rule Rule, action taxonomy.Action, basis Basis, p place) bool {
	if action == taxonomy.Label && d.v.Action == taxonomy.Label {
		return false
	}
	d.v.Action, d.v.Rule, d.v.Basis, d.v.Local = action, rule, basis, ""
	d.v.Treatment = d.s.treat(rule, action)
	d.v.Caller, d.v.Identity, d.v.Reading = p.caller, p.identity, p.reading
	return action == taxonomy.Block
}

// tell keeps what a rule in shadow would have done; the first one counts.
func (d *decision) tell(rule Rule, local string, action taxonomy.Action) {
	if d.v.Shadow.IsZero() {
		d.v.Shadow = Would{action, d.s.treat(rule, action), rule, local}
	}
}

func (s *Screener) treat(rule Rule, action taxonomy.Action) Treatment {
	switch action {
	case taxonomy.Allow:
		return Connect
	case taxonomy.Label:
		return Mark
	}
	return s.treatments[rule]
}
