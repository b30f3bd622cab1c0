// Package answer turns what the lower floors know into what a caller is told:
// numbers as they were asked for, entries, explanations and verdicts as the
// shapes of node/api, with a sentence for people in English or Chinese.
//
// One question has one answer, whoever asks: the command line, the REST face
// and the console all show what is made here.
//
// Floor 10. It decides nothing and reads no clock; the age of a list comes in
// with the question.
package answer

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/node/screen"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Book is what answers are made with. It never changes.
type Book struct {
	Home  number.Country
	Plans *plan.Set
	Texts *locale.Catalogs
}

// Read reads a number as the question says it is written. What is no number is
// an error for dialled input and a reading for a presented caller.
func (b *Book) Read(q api.Query) (number.Readings, error) {
	country := b.Home
	if q.Country != "" {
		c, err := ParseCountry(q.Country)
		if err != nil {
			return number.Readings{}, err
		}
		country = c
	}
	rules := b.Plans.Rules(country)
	if q.Caller {
		return rules.Received(q.Number), nil
	}
	readings := rules.Dialled(q.Number)
	if _, ok := readings.Number(); !ok {
		first := readings.First()
		key := screen.ReasonKey(first)
		return number.Readings{}, api.Tell(api.BadInput, phrase.Join(
			phrase.New("error.bad_number", "%q is no number of country +%s", clip(q.Number), country),
			phrase.Coded(key, b.Texts.Match("en").Named(key)),
			phrase.New("remedy.bad_number", "write it as +%s…, or name its country", country)))
	}
	return readings, nil
}

// ReadKey reads a number or a range: a canonical range as it stands, anything
// else as Read does, of which the first number counts.
func (b *Book) ReadKey(text, country string) (number.Range, error) {
	if strings.HasPrefix(text, "+") && strings.ContainsAny(text, "*!") {
		r, err := number.ParseRange(text)
		if err != nil {
			return number.Range{}, api.Errorf(api.BadInput, "%v", err)
		}
		return r, nil
	}
	readings, err := b.Read(api.Query{Number: text, Country: country})
	if err != nil {
		return number.Range{}, err
	}
	n, _ := readings.Number()
	return n.Range(), nil
}

// ParseCountry reads a calling code, with or without its plus.
func ParseCountry(s string) (number.Country, error) {
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, 16)
	c := number.Country(v)
	if err == nil && c != 0 {
		if _, err = number.International(c.String() + "00000000"); err == nil {
			return c, nil
		}
	}
	return 0, api.Tell(api.BadInput, phrase.New("error.bad_country", "%q is no country calling code; want one such as 86, 1 or 34", clip(s)))
}

// Age says how old an answer's list is.
type Age struct {
	List       time.Duration
	Checkpoint time.Duration // negative: no checkpoint yet
}

// Stamp returns which list an answer came from.
func Stamp(s view.Stamp, age Age) api.ListStamp {
	out := api.ListStamp{
		Root: s.Root.String(), LedgerSize: s.LedgerSize, Serial: s.Serial,
		Session: strconv.FormatUint(s.Session, 16), Day: s.Day.String(), AgeSeconds: int64(age.List / time.Second),
	}
	if age.Checkpoint >= 0 {
		seconds := int64(age.Checkpoint / time.Second)
		out.CheckpointAgeSeconds = &seconds
	}
	return out
}

// Lookup says what the list says of a number.
func (b *Book) Lookup(l *view.List, q api.Query, age Age) (api.Lookup, error) {
	out, _, err := b.lookup(l, q, age)
	return out, err
}

