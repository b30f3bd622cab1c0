package show

import (
	"cmp"
	"strconv"
	"strings"

	"ringfence/node/api"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Lookup shows what the list says of a number.
func Lookup(p *Page, l *api.Lookup) {
	p.asOfThen(l.AsOf)
	p.lookup(l)
	p.sources(l.Sources)
	p.Line("")
	p.stamp(l.List)
}

func (p *Page) lookup(l *api.Lookup) {
	verdict := p.word("not_listed")
	if l.Listed {
		verdict = p.coded("action", l.Action)
		if l.Category != "" {
			verdict += ": " + joined(l.CategoryName, l.Category)
		}
	}
	contested := ""
	if l.Contested {
		contested = p.word("contested_yes")
	}
	protected := ""
	if l.Protected {
		protected = p.word("protected_yes")
	}
	key := l.Key
	if key == l.Number {
		key = ""
	}
	readings := ""
	if len(l.Readings) > 1 {
		readings = strings.Join(l.Readings, ", ")
	}
	p.facts(fact{"number", p.strong(l.Number)}, fact{"caller", p.callerID(l.Caller)}, fact{"readings", readings},
		fact{"number_class", joined(cmp.Or(l.ClassOfNumber, l.NumberClass), l.Holder, l.Region)}, fact{"allocated", p.allocated(l)},
		fact{"verdict", p.strong(verdict)}, fact{"score", percent(l.ScorePermille)}, fact{"key", key},
		fact{"disputed", contested}, fact{"protected", protected}, fact{"own_blocks", strings.Join(l.OwnBlocks, ", ")}, fact{"ratified", strings.Join(l.Ratified, ", ")})
}

func (p *Page) allocated(l *api.Lookup) string {
	switch {
	case l.Number == "": // a caller that is no number
		return ""
	case l.PlanDate == "":
		return p.coded("allocated", l.Allocated)
	}
	return p.word("allocated_as_of", p.coded("allocated", l.Allocated), l.PlanDate)
}

// callerID tells a caller ID as presented, or that none was.
func (p *Page) callerID(s string) string {
	if s == number.Anonymous.String() {
		return p.coded("caller", s)
	}
	return s
}

func (p *Page) sources(all []api.Source) {
	if len(all) == 0 {
		return
	}
	p.Line("")
	var rows [][]string
	for _, s := range all {
		rows = append(rows, []string{s.Member, s.Category, s.Label, percent(s.ConfidencePermille), amount(s.Count), day(s.FirstSeen), day(s.LastSeen), s.Ref})
	}
	p.table([]column{{"member", false}, {"category", false}, {"label", false}, {"confidence", true}, {"reports", true},
		{"first_seen", false}, {"last_seen", false}, {"reference", false}}, rows)
}

// stamp says which list an answer came from.
func (p *Page) stamp(s api.ListStamp) {
	if s.Root == "" {
		return
	}
	p.Line(p.faint(p.word("list_stamp", short(s.Root), s.Day, strconv.FormatUint(s.Serial, 10), strconv.FormatInt(s.AgeSeconds, 10))))
}

// Lookups shows many answers, one a line.
func Lookups(p *Page, all []api.LookupAnswer, asked []string) {
	var rows [][]string
	for i, a := range all {
		if a.Error != nil {
			rows = append(rows, []string{asked[i], "", "", "", p.phrase(a.Error.Phrase())})
			continue
		}
		l := a.Lookup
		verdict := "-"
		if l.Listed {
			verdict = p.coded("action", l.Action)
		}
		rows = append(rows, []string{joined(l.Number, p.callerID(l.Caller)), verdict, l.Category, percent(l.ScorePermille), l.CategoryName})
	}
	p.table([]column{{"number", false}, {"verdict", false}, {"category", false}, {"score", true}, {"meaning", false}}, rows)
}

// Explanation shows every statement behind an answer and what became of it.
func Explanation(p *Page, e *api.Explanation) {
	p.asOfThen(e.AsOf)
	p.lookup(&e.Lookup)
	for i := range e.Keys {
		p.Line("")
		p.key(&e.Keys[i])
	}
	if e.WhyNot != "" {
		p.Line("")
		p.Line(p.strong(e.WhyNot))
	}
	p.Line("")
	p.stamp(e.List)
}

func (p *Page) key(k *api.KeyExplanation) {
	head := p.word("on_key", p.strong(k.Key))
	if k.Decides {
		head += " " + p.word("decides")
	}
	p.Line(head)
	p.Line(joined(p.coded("decided", k.Rule), k.Sentence))
	if k.NextChange != "" {
		p.Say("next_change", k.NextChange)
	}
	for i := range k.Contests {
		p.Line(p.strong(k.Contests[i].Sentence))
	}
	var rows [][]string
	for _, c := range k.Classes {
		rows = append(rows, []string{p.class(c.Class), amount(c.TestedSum), amount(c.NeededSum), strconv.Itoa(c.Voices), strconv.Itoa(c.NeededVoices),
			percent(c.BestPermille), percent(c.SinglePermille), p.yes(c.Passes)})
	}
	p.table([]column{{"class", false}, {"sum", true}, {"needed_sum", true}, {"voices", true}, {"needed_voices", true},
		{"best", true}, {"single_from", true}, {"passes", false}}, rows)
	p.contributions(k.Statements)
}

// class tells a class by name and code.
func (p *Page) class(code string) string {
	var c taxonomy.Class
	if c.UnmarshalText([]byte(code)) != nil {
		return code
	}
	return joined(c.Name(p.words.Lang()), code)
}

func (p *Page) yes(b bool) string {
	if b {
		return p.word("yes")
	}
	return p.word("no")
}

func (p *Page) contributions(all []api.Contribution) {
	var rows [][]string
	for i := range all {
		c := &all[i]
		status := joined(p.coded("status", c.Status), c.VoidReason)
		if c.RetractedBy != "" {
			status += " " + p.word("by", c.RetractedBy)
		}
		rows = append(rows, []string{c.Member, c.IndependenceGroup, p.coded("kind", c.Kind), c.Category, c.Label, amount(c.Count), day(c.LastSeen), percent(c.StrengthPermille), status, c.Ref})
	}
	p.table([]column{{"member", false}, {"group", false}, {"kind", false}, {"category", false}, {"label", false}, {"reports", true},
		{"last_seen", false}, {"strength", true}, {"status", false}, {"reference", false}}, rows)
}

// Verdict shows the answer to one call.
func Verdict(p *Page, v *api.Verdict) {
	wouldBe := ""
	if v.WouldBe != "" {
		wouldBe = p.word("would_be", p.coded("action", v.WouldBe), v.WouldBeRule)
	}
	stale := ""
	if v.Stale {
		stale = p.word("stale_yes")
	}
	p.facts(fact{"verdict", p.strong(p.coded("action", v.Action))}, fact{"treatment", p.coded("treatment", v.Treatment)},
		fact{"rule", v.Rule}, fact{"text", v.Text}, fact{"category", v.Category}, fact{"caller", p.callerID(v.Caller)},
		fact{"member", v.Member}, fact{"shadow", wouldBe}, fact{"stale", stale}, fact{"references", strings.Join(v.References, ", ")})
	p.Line("")
	p.stamp(v.List)
}

// Verdicts shows many answers, one a line.
func Verdicts(p *Page, calls []api.Call, all []api.Verdict) {
	var rows [][]string
	for i := range all {
		v := &all[i]
		rows = append(rows, []string{p.callerID(cmp.Or(calls[i].Caller, number.Anonymous.String())), calls[i].Called, p.coded("ingress", calls[i].Ingress), p.coded("action", v.Action), v.Rule, v.Category, v.Text})
	}
	p.table(left("caller", "called", "ingress", "verdict", "rule", "category", "text"), rows)
}

// Switches shows which faces and rules act.
func Switches(p *Page, all []api.Switch) {
	var rows [][]string
	for _, s := range all {
		state := p.word("tells")
		if s.Acts {
			state = p.strong(p.word("acts"))
		}
		meaning := p.coded("rule", s.Target)
		if meaning == s.Target {
			meaning = "" // a face, or a rule of this node's own files
		}
		rows = append(rows, []string{s.Target, state, meaning})
	}
	p.table(left("face_or_rule", "state", "meaning"), rows)
}
