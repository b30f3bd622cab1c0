package show

import (
	"cmp"
	"slices"
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
	p.stamp(l.List, l.AsOf != nil)
}

func (p *Page) lookup(l *api.Lookup) {
	verdict := p.Word("not_listed")
	if l.Listed {
		verdict = p.Coded("action", l.Action)
		if l.Category != "" {
			verdict += ": " + Commas(l.CategoryName, l.Category)
		}
	}
	contested := ""
	if l.Contested {
		contested = p.Word("contested_yes")
	}
	protected := ""
	if l.Protected {
		protected = p.Word("protected_yes")
	}
	key := l.Key
	if key == l.Number {
		key = ""
	}
	readings := ""
	if len(l.Readings) > 1 {
		readings = strings.Join(l.Readings, ", ")
	}
	p.Facts(Fact{"number", p.Strong(l.Number)}, Fact{"caller", p.callerID(l.Caller)}, Fact{"readings", readings},
		Fact{"number_class", Commas(cmp.Or(l.ClassOfNumber, l.NumberClass), l.Holder, l.Region)}, Fact{"allocated", p.allocated(l)},
		Fact{"verdict", p.Strong(verdict)}, Fact{"score", percent(l.ScorePermille)}, Fact{"key", key},
		Fact{"disputed", contested}, Fact{"protected", protected}, Fact{"own_blocks", strings.Join(l.OwnBlocks, ", ")}, Fact{"ratified", entries(p, l.Ratified)})
}

func (p *Page) allocated(l *api.Lookup) string {
	switch {
	case l.Number == "": // a caller that is no number
		return ""
	case l.PlanDate == "":
		return p.Coded("allocated", l.Allocated)
	}
	return p.Word("allocated_as_of", p.Coded("allocated", l.Allocated), l.PlanDate)
}

// callerID tells a caller ID as presented, or that none was.
func (p *Page) callerID(s string) string {
	if s == number.Anonymous.String() {
		return p.Coded("caller", s)
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
		rows = append(rows, []string{s.Member, s.Category, s.Label, percent(s.ConfidencePermille), Amount(s.Count), Day(s.FirstSeen), Day(s.LastSeen), s.Ref})
	}
	p.Table(Columns("member", "category", "label", ">confidence", ">reports",
		"first_seen", "last_seen", "reference"), rows)
}

// stamp says which list an answer came from; of a list of the past, how old is no news.
func (p *Page) stamp(s api.ListStamp, past bool) {
	switch {
	case s.Root == "":
		return
	case past:
		p.Line(p.Faint(p.Word("list_stamp_then", Short(s.Root), s.Day, strconv.FormatUint(s.Serial, 10))))
		return
	}
	p.Line(p.Faint(p.Word("list_stamp", Short(s.Root), s.Day, strconv.FormatUint(s.Serial, 10), strconv.FormatInt(s.AgeSeconds, 10))))
}

// Lookups shows many answers, one a line, below the moment that was asked about.
func Lookups(p *Page, all []api.LookupAnswer, asked []string) {
	if i := slices.IndexFunc(all, func(a api.LookupAnswer) bool { return a.Lookup != nil }); i >= 0 {
		p.asOfThen(all[i].Lookup.AsOf)
	}
	var rows [][]string
	for i, a := range all {
		if a.Error != nil {
			rows = append(rows, []string{asked[i], "", "", "", p.Phrase(a.Error.Phrase())})
			continue
		}
		l := a.Lookup
		verdict := "-"
		if l.Listed {
			verdict = p.Coded("action", l.Action)
		}
		rows = append(rows, []string{Commas(l.Number, p.callerID(l.Caller)), verdict, l.Category, percent(l.ScorePermille), l.CategoryName})
	}
	p.Table(Columns("number", "verdict", "category", ">score", "meaning"), rows)
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
		p.Line(p.Strong(e.WhyNot))
	}
	p.Line("")
	p.stamp(e.List, e.AsOf != nil)
}

func (p *Page) key(k *api.KeyExplanation) {
	head := p.Word("on_key", p.Strong(k.Key))
	if k.Decides {
		head += " " + p.Word("decides")
	}
	p.Line(head)
	p.Line(k.Sentence)
	if k.NextChange != "" {
		p.Say("next_change", k.NextChange)
	}
	for i := range k.Contests {
		p.Line(p.Strong(k.Contests[i].Sentence))
	}
	var rows [][]string
	for _, c := range k.Classes {
		rows = append(rows, []string{p.class(c.Class), Amount(c.TestedSum), Amount(c.NeededSum), strconv.Itoa(c.Voices), strconv.Itoa(c.NeededVoices),
			percent(c.BestPermille), percent(c.SinglePermille), p.yes(c.Passes)})
	}
	p.Table(Columns("class", ">sum", ">needed_sum", ">voices", ">needed_voices",
		">best", ">single_from", "passes"), rows)
	p.contributions(k.Statements)
}

