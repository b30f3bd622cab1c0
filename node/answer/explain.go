package answer

import (
	"fmt"
	"strings"

	"ringfence/node/answer/contests"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/store/harmonise"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Explain tells everything behind the list's word on a number.
func (b *Book) Explain(l *view.List, q api.Query, age Age) (api.Explanation, error) {
	found, x, err := b.lookup(l, q, age)
	if err != nil {
		return api.Explanation{}, err
	}
	texts := b.Texts.Match(q.Lang)
	out := api.Explanation{Lookup: found, Keys: []api.KeyExplanation{}}
	for i := range x.Keys {
		k := &x.Keys[i]
		one := explainKey(l, k, texts)
		for c := range k.Contests {
			one.Contests = append(one.Contests, contests.Tell(l, &k.Contests[c], nil, texts))
		}
		one.Decides = k.Key == x.Decides
		out.Keys = append(out.Keys, one)
	}
	if q.WhyNot != "" {
		if out.WhyNot, err = whyNot(l, &x, q.WhyNot, texts); err != nil {
			return api.Explanation{}, err
		}
	}
	return out, nil
}

func explainKey(l *view.List, k *view.KeyExplanation, texts *locale.Catalog) api.KeyExplanation {
	out := api.KeyExplanation{
		Key: k.Key.String(), Action: k.Entry.Action.String(), Class: k.Entry.Class.String(), Category: k.Entry.Category.String(),
		Contested: k.Entry.Contested, Rule: k.Result.Rule.String(), Sentence: why(k, l.Rules(), texts.Lang()),
		Classes: []api.ClassTally{}, Statements: []api.Contribution{},
	}
	if k.Next != taxonomy.NeverDay {
		out.NextChange = k.Next.String()
	}
	t := l.Rules().Thresholds()
	for c := taxonomy.Crm; c <= taxonomy.OK; c++ {
		tally := &k.Result.Tallies[c]
		if k.Result.Sums[c] == 0 {
			continue // untyped evidence supports what nobody claims
		}
		out.Classes = append(out.Classes, api.ClassTally{
			Class: c.String(), Sum: int64(k.Result.Sums[c]), TestedSum: int64(tally.Tested), NeededSum: int64(t.Label),
			Voices: tally.Voices, NeededVoices: t.Voices, BestPermille: tally.Best, SinglePermille: t.SinglePermille, Passes: tally.Passes(),
		})
	}
	for i := range k.Told {
		out.Statements = append(out.Statements, contribution(l, &k.Told[i], texts))
	}
	return out
}

func contribution(l *view.List, t *view.Told, texts *locale.Catalog) api.Contribution {
	state := l.State()
	c := api.Contribution{
		Statement: statement(state, t), Status: t.Status.String(), VoidReason: texts.Void(t.Reason),
		AgeDays: t.Weighed.Age, HalfLifeDays: t.Weighed.HalfLife,
		DecayedPermille: t.Weighed.Decayed, StrengthPermille: t.Weighed.Strength, Voice: t.Weighed.Voice,
	}
	if !t.Issuer.IsZero() {
		c.WeightPermille, c.IndependenceGroup = state.Weight(t.Member), state.GroupName(state.Group(t.Member))
	}
	if t.RetractedBy.Batch.Defined() {
		c.RetractedBy = t.RetractedBy.String()
	}
	return c
}

// why says in words what decided a key: the regulators, or the evidence.
func why(k *view.KeyExplanation, rules *harmonise.Rules, lang string) string {
	zh := strings.HasPrefix(lang, "zh")
	evidence := sentence(&k.Result, rules, lang)
	switch said := ratified(k, zh); {
	case said == "":
		return evidence
	case zh:
		return said + "证据本身：" + evidence
	default:
		return said + " The evidence by itself: " + evidence
	}
}

// sentence says in words what the evidence decides of a key and what is missing.
func sentence(r *harmonise.Result, rules *harmonise.Rules, lang string) string {
	t := rules.Thresholds()
	tally := r.Tallies[r.Tested]
	zh := strings.HasPrefix(lang, "zh")
	class := r.Tested.Name(lang)
	switch r.Rule {
	case harmonise.SingleSource:
		if zh {
			return fmt.Sprintf("%s：单一来源达到 %d‰，单一来源阈值为 %d‰。", class, tally.Best, t.SinglePermille)
		}
		return fmt.Sprintf("%s: one source alone reaches %d permille; the single-source threshold is %d.", class, tally.Best, t.SinglePermille)
	case harmonise.TwoVoices:
		if zh {
			return fmt.Sprintf("%s：%d 个独立来源，合计 %d‰，阈值为 %d‰。", class, r.Voices, r.Score, t.LabelPermille)
		}
		return fmt.Sprintf("%s: %d independent voices reach %d permille together; the threshold is %d.", class, r.Voices, r.Score, t.LabelPermille)
	case harmonise.HarmlessWins:
		if zh {
			return "没有一类骚扰证据达到阈值，正常身份的证据更强。"
		}
		return "No nuisance class passes, and the evidence for a harmless identity is stronger."
	case harmonise.BelowThreshold:
		if zh {
			return fmt.Sprintf("%s：未达到阈值。独立来源 %d 个（需要 %d 个），合计 %d‰（需要 %d‰）；最强单一来源 %d‰（单独需要 %d‰）。",
				class, r.Voices, t.Voices, r.Score, t.LabelPermille, tally.Best, t.SinglePermille)
		}
		return fmt.Sprintf("%s: below the threshold. %d of %d independent voices, %d of %d permille together; the strongest source alone %d of %d.",
			class, r.Voices, t.Voices, r.Score, t.LabelPermille, tally.Best, t.SinglePermille)
	}
	if zh {
		return "没有有效证据。"
	}
	return "No evidence counts."
}

// whyNot tells what became of one member's word.
func whyNot(l *view.List, x *view.Explanation, member string, texts *locale.Catalog) (string, error) {
	m, ok := l.State().MemberByID(member)
	if !ok {
		return "", api.Tell(api.NotFound, phrase.New("answer.no_member", "the charter names no member %q; federation show lists them", clip(member)))
	}
	zh := texts.Lang() == "zh"
	var lines []string
	for i := range x.Keys {
		for k := range x.Keys[i].Told {
			t := &x.Keys[i].Told[k]
			if t.Member != m || t.Issuer.IsZero() {
				continue
			}
			s := statement(l.State(), t)
			kind := texts.Kind(t.Statement.Kind)
			if s.Kind == "" { // erased, or damaged here
				kind = ""
			}
			line := strings.TrimSpace(fmt.Sprintf("%s %s", kind, s.Category)) + fmt.Sprintf(" (%s): %s", s.Ref, texts.Status(t.Status))
			switch {
			case t.Status == view.Void:
				line += ": " + texts.Void(t.Reason)
			case t.Status == view.Counting:
				line += fmt.Sprintf(", %d‰ × %d‰ → %d‰", l.State().Weight(m), t.Weighed.Decayed, t.Weighed.Strength)
			}
			lines = append(lines, line)
		}
	}
	switch {
	case len(lines) == 0 && zh:
		return member + " 没有对该号码作过任何声明。", nil
	case len(lines) == 0:
		return member + " said nothing about this number.", nil
	}
	return strings.Join(lines, "\n"), nil
}
