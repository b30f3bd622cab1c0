package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/api"
	"ringfence/node/publish"
	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/number"
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

// As returns the voice of another issuer whose feed lies in this node's store:
// the demo's members share one.
func (n *Node) As(key keys.Private) (api.Speaker, error) {
	p, err := n.publisher(key)
	if err != nil {
		return nil, err
	}
	if _, err := p.Recover(); err != nil {
		return nil, err
	}
	return speaker{n, p}, nil
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
	one, err := s.draft(terms, what)
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
		if statements[i], err = own.draft(terms, all[i]); err != nil {
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
	id, err := publish.ParseID(r.Publication)
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

// draft makes a statement of what a person said.
func (s speaker) draft(t hand.Terms, what api.Say) (assertion.Statement, error) {
	if what.Kind == assertion.KindAnswer.String() {
		ref, err := taxonomy.ParseRef(what.Subject)
		if err != nil {
			return assertion.Statement{}, api.Errorf(api.BadInput, "%v", err)
		}
		return t.Answer(ref, what.Upheld, what.Reason)
	}
	key, err := s.n.book.Load().ReadKey(what.Subject, what.Country)
	if err != nil {
		return assertion.Statement{}, err
	}
	var category taxonomy.Category
	if what.Category != "" {
		if category, err = taxonomy.ParseCategory(what.Category); err != nil {
			return assertion.Statement{}, api.Errorf(api.BadInput, "%v", err)
		}
	}
	var d dates
	var one assertion.Statement
	switch what.Kind {
	case assertion.KindFlag.String():
		one, err = draftFlag(t, what, hand.Flag{Key: key, Category: category}, &d)
	case assertion.KindBlock.String():
		one, err = draftBlock(t, what, hand.Block{Key: key, Category: category}, &d)
	default:
		one, err = s.draftHolder(t, what, key, &d)
	}
	if err = errors.Join(d.err, err); err != nil {
		return assertion.Statement{}, asInput(err)
	}
	return one, nil
}

func draftFlag(t hand.Terms, what api.Say, f hand.Flag, d *dates) (assertion.Statement, error) {
	f.Label, f.Confidence, f.Reports = what.Label, what.Confidence, what.Reports
	f.SeenFrom, f.SeenTo, f.Expires = d.read(what.FirstSeen), d.read(what.LastSeen), d.read(what.Expires)
	switch {
	case d.err != nil:
		return assertion.Statement{}, d.err
	case f.Confidence != nil && *f.Confidence > mostPermille:
		return assertion.Statement{}, api.Errorf(api.BadInput, "a confidence of %d permille; the most is %d", *f.Confidence, mostPermille)
	}
	one, err := t.Flag(f)
	if len(what.Derived) > 0 {
		one.Basis = derived(what.Derived)
	}
	return one, err
}

const mostPermille = 1000

func draftBlock(t hand.Terms, what api.Say, b hand.Block, d *dates) (assertion.Statement, error) {
	b.Reason, b.Expires = what.Reason, d.read(what.Expires)
	switch what.Scope {
	case "own":
		b.Scope = assertion.ScopeOwn
	case "ask", "":
		b.Scope = assertion.ScopeAsk
	default:
		return assertion.Statement{}, api.Errorf(api.BadInput, "%.40q is no scope of a block; want own or ask", what.Scope)
	}
	if d.err != nil {
		return assertion.Statement{}, d.err
	}
	return t.Block(b)
}

// draftHolder makes a statement of those who hold a number.
func (s speaker) draftHolder(t hand.Terms, what api.Say, key number.Range, d *dates) (assertion.Statement, error) {
	switch what.Kind {
	case assertion.KindReassign.String():
		n, ok := key.Number()
		if !ok {
			return assertion.Statement{}, api.Errorf(api.BadInput, "a reassign is about one number, not a range")
		}
		date := t.Now
		if what.Date != "" {
			date = d.read(what.Date)
		}
		return t.Reassign(n, date)
	case assertion.KindContest.String():
		return t.Contest(key, what.Reason)
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

// dates reads the times of a statement; the first failure sticks.
type dates struct{ err error }

func (d *dates) read(s string) int64 {
	if s == "" {
		return 0
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err == nil && t.Unix() > 0 {
			return t.Unix()
		}
		if err == nil && d.err == nil {
			d.err = api.Errorf(api.BadInput, "%q lies before 1970, where no time that is published lies", s)
		}
	}
	if d.err == nil {
		d.err = api.Errorf(api.BadInput, "%q is no time; write it as 2026-11-24 (UTC) or 2026-11-24T10:30:00+08:00", s)
	}
	return 0
}

// mostChanges bounds the changes that an answer lists.
const mostChanges = 100

// speak previews a statement, and says it unless only that was asked.
func (s speaker) speak(ctx context.Context, t hand.Terms, previewOnly bool, one assertion.Statement) (api.Said, error) {
	p, err := s.Preview(one)
	if err != nil {
		return api.Said{}, refusal(err)
	}
	out := api.Said{Preview: previewOnly, Statements: []string{}, Undone: p.Undone, Changed: len(p.Changes), Changes: changes(p.Changes)}
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
		s.n.refreshOwn()
		s.n.measure()
	}
	out.Note = note(&p, &one)
	out.List = s.n.stamp()
	return out, nil
}

func changes(all []view.Change) []api.Change {
	out := []api.Change{}
	for _, c := range all[:min(len(all), mostChanges)] {
		out = append(out, api.Change{Key: c.Key.String(), Before: entryText(c.Before), After: entryText(c.After)})
	}
	return out
}

func entryText(e taxonomy.Entry) string {
	if e.IsZero() {
		return "-"
	}
	text := e.Action.String() + " " + e.Category.String()
	if e.Contested {
		text += " contested"
	}
	return text
}

// note says why nothing changed, if nothing did.
func note(p *view.Preview, s *assertion.Statement) string {
	if body, _ := s.Check(); isOwn(body) {
		return "no evidence for the list, which does not change: calls from there are blocked by local.block on this member's own nodes, and nowhere else; --scope ask asks the regulators"
	}
	if len(p.Changes) > 0 {
		return ""
	}
	switch s.Kind {
	case assertion.KindFlag, assertion.KindBlock:
		return "no entry of the list changes: the evidence stays where it was; explain NUMBER shows what is missing"
	case assertion.KindRetract:
		if p.Undone == 0 {
			return "nothing that is held here is undone; the retraction stands and works on what may still arrive"
		}
		return "no entry of the list changes: what is undone had not decided one"
	}
	return "no entry of the list changes"
}

func isOwn(body assertion.Body) bool {
	b, ok := body.(assertion.Block)
	return ok && b.Scope == assertion.ScopeOwn
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
func (s speaker) Lift(_ context.Context, head string) error {
	c := cid.Undef
	if head != "" && head != "none" {
		var err error
		if c, err = batchCID(head); err != nil {
			return err
		}
	}
	return refusal(s.Publisher.Lift(c))
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
	case errors.As(err, &void), errors.Is(err, feed.ErrBarred), errors.Is(err, publish.ErrUnfinished), errors.Is(err, publish.ErrClock),
		errors.Is(err, publish.ErrNotIssuer), errors.Is(err, publish.ErrOtherHead), errors.Is(err, publish.ErrDamaged), errors.Is(err, disk.ErrDiskFull):
		return api.Errorf(api.Refused, "%v", err)
	case errors.Is(err, publish.ErrNoPublication):
		return api.Errorf(api.NotFound, "%v", err)
	}
	return err
}

func asInput(err error) error {
	var known *api.Error
	if errors.As(err, &known) {
		return known
	}
	return api.Errorf(api.BadInput, "%v", err)
}
