package view

import (
	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/taxonomy"
)

// A retraction undoes what any issuer of the same member said: one statement,
// a batch, or a publication. It has the same effect whether it comes before or
// after what it undoes, and it is never undone itself: a retracted flag is
// said again, under a new publication ID. Retractions beyond the charter's
// daily share wait for an anchor once the ledger has one; before that they
// work at once.

// retract rules on the retract statement at index i.
func (j *judge) retract(i int, s *assertion.Statement) error {
	body, reason := j.w.list.judgeRetract(&j.batch, s)
	if reason != NotVoid {
		j.void++
		return nil
	}
	j.undoings = append(j.undoings, undoing{j.ordinal, uint16(i)})
	by := uint32(len(j.w.list.undoings) + len(j.undoings))
	switch body.Kind {
	case assertion.TargetStatement:
		ref, err := taxonomy.RefFromBytes(body.Target)
		if err != nil {
			return err
		}
		return j.undoIn(ref.Batch, int32(ref.Index), by)
	case assertion.TargetBatch:
		c, err := taxonomy.CIDFromBytes(body.Target)
		if err != nil {
			return err
		}
		return j.undoIn(c, wholeBatch, by)
	}
	return j.undoDelivery(deliveryKey{j.member, assertion.PublicationID(body.Target)}, by)
}

// judgeRetract tells whether a retract statement works, apart from whose its
// target is, which may not be known yet.
func (l *List) judgeRetract(b *batch, s *assertion.Statement) (assertion.Retract, Reason) {
	body, reason := s.Check()
	if reason != assertion.Sound {
		return assertion.Retract{}, Reason(reason)
	}
	retract, ok := body.(assertion.Retract)
	switch {
	case b.speaker == nobody:
		return retract, ReasonNotIssuer
	case l.isFrozen(b):
		return retract, ReasonFrozen
	case !ok:
		return retract, ReasonAudience
	case !l.state.May(l.speakers[b.speaker].member, s.Kind):
		return retract, ReasonRole
	}
	return retract, NotVoid
}

// undoIn undoes a statement of a batch, or all of it. What it says about a
// batch that is not here yet is noted for its arrival.
func (j *judge) undoIn(target cid.Cid, index int32, by uint32) error {
	ordinal, held := j.w.ordinals[target]
	if !held {
		j.undone = append(j.undone, undoneIn{target, undo{member: j.member, index: index, undoneBy: by}})
		return nil
	}
	b := &j.w.list.batches[ordinal]
	if b.speaker == nobody || j.w.list.speakers[b.speaker].member != j.member {
		return nil // said by another member: void, see Told
	}
	return j.undoRows(ordinal, by, func(i int, _ *assertion.Slot) bool { return index == wholeBatch || int(index) == i })
}

func (j *judge) undoDelivery(key deliveryKey, by uint32) error {
	j.undoneDeliveries = append(j.undoneDeliveries, undoneDelivery{key, by})
	d := j.w.deliveries[key]
	if d == nil || d.undoneBy != 0 {
		return nil
	}
	for _, ordinal := range d.batches {
		if err := j.undoRows(ordinal, by, func(_ int, s *assertion.Slot) bool { return s.Publication() == key.publication }); err != nil {
			return err
		}
	}
	return nil
}

// undoRows edits the rows of those statements of a batch that which picks.
func (j *judge) undoRows(ordinal, by uint32, which func(int, *assertion.Slot) bool) error {
	slots, err := j.w.list.source.slots(j.w.list.batches[ordinal].cid)
	if err != nil {
		return err
	}
	for i := range slots {
		s := slots[i].Statement()
		if s == nil || s.Kind == assertion.KindRetract || !which(i, &slots[i]) {
			continue
		}
		key, ok := s.Key()
		if !ok {
			continue
		}
		for one := range key.Keys() {
			j.edits = append(j.edits, edit{key: one, op: opUndo, row: row{batch: ordinal, index: uint16(i), undoneBy: by}})
		}
	}
	return nil
}