// class tells a class by name and code.
func (p *Page) class(code string) string {
	var c taxonomy.Class
	if c.UnmarshalText([]byte(code)) != nil {
		return code
	}
	return Commas(c.Name(p.words.Lang()), code)
}

func (p *Page) yes(b bool) string {
	if b {
		return p.Word("yes")
	}
	return p.Word("no")
}

func (p *Page) contributions(all []api.Contribution) {
	var rows [][]string
	for i := range all {
		c := &all[i]
		status := Commas(p.Coded("status", c.Status), c.VoidReason)
		if c.RetractedBy != "" {
			status += " " + p.Word("by", c.RetractedBy)
		}
		rows = append(rows, []string{c.Member, c.IndependenceGroup, p.Coded("kind", c.Kind), c.Category, c.Label, Amount(c.Count), Day(c.LastSeen), percent(c.StrengthPermille), status, c.Ref})
	}
	p.Table(Columns("member", "group", "kind", "category", "label", ">reports",
		"last_seen", ">strength", "status", "reference"), rows)
}

// Verdict shows the answer to one call.
func Verdict(p *Page, v *api.Verdict) {
	wouldBe := ""
	if v.WouldBe != "" {
		wouldBe = p.Word("would_be", p.Coded("action", v.WouldBe), v.WouldBeRule)
	}
	stale := ""
	if v.Stale {
		stale = p.Word("stale_yes")
	}
	p.Facts(Fact{"verdict", p.Strong(p.Coded("action", v.Action))}, Fact{"treatment", p.Coded("treatment", v.Treatment)},
		Fact{"rule", v.Rule}, Fact{"text", v.Text}, Fact{"category", v.Category}, Fact{"caller", p.callerID(v.Caller)},
		Fact{"member", v.Member}, Fact{"shadow", wouldBe}, Fact{"stale", stale}, Fact{"references", strings.Join(v.References, ", ")})
	p.Line("")
	p.stamp(v.List, false)
}

// Verdicts shows many answers, one a line.
func Verdicts(p *Page, calls []api.Call, all []api.Verdict) {
	var rows [][]string
	for i := range all {
		v := &all[i]
		rows = append(rows, []string{p.callerID(cmp.Or(calls[i].Caller, number.Anonymous.String())), calls[i].Called, p.Coded("ingress", calls[i].Ingress), p.Coded("action", v.Action), v.Rule, v.Category, v.Text})
	}
	p.Table(Columns("caller", "called", "ingress", "verdict", "rule", "category", "text"), rows)
}

// Switches shows which faces and rules act.
func Switches(p *Page, all []api.Switch) {
	var rows [][]string
	for _, s := range all {
		state := p.Word("tells")
		if s.Acts {
			state = p.Strong(p.Word("acts"))
		}
		meaning := p.Coded("rule", s.Target)
		if meaning == s.Target {
			meaning = "" // a face, or a rule of this node's own files
		}
		rows = append(rows, []string{s.Target, state, meaning})
	}
	p.Table(Columns("face_or_rule", "state", "meaning"), rows)
}

// asOfThen tells of which moment an answer about the past is.
func (p *Page) asOfThen(a *api.AsOf) {
	if a == nil {
		return
	}
	anchored, lacks := "", ""
	if a.Anchor != nil {
		anchored = p.Word("as_of.anchored", strconv.FormatUint(a.Anchor.Index, 10), Amount(a.Anchor.Size), Short(a.Anchor.ListRoot))
	}
	if a.Lacks != nil {
		lacks = p.Strong(p.Phrase(*a.Lacks))
	}
	p.Facts(Fact{"as_of", p.Word("as_of.then", Amount(a.LedgerSize), a.Time, a.Day)}, Fact{"as_of.anchor", anchored}, Fact{"as_of.lacks", lacks})
	p.Line("")
}

// entries names entries of the ledger, by the index that they have everywhere.
func entries(p *Page, all []uint64) string {
	var names []string
	for _, index := range all {
		names = append(names, p.Word("ledger.entry", strconv.FormatUint(index, 10)))
	}
	return Commas(names...)
}
