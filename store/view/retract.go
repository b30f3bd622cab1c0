package view

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// A retraction undoes what any issuer of the same member said: one statement,
// a batch, or a publication. It has the same effect whether it comes before or
// after what it undoes, and it is never undone itself: a retracted flag is
// said again, under a new publication ID. Retractions beyond the charter's
// daily share wait for an anchor once the ledger has one; before that they
// work at once.

// retract rules on the retract statement at index i.
func (j *judge) retract(i int, s *assertion.Statement) {
	body, reason := j.w.list.judgeRetract(&j.batch, s)
	if reason != NotVoid {
		j.refuse(i, reason)
		return
	}
	j.undoings = append(j.undoings, undoing{j.ordinal, uint16(i)})
	by := uint32(len(j.w.list.undoings) + len(j.undoings))
	if body.Kind == assertion.TargetPublication {
		j.undoDelivery(deliveryKey{j.member, assertion.PublicationID(body.Target)}, by)
		return
	}
	// Check has seen that the target is a batch or a statement of one.
	target, err := taxonomy.CIDFromBytes(body.Target[:taxonomy.CIDSize])
	if err != nil {
		return
	}
	index := int32(wholeBatch)
	if body.Kind == assertion.TargetStatement {
		index = int32(binary.BigEndian.Uint16(body.Target[taxonomy.CIDSize:]))
	}
	if !j.undoIn(target, index, by) {
		j.refuse(i, ReasonForeign)
	}
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
	case s.Subject.Kind == assertion.SubjectMember && string(s.Subject.Value) != l.state.Member(l.speakers[b.speaker].member).ID:
		return retract, ReasonForeign
	}
	return retract, NotVoid
}

// undoIn undoes a statement of a batch, or all of it. What it says about a
// batch that is not here yet is noted for its arrival. It is false when the
// batch is another member's.
func (j *judge) undoIn(target cid.Cid, index int32, by uint32) bool {
	ordinal, held := j.w.ordinals[target]
	if !held {
		j.undone = append(j.undone, undoneIn{target, undo{member: j.member, index: index, undoneBy: by}})
		return true
	}
	b := &j.w.list.batches[ordinal]
	if b.speaker == nobody || j.w.list.speakers[b.speaker].member != j.member {
		return false
	}
	if index == wholeBatch {
		j.undoRows(span{ordinal, 0, math.MaxUint16}, by)
	} else {
		j.undoRows(span{ordinal, uint16(index), uint16(index)}, by)
	}
	return true
}

// Delivered yields what a member ever said under a publication ID, as far as the view
// has followed, whether it stands or not. What cannot be read is Unreadable.
func (v *View) Delivered(member charter.MemberIndex, id assertion.PublicationID) iter.Seq[Told] {
	v.mu.Lock()
	l := v.List()
	var spans []span
	if d := v.w.deliveries[deliveryKey{member, id}]; d != nil {
		spans = slices.Clone(d.spans)
	}
	v.mu.Unlock()
	return func(yield func(Told) bool) {
		for _, s := range spans {
			for i := int(s.first); i <= int(s.last) && i < int(l.batches[s.batch].count); i++ {
				if !yield(l.told(&row{batch: s.batch, index: uint16(i)})) {
					return
				}
			}
		}
	}
}

func (j *judge) undoDelivery(key deliveryKey, by uint32) {
	j.undoneDeliveries = append(j.undoneDeliveries, undoneDelivery{key, by})
	d := j.w.deliveries[key]
	if d == nil || d.undoneBy != 0 {
		return
	}
	for _, s := range d.spans {
		j.undoRows(s, by)
	}
}

// undoRows edits the rows of a run of statements. Their keys are read from the
// batch; when that cannot be read any more, they are sought among the rows
// themselves, which takes longer: damage to what was said must not keep a
// member from undoing it.
func (j *judge) undoRows(s span, by uint32) {
	l := j.w.list
	slots, err := l.source.Slots(l.batches[s.batch].cid)
	if err != nil {
		l.table.each(func(p *place, r *row) {
			if r.batch == s.batch && r.index >= s.first && r.index <= s.last {
				j.undoAt(p.key, s.batch, r.index, by)
			}
		})
		return
	}
	for i := int(s.first); i < len(slots) && i <= int(s.last); i++ {
		one := slots[i].Statement()
		if one == nil {
			continue
		}
		if key, ok := one.Key(); ok {
			for k := range key.Keys() {
				j.undoAt(k, s.batch, uint16(i), by)
			}
		}
	}
}

func (j *judge) undoAt(key number.Range, batch uint32, index uint16, by uint32) {
	j.edits = append(j.edits, edit{key: key, op: opUndo, row: row{batch: batch, index: index, undoneBy: by}})
}
