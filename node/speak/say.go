package speak

import (
	"context"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/publish"
	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Say implements api.Speaker.
func (s *Speaker) Say(ctx context.Context, what api.Say) (api.Said, error) {
	own, terms, err := s.terms(what.Preview)
	if err != nil {
		return api.Said{}, err
	}
	if what.Kind == assertion.KindAnswer.String() {
		if what.Subject, err = s.contest(terms, what); err != nil {
			return api.Said{}, err
		}
	}
	one, err := terms.Draft(what, s.cfg.Book().ReadKey)
	if err != nil {
		return api.Said{}, err
	}
	return s.speak(ctx, own, terms, what.Preview, one)
}

// SayTogether says many things at once, recorded as one publication called note.
func (s *Speaker) SayTogether(ctx context.Context, note string, all []api.Say) error {
	own, terms, err := s.terms(false)
	if err != nil {
		return err
	}
	statements := make([]assertion.Statement, len(all))
	for i := range all {
		if statements[i], err = terms.Draft(all[i], s.cfg.Book().ReadKey); err != nil {
			return err
		}
	}
	_, err = own.Say(ctx, note, statements...)
	s.cfg.Said()
	return Refusal(err)
}

// Retract implements api.Speaker.
func (s *Speaker) Retract(ctx context.Context, r api.Retract) (api.Said, error) {
	own, terms, err := s.terms(r.Preview)
	if err != nil {
		return api.Said{}, err
	}
	target, err := targetOf(r)
	if err != nil {
		return api.Said{}, err
	}
	one, err := terms.Retract(target, r.Reason)
	if err != nil {
		return api.Said{}, api.Errorf(api.BadInput, "%v", err)
	}
	if err := own.MayUndo(&one); err != nil {
		return api.Said{}, Refusal(err)
	}
	return s.speak(ctx, own, terms, r.Preview, one)
}

func targetOf(r api.Retract) (hand.Target, error) {
	given := 0
	for _, s := range []string{r.Ref, r.Batch, r.Publication} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return hand.Target{}, api.Errorf(api.BadInput, "name exactly one of a statement, a batch and a publication to retract")
	}
	switch {
	case r.Ref != "":
		ref, err := hand.Reference(r.Ref)
		return hand.Statement(ref), err
	case r.Batch != "":
		c, err := batchCID(r.Batch)
		if err != nil {
			return hand.Target{}, err
		}
		return hand.Batch(c), nil
	}
	id, err := publication.ParseID(r.Publication)
	if err != nil {
		return hand.Target{}, api.Tell(api.BadInput, phrase.From(err))
	}
	return hand.Publication(assertion.PublicationID(id)), nil
}

func batchCID(s string) (cid.Cid, error) {
	c, err := cid.Decode(s)
	if err == nil {
		c, err = taxonomy.CIDFromBytes(c.Bytes())
	}
	if err != nil {
		return cid.Undef, api.Tell(api.BadInput, phrase.New("say.no_batch", "%.60q is no batch: %v", s, err))
	}
	return c, nil
}

// speak previews a statement, and says it unless only that was asked.
func (s *Speaker) speak(ctx context.Context, own *publish.Publisher, t hand.Terms, previewOnly bool, one assertion.Statement) (api.Said, error) {
	p, err := own.Preview(one)
	if err != nil {
		return api.Said{}, Refusal(err)
	}
	disputed := s.disputed(&one) // before it is said
	out := api.Said{Preview: previewOnly, Disputed: disputed, Statements: []string{}, Undone: p.Undone, Changed: len(p.Changes), Changes: answer.Changes(p.Changes)}
	if len(p.Void) > 0 {
		if bar := own.MaySay(); p.Void[0].Reason == view.ReasonFrozen && bar != nil {
			return api.Said{}, Refusal(bar)
		}
		why := phrase.Join(phrase.New("speak.void", "nothing was signed: the statement would be void"), s.cfg.Book().Texts.Void(p.Void[0].Reason), bound(p.Void[0].Reason, t, &one))
		return api.Said{}, api.Tell(api.Refused, why)
	}
	if !previewOnly {
		said, err := own.Say(ctx, "", one)
		if err != nil {
			return api.Said{}, Refusal(err)
		}
		for _, ref := range said.Statements {
			out.Statements = append(out.Statements, ref.String())
		}
		if !said.Queued.IsZero() {
			out.Queued, out.Publication, out.Note = true, said.Publication.String(), said.Queued
		}
		s.cfg.Said()
	}
	if out.Note.IsZero() {
		out.Note = answer.AboutContest(&one, t.Policy, len(disputed))
	}
	if out.Note.IsZero() {
		out.Note = answer.WhyNoChange(&p, &one, previewOnly)
	}
	out.List = s.cfg.Stamp()
	return out, nil
}

// bound says which figure a void statement is beyond; nothing where none explains it.
func bound(why view.Reason, t hand.Terms, one *assertion.Statement) phrase.Phrase {
	switch why {
	case view.ReasonLongLived:
		return phrase.New("speak.latest", "a %s of today may last until %s", one.Kind, t.Latest(one.Kind))
	case view.ReasonRepeated:
		return phrase.New("speak.repeated", "a %s of one number counts once in %d days", one.Kind, policy.RepeatDays)
	}
	return phrase.Phrase{}
}

// Publications implements api.Speaker.
func (s *Speaker) Publications(context.Context) ([]api.Publication, error) {
	own, err := s.publisher()
	if err != nil {
		return nil, err
	}
	all, err := own.Publications()
	if err != nil {
		return nil, Refusal(err)
	}
	out := []api.Publication{}
	for _, p := range slices.Backward(all) { // newest first
		out = append(out, api.Publication{
			ID: p.ID.String(), State: string(p.State), File: p.File, Mapping: p.Mapping, Digest: p.Digest,
			Statements: p.Statements, Retracted: p.Retracted, Unchanged: p.Unchanged, Refused: p.Refused, Begun: p.Begun, Ended: p.Ended,
			Issuer: p.Issuer, Unrecorded: p.Unrecorded, Elsewhere: p.Elsewhere,
		})
	}
	return out, nil
}

// Lift implements api.Speaker.
func (s *Speaker) Lift(ctx context.Context, head string) error {
	own, err := s.publisher()
	if err != nil {
		return err
	}
	c := cid.Undef
	if head != "" && head != api.NoHead {
		if c, err = batchCID(head); err != nil {
			return err
		}
	}
	if err := own.Lift(c, feed.Stolen); err != nil {
		return Refusal(err)
	}
	s.attempt(ctx, own) // the bar is lifted, whatever may keep the queue
	return nil
}
