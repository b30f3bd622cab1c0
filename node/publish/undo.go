package publish

import (
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/ipfs/go-cid"

	"ringfence/node/phrase"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// ErrNothingToUndo says that what a retraction names is not known here.
var ErrNothingToUndo = errors.New("publish: there is nothing to retract")

// ErrUndone says that what a retraction names is retracted already.
var ErrUndone = errors.New("publish: it is retracted already")

// MayUndo refuses a retraction that a person cannot mean: of what nobody here knows,
// or of what is retracted already. Such a one would be final, and stand for what may
// still arrive; the rules of the list allow that, and Say signs it. Of a publication of
// which nothing is held it is enough that this node has not finished it. MayUndo passes what is no retraction, and
// one that would be void: Say refuses that.
func (p *Publisher) MayUndo(s *assertion.Statement) error {
	who, err := p.speaker()
	if err != nil {
		return err
	}
	body, reason := s.Check()
	undo, ok := body.(assertion.Retract)
	if !ok || reason != assertion.Sound {
		return nil
	}
	t := targetOf(&undo)
	said := t.inBatch(who.list)
	if undo.Kind == assertion.TargetPublication {
		said = p.cfg.View.Delivered(who.member, assertion.PublicationID(undo.Target))
	}
	held, by := t.meets(who.list, said)
	switch {
	case by.Batch.Defined():
		return fmt.Errorf("%w: %w", ErrUndone, phrase.New("undo.again", "nothing was signed, it is retracted already: %s %s, by %s, for good", t.what, t.name, by))
	case held:
		return nil
	case undo.Kind != assertion.TargetPublication:
		return fmt.Errorf("%w: %w", ErrNothingToUndo, phrase.New("undo.not_held", "nothing was signed, there is nothing to retract: %s %s is not held here; ringfence explain NUMBER tells the references of what is", t.what, t.name))
	}
	one, err := p.book.Get(who.id, publication.ID(undo.Target))
	switch unfinished := one.State == publication.Open || one.State == publication.Queued; {
	case errors.Is(err, publication.ErrNone):
		return fmt.Errorf("%w: %w", ErrNothingToUndo, phrase.New("undo.not_own", "nothing was signed, there is nothing to retract: publication %s is none of this member's that is known here; ringfence publications lists yours", t.name))
	case err == nil && !unfinished && one.Statements == 0:
		return fmt.Errorf("%w: %w", ErrNothingToUndo, phrase.New("undo.empty", "nothing was signed, there is nothing to retract: publication %s has no statements; what its file says stands under other IDs, which publishing it again names", t.name))
	}
	return err
}

// target is what a retract, which Check has passed, is about.
type target struct {
	undo        *assertion.Retract
	what, name  string  // for people
	batch       cid.Cid // none of a publication
	first, last uint16  // in the batch
}

func targetOf(undo *assertion.Retract) target {
	t := target{undo: undo}
	switch undo.Kind {
	case assertion.TargetPublication:
		t.what, t.name = "publication", publication.ID(undo.Target).String()
	case assertion.TargetBatch:
		t.batch, _ = taxonomy.CIDFromBytes(undo.Target) // Check has read it
		t.what, t.name, t.last = "batch", t.batch.String(), math.MaxUint16
	case assertion.TargetStatement:
		ref, _ := taxonomy.RefFromBytes(undo.Target) // Check has read it
		t.what, t.name, t.batch, t.first, t.last = "statement", ref.String(), ref.Batch, ref.Index, ref.Index
	}
	return t
}

// inBatch yields what is held of a batch, or the one statement of it.
func (t *target) inBatch(l *view.List) iter.Seq[view.Told] {
	return func(yield func(view.Told) bool) {
		for i := int(t.first); i <= int(t.last); i++ {
			told, ok := l.Told(taxonomy.Ref{Batch: t.batch, Index: uint16(i)})
			if !ok || !yield(told) {
				return
			}
		}
	}
}

// mostLooked bounds the statements of a publication that are looked at, of which it
// may have millions: what was retracted whole shows in the first of them.
const mostLooked = assertion.MaxStatements

// meets reports whether anything of the target is held, and which retract has undone
// it already: one of the very same, or of a batch one of each of its parts, then the
// first. Of a publication the parts do not count, since only the whole ends its ID.
// What has no place in the list, being about no key, is undone by nothing.
func (t *target) meets(l *view.List, said iter.Seq[view.Told]) (held bool, by taxonomy.Ref) {
	looked := 0
	for one := range said {
		held = true
		if _, ok := one.Statement.Key(); !ok {
			continue
		}
		told, _ := l.Told(one.Ref)
		if looked++; looked > mostLooked || !told.RetractedBy.Batch.Defined() {
			return true, taxonomy.Ref{}
		}
		retract, _ := l.Told(told.RetractedBy)
		if undo, ok := retract.Body.(assertion.Retract); ok && undo.Kind == t.undo.Kind && string(undo.Target) == string(t.undo.Target) {
			return true, told.RetractedBy
		}
		if !by.Batch.Defined() && t.batch.Defined() {
			by = told.RetractedBy
		}
	}
	return held, by
}