// lookup also returns the explanation that the answer rests on.
func (b *Book) lookup(l *view.List, q api.Query, age Age) (api.Lookup, view.Explanation, error) {
	readings, err := b.Read(q)
	if err != nil {
		return api.Lookup{}, view.Explanation{}, err
	}
	out := api.Lookup{
		Action: taxonomy.Allow.String(), Basis: basisNone, Allocated: plan.AllocationUnknown.String(),
		Sources: []api.Source{}, Ratified: []uint64{}, List: Stamp(l.Stamp(), age),
	}
	if readings.Len() > 1 {
		for _, c := range readings.All() {
			out.Readings = append(out.Readings, c.String())
		}
	}
	n, ok := pick(l, readings)
	if !ok {
		first := readings.First()
		out.Caller, out.NumberClass = first.String(), first.Kind().String()
		out.ClassOfNumber = noNumber(first, b.Texts.Match(q.Lang))
		return out, view.Explanation{}, nil
	}
	b.describe(&out, n, b.Texts.Match(q.Lang).Lang())
	x := l.Explain(n)
	b.entry(&out, l, &x, b.Texts.Match(q.Lang).Lang())
	return out, x, nil
}

// noNumber tells what a caller is that is no number.
func noNumber(c number.Caller, texts *locale.Catalog) string {
	switch c.Kind() {
	case number.Anonymous:
		return texts.Named("caller.anonymous")
	case number.SMSCode:
		return texts.Named(screen.ReasonKey(c))
	}
	return texts.Named("verdict.cli.irregular", texts.Named(screen.ReasonKey(c)))
}

// pick returns the first reading that the list knows, else the first number.
func pick(l *view.List, readings number.Readings) (number.Number, bool) {
	for _, c := range readings.All() {
		if n, ok := c.Number(); ok {
			if _, _, listed := l.Lookup(n); listed {
				return n, true
			}
		}
	}
	return readings.Number()
}

// describe tells what the numbering plans know.
func (b *Book) describe(out *api.Lookup, n number.Number, lang string) {
	info := b.Plans.Lookup(n)
	out.Number, out.Masked = n.String(), n.Masked()
	out.NumberClass, out.ClassOfNumber = info.Class.String(), info.Class.Name(lang)
	out.Holder, out.Region = info.Holder, info.Region
	if out.Region == "" && info.Province != 0 {
		out.Region = plan.ProvinceName(info.Province)
	}
	out.Allocated = info.Allocated.String()
	if info.Date != 0 {
		out.PlanDate = info.Date.String()
	}
}

const (
	basisNone     = "none"
	basisNumber   = "number"
	basisRange    = "range"
	basisRatified = "ratified"
)

func (b *Book) entry(out *api.Lookup, l *view.List, x *view.Explanation, lang string) {
	out.Protected = x.Protected
	for i := range x.Keys {
		for _, t := range x.Keys[i].Told {
			if id := l.State().Member(t.Member).ID; t.Status == view.Own && !slices.Contains(out.OwnBlocks, id) {
				out.OwnBlocks = append(out.OwnBlocks, id)
			}
		}
	}
	if x.Entry.IsZero() {
		return
	}
	out.Listed = true
	out.Action, out.Class, out.Category = x.Entry.Action.String(), x.Entry.Class.String(), x.Entry.Category.String()
	out.CategoryName, out.Contested, out.Key = x.Entry.Category.Name(lang), x.Entry.Contested, x.Decides.String()
	switch {
	case x.Entry.Ratified:
		out.Basis = basisRatified
	case x.Decides.Free() > 0:
		out.Basis = basisRange
	default:
		out.Basis = basisNumber
	}
	for i := range x.Keys {
		for _, r := range x.Keys[i].Ratified {
			if r.Decides {
				out.Ratified = append(out.Ratified, r.Index)
			}
		}
		if k := &x.Keys[i]; k.Key == x.Decides {
			out.ScorePermille = k.Result.Score
			out.Sources = sources(l.State(), k.Told)
		}
	}
}

func sources(state *charter.State, told []view.Told) []api.Source {
	out := []api.Source{}
	for i := range told {
		t := &told[i]
		if t.Status != view.Counting {
			continue
		}
		s := statement(state, t)
		if _, asks := t.Body.(assertion.Block); asks { // has no confidence of its own
			s.Confidence = state.Policy().Confidence.Ask
		}
		out = append(out, api.Source{
			Member: s.Member, Category: s.Category, Label: s.Label, ConfidencePermille: s.Confidence, Count: s.Count,
			FirstSeen: s.FirstSeen, LastSeen: s.LastSeen, Ref: s.Ref,
		})
	}
	return out
}

func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
