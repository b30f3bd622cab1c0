package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/publish"
	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// speaker says things in the name of one issuer.
type speaker struct {
	n *Node
	*publish.Publisher
}

// speaker returns the node's own voice.
func (n *Node) speaker() (speaker, error) {
	if n.own == nil {
		return speaker{}, api.Errorf(api.Refused, "this node cannot speak: %v", n.ownErr)
	}
	return speaker{n, n.own}, nil
}

// member returns the member that the node speaks for.
func (n *Node) member() (charter.MemberIndex, bool) {
	info, ok := n.state.Issuer(n.issuer)
	return info.Member, ok
}

// Say implements api.Speaker.
func (n *Node) Say(ctx context.Context, s api.Say) (api.Said, error) {
	own, err := n.speaker()
	if err != nil {
		return api.Said{}, err
	}
	return own.Say(ctx, s)
}

// Retract implements api.Speaker.
func (n *Node) Retract(ctx context.Context, r api.Retract) (api.Said, error) {
	own, err := n.speaker()
	if err != nil {
		return api.Said{}, err
	}
	return own.Retract(ctx, r)
}

// Publications implements api.Speaker.
func (n *Node) Publications(ctx context.Context) ([]api.Publication, error) {
	own, err := n.speaker()
	if err != nil {
		return nil, err
	}
	return own.Publications(ctx)
}

// Lift implements api.Speaker.
func (n *Node) Lift(ctx context.Context, head string) error {
	own, err := n.speaker()
	if err != nil {
		return err
	}
	return own.Lift(ctx, head)
}

// Publish implements api.Speaker.
func (n *Node) Publish(ctx context.Context, p api.Publish, file io.Reader, h api.Hearing) (api.Published, error) {
	own, err := n.speaker()
	if err != nil {
		return api.Published{}, err
	}
	return own.Publish(ctx, p, file, h)
}

// Say implements api.Speaker.
func (s speaker) Say(ctx context.Context, what api.Say) (api.Said, error) {
	terms, err := s.Terms()
	if err != nil {
		return api.Said{}, refusal(err)
	}
	one, err := terms.Draft(what, s.n.book.Load().ReadKey)
	if err != nil {
		return api.Said{}, err
	}
	return s.speak(ctx, terms, what.Preview, one)
}

// SayTogether says many things at once, recorded as one publication called note.
func (n *Node) SayTogether(ctx context.Context, note string, all []api.Say) error {
	own, err := n.speaker()
	if err != nil {
		return err
	}
	terms, err := own.Terms()
	if err != nil {
		return refusal(err)
	}
	statements := make([]assertion.Statement, len(all))
	for i := range all {
		if statements[i], err = terms.Draft(all[i], n.book.Load().ReadKey); err != nil {
			return err
		}
	}
	_, err = own.Publisher.Say(ctx, note, statements...)
	n.refreshOwn()
	n.measure()
	return refusal(err)
}

// Retract implements api.Speaker.
func (s speaker) Retract(ctx context.Context, r api.Retract) (api.Said, error) {
	target, err := targetOf(r)
	if err != nil {
		return api.Said{}, err
	}
	terms, err := s.Terms()
	if err != nil {
		return api.Said{}, refusal(err)
	}
	one, err := terms.Retract(target, r.Reason)
	if err != nil {
		return api.Said{}, api.Errorf(api.BadInput, "%v", err)
	}
	return s.speak(ctx, terms, r.Preview, one)
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
		ref, err := taxonomy.ParseRef(r.Ref)
		if err != nil {
			return hand.Target{}, api.Errorf(api.BadInput, "%v", err)
		}
		return hand.Statement(ref), nil
	case r.Batch != "":
		c, err := batchCID(r.Batch)
		if err != nil {
			return hand.Target{}, err
		}
		return hand.Batch(c), nil
	}
	id, err := publication.ParseID(r.Publication)
	if err != nil {
		return hand.Target{}, api.Errorf(api.BadInput, "%v", err)
	}
	return hand.Publication(assertion.PublicationID(id)), nil
}

func batchCID(s string) (cid.Cid, error) {
	c, err := cid.Decode(s)
	if err == nil {
		c, err = taxonomy.CIDFromBytes(c.Bytes())
	}
	if err != nil {
		return cid.Undef, api.Errorf(api.BadInput, "%.60q is no batch: %v", s, err)
	}
	return c, nil
}

// speak previews a statement, and says it unless only that was asked.
func (s speaker) speak(ctx context.Context, t hand.Terms, previewOnly bool, one assertion.Statement) (api.Said, error) {
	p, err := s.Preview(one)
	if err != nil {
		return api.Said{}, refusal(err)
	}
	out := api.Said{Preview: previewOnly, Statements: []string{}, Undone: p.Undone, Changed: len(p.Changes), Changes: answer.Changes(p.Changes)}
	if len(p.Void) > 0 {
		why := p.Void[0].Reason.String()
		if p.Void[0].Reason == view.ReasonLongLived {
			why += fmt.Sprintf(": a %s of today may last until %s", one.Kind, t.Latest(one.Kind))
		}
		return api.Said{}, api.Errorf(api.Refused, "nothing was signed: the statement would be void: %s", why)
	}
	if !previewOnly {
		said, err := s.Publisher.Say(ctx, "", one)
		if err != nil {
			return api.Said{}, refusal(err)
		}
		for _, ref := range said.Statements {
			out.Statements = append(out.Statements, ref.String())
		}
		if said.Queued != "" {
			out.Queued, out.Publication, out.Note = true, said.Publication.String(), said.Queued
		}
		s.n.refreshOwn()
		s.n.measure()
	}
	if out.Note == "" {
		out.Note = answer.WhyNoChange(&p, &one)
	}
	out.List = s.n.stamp()
	return out, nil
}

// Publications implements api.Speaker.
func (s speaker) Publications(context.Context) ([]api.Publication, error) {
	all, err := s.Publisher.Publications()
	if err != nil {
		return nil, refusal(err)
	}
	out := []api.Publication{}
	for _, p := range slices.Backward(all) { // newest first
		out = append(out, api.Publication{
			ID: p.ID.String(), State: string(p.State), File: p.File, Mapping: p.Mapping, Digest: p.Digest,
			Statements: p.Statements, Unchanged: p.Unchanged, Refused: p.Refused, Begun: p.Begun, Ended: p.Ended,
		})
	}
	return out, nil
}

// Lift implements api.Speaker.
func (s speaker) Lift(ctx context.Context, head string) error {
	c := cid.Undef
	if head != "" && head != api.NoHead {
		var err error
		if c, err = batchCID(head); err != nil {
			return err
		}
	}
	if err := s.Publisher.Lift(c, feed.Stolen); err != nil {
		return refusal(err)
	}
	return refusal(s.n.drain(ctx, s.Publisher))
}

// refusal gives an error of the floors below the kind that callers act on.
func refusal(err error) error {
	var known *api.Error
	var void *publish.VoidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.As(err, &void), errors.Is(err, feed.ErrBarred), errors.Is(err, publication.ErrUnfinished), errors.Is(err, publish.ErrClock), errors.Is(err, publish.ErrHeld),
		errors.Is(err, publish.ErrNotIssuer), errors.Is(err, publish.ErrOtherHead), errors.Is(err, publish.ErrDamaged), errors.Is(err, disk.ErrDiskFull):
		return api.Errorf(api.Refused, "%v", err)
	case errors.Is(err, publication.ErrNone):
		return api.Errorf(api.NotFound, "%v", err)
	}
	return err
}
