package simulations

import (
	"context"
	"fmt"

	"ringfence/node/api"
	"ringfence/simulations/story"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// remembered is what the three desks alone have brought about: what is worth
// showing of them is hard to find again among everybody's numbers.
type remembered struct{ labelled, contested, single []number.Number }

// remember notes the numbers that are labelled, contested, or on the list for
// one publisher's word alone (the first of these).
func remember(l *view.List) remembered {
	var r remembered
	for key, e := range l.All() {
		n, single := key.Number()
		switch {
		case !single:
		case e.Contested:
			r.contested = append(r.contested, n)
		case e.Action == taxonomy.Label:
			r.labelled = append(r.labelled, n)
		case len(r.single) == 0:
			r.single = append(r.single, n)
		}
	}
	return r
}

// lookAt makes an example of an explanation.
func lookAt(title string, x *api.Explanation) story.Example {
	e := story.Example{Title: title, Number: x.Masked, Action: x.Action, Class: x.CategoryName}
	for _, k := range x.Keys {
		if k.Decides {
			e.Why = k.Sentence
		}
	}
	for _, s := range x.Sources {
		text := fmt.Sprintf("%s: %q", s.Member, s.Label)
		if s.Label == "" {
			text = s.Member + ": on its list"
		}
		switch {
		case s.Count == 1:
			text += ", 1 report"
		case s.Count > 1:
			text += fmt.Sprintf(", %d reports", s.Count)
		}
		e.Sources = append(e.Sources, text)
	}
	return e
}

// examples chooses what shows the rules at work. The choice follows from the
// list alone.
func (d *demo) examples(ctx context.Context) error {
	desks := &d.desks
	anyone := func(x *api.Explanation) bool { return len(x.Ratified) == 0 }
	for _, one := range []struct {
		title  string
		among  []number.Number
		wanted func(*api.Explanation) bool
	}{
		{"Two desks, two words. \"Other\" says no kind and supports the one that another names:", desks.labelled, untypedSupports},
		{"Publishers who name different kinds. The list does not choose in silence:", desks.contested, disagree},
		{"One complaint labels nothing, whoever files it:", desks.single, anyone},
		{"A trusted list is enough by itself:", d.labelledUnder(number.NANP), anyone},
		{"A trusted list without counts is enough too, at a low score and for 8 days:", d.labelledUnder(number.Spain), anyone},
		{"The regulators have the last word, and it says whose it is:", d.blocked(), func(*api.Explanation) bool { return true }},
	} {
		x, found, err := d.find(ctx, one.among, one.wanted)
		if err != nil {
			return err
		}
		if found {
			d.summary.Examples = append(d.summary.Examples, lookAt(one.title, &x))
		}
	}
	if err := d.bank(ctx); err != nil {
		return err
	}
	return d.calls(ctx)
}

// find returns the first of some numbers whose explanation is as wanted.
func (d *demo) find(ctx context.Context, among []number.Number, wanted func(*api.Explanation) bool) (api.Explanation, bool, error) {
	for _, n := range among {
		x, err := d.home().Explain(ctx, api.Query{Number: n.String()})
		if err != nil {
			return api.Explanation{}, false, err
		}
		if wanted(&x) {
			return x, true, nil
		}
	}
	return api.Explanation{}, false, nil
}

// kinds returns, of each member behind an answer, the typed categories that it
// names; an empty set of one that names none.
func kinds(x *api.Explanation) map[string]map[string]bool {
	all := make(map[string]map[string]bool)
	for _, s := range x.Sources {
		if all[s.Member] == nil {
			all[s.Member] = make(map[string]bool)
		}
		if s.Category != taxonomy.Untyped.String() {
			all[s.Member][s.Category] = true
		}
	}
	return all
}

// untypedSupports reports whether one member names the kind that is shown, and
// another desk no kind at all; of crimes, untyped evidence is no support.
func untypedSupports(x *api.Explanation) bool {
	names, silent := false, false
	for _, k := range kinds(x) {
		names = names || k[x.Category]
		silent = silent || len(k) == 0
	}
	return names && silent && x.Class != taxonomy.Crm.String() && len(x.Ratified) == 0
}

// disagree reports whether two members name different kinds.
func disagree(x *api.Explanation) bool {
	members, different := 0, make(map[string]bool)
	for _, k := range kinds(x) {
		if len(k) > 0 {
			members++
		}
		for category := range k {
			different[category] = true
		}
	}
	return members > 1 && len(different) > 1
}

// labelledUnder returns the first number of a country that is labelled, though
// not by the desks.
func (d *demo) labelledUnder(c number.Country) []number.Number {
	desks := make(map[number.Number]bool)
	for _, n := range d.desks.labelled {
		desks[n] = true
	}
	for key, e := range d.home().View().List().All() {
		n, single := key.Number()
		if single && n.Country() == c && e.Action == taxonomy.Label && !e.Contested && !e.Ratified && !desks[n] {
			return []number.Number{n}
		}
	}
	return nil
}

// What the examples of calls are about: a bank's service number.
const (
	bank   = "95588"
	called = "13800138000"
)

// bank looks up a protected service number.
func (d *demo) bank(ctx context.Context) error {
	x, err := d.home().Explain(ctx, api.Query{Number: bank})
	if err != nil {
		return err
	}
	e := story.Example{
		Title: "A bank's number. Its carrier says whose it is:", Number: bank, Action: x.Action,
		Why: "protected by the charter: a flag on it would be void",
	}
	for _, k := range x.Keys {
		for _, s := range k.Statements {
			if s.Kind == assertion.KindResource.String() {
				e.Sources = append(e.Sources, s.Member+": "+s.Text)
			}
		}
	}
	d.summary.Examples = append(d.summary.Examples, e)
	return nil
}

// calls screens two calls: one from a labelled number, one that presents the
// bank's number from abroad. Its reputation is protected, and excuses nobody.
func (d *demo) calls(ctx context.Context) error {
	callers := []struct{ title, caller, shown string }{
		{"A call from abroad that presents the bank's number:", bank, bank},
	}
	if labelled := d.desks.labelled; len(labelled) > 0 {
		n := labelled[0]
		callers = append(callers, struct{ title, caller, shown string }{"A call from a labelled number:", n.String(), n.Masked()})
	}
	for _, one := range callers {
		v, err := d.home().Screen(ctx, api.Call{Caller: one.caller, Called: called, Ingress: "international"})
		if err != nil {
			return err
		}
		d.summary.Examples = append(d.summary.Examples, story.Example{Title: one.title, Number: one.shown, Action: v.Action, Rule: v.Rule, Why: v.Text})
	}
	return nil
}
