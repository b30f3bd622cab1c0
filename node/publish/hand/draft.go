package hand

import (
	"errors"
	"time"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Draft makes a statement of what a person said; readKey reads what it is about.
// Every failure is an *api.Error that says what to write instead.
func (t Terms) Draft(what api.Say, readKey func(text, country string) (number.Range, error)) (assertion.Statement, error) {
	if what.Kind == assertion.KindAnswer.String() {
		ref, err := Reference(what.Subject)
		if err != nil {
			return assertion.Statement{}, err
		}
		one, err := t.Answer(ref, what.Upheld, what.Reason)
		return one, asInput(err)
	}
	key, err := readKey(what.Subject, what.Country)
	if err != nil {
		return assertion.Statement{}, err
	}
	var category taxonomy.Category
	if what.Category != "" {
		if category, err = taxonomy.ParseCategory(what.Category); err != nil {
			return assertion.Statement{}, api.Tell(api.BadInput, phrase.New("say.no_category", "%q is no category of version %d; see docs/formats.md for the table", what.Category, taxonomy.Version))
		}
	}
	var d Times
	var one assertion.Statement
	switch what.Kind {
	case assertion.KindFlag.String():
		one, err = t.draftFlag(what, Flag{Key: key, Category: category}, &d)
	case assertion.KindBlock.String():
		one, err = t.draftBlock(what, Block{Key: key, Category: category}, &d)
	default:
		one, err = t.draftHolder(what, key, &d)
	}
	return one, asInput(errors.Join(d.Err, err))
}

func (t Terms) draftFlag(what api.Say, f Flag, d *Times) (assertion.Statement, error) {
	f.Label, f.Confidence, f.Reports = what.Label, what.Confidence, what.Reports
	f.SeenFrom, f.SeenTo, f.Expires = d.Read(what.FirstSeen), d.Read(what.LastSeen), d.Read(what.Expires)
	switch {
	case d.Err != nil:
		return assertion.Statement{}, d.Err
	case f.Confidence != nil && *f.Confidence > mostPermille:
		return assertion.Statement{}, api.Tell(api.BadInput, phrase.New("say.confidence", "a confidence of %d permille; the most is %d", *f.Confidence, mostPermille))
	}
	one, err := t.Flag(f)
	if len(what.Derived) > 0 {
		one.Basis = derived(what.Derived)
	}
	return one, err
}

const mostPermille = 1000

func (t Terms) draftBlock(what api.Say, b Block, d *Times) (assertion.Statement, error) {
	b.Reason, b.Expires = what.Reason, d.Read(what.Expires)
	switch what.Scope {
	case "own":
		b.Scope = assertion.ScopeOwn
	case "ask", "":
		b.Scope = assertion.ScopeAsk
	default:
		return assertion.Statement{}, api.Tell(api.BadInput, phrase.New("say.no_scope", "%.40q is no scope of a block; want own or ask", what.Scope))
	}
	if d.Err != nil {
		return assertion.Statement{}, d.Err
	}
	return t.Block(b)
}

// draftHolder makes a statement of those who hold a number.
func (t Terms) draftHolder(what api.Say, key number.Range, d *Times) (assertion.Statement, error) {
	switch what.Kind {
	case assertion.KindReassign.String():
		n, ok := key.Number()
		if !ok {
			return assertion.Statement{}, api.Tell(api.BadInput, phrase.New("say.one_number", "a reassign is about one number, not a range"))
		}
		date := t.Now
		if what.Date != "" {
			date = d.Read(what.Date)
		}
		return t.Reassign(n, date)
	case assertion.KindContest.String():
		targets := make([]taxonomy.Ref, len(what.Targets))
		for i, text := range what.Targets {
			var err error
			if targets[i], err = Reference(text); err != nil {
				return assertion.Statement{}, err
			}
		}
		return t.Contest(key, what.Reason, targets...)
	case assertion.KindResource.String():
		return t.Resource(key, assertion.Resource{AllocatedTo: t.Member, DisplayName: what.Label, Purpose: what.Reason})
	}
	return assertion.Statement{}, api.Errorf(api.BadInput, "%q is nothing that one says by hand; want flag, block, reassign, resource, contest or answer", what.Kind)
}

// derived is the basis of a flag that repeats others: references or members.
func derived(sources []string) assertion.Basis {
	b := assertion.Basis{Kind: assertion.BasisDerived}
	for _, s := range sources {
		if ref, err := taxonomy.ParseRef(s); err == nil {
			b.Sources = append(b.Sources, ref.Bytes())
			continue
		}
		b.Sources = append(b.Sources, []byte(s))
	}
	return b
}

// Times reads times as people write them; the first failure sticks.
type Times struct{ Err error }

// Read returns Unix seconds, 0 for an empty text.
func (d *Times) Read(s string) int64 {
	if s == "" {
		return 0
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err == nil && t.Unix() > 0 {
			return t.Unix()
		}
		if err == nil && d.Err == nil {
			d.Err = api.Tell(api.BadInput, phrase.New("say.too_early", "%q is not after 1970-01-01 00:00 UTC, as every time that is published is", s))
		}
	}
	if d.Err == nil {
		d.Err = api.Tell(api.BadInput, phrase.New("say.no_time", "%q is no time; write it as 2026-11-24 (UTC) or 2026-11-24T10:30:00+08:00", s))
	}
	return 0
}

// asInput makes an error of a draft one about what was written.
func asInput(err error) error {
	if err == nil {
		return nil
	}
	var known *api.Error
	if errors.As(err, &known) {
		return known
	}
	return api.Tell(api.BadInput, phrase.From(err))
}

// Reference reads a statement's reference as people write it.
func Reference(text string) (taxonomy.Ref, error) {
	ref, err := taxonomy.ParseRef(text)
	if err != nil {
		return ref, api.Tell(api.BadInput, phrase.New("say.no_reference", "%.100q is no statement reference; want <batch CID>/<index>", text))
	}
	return ref, nil
}
