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
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// A retraction undoes what any issuer of the same member said: one statement,
// a batch, or a publication. It has the same effect whether it comes before or
// after what it undoes, and it is never undone itself: a retracted flag is
// said again, under a new publication ID. Retractions beyond the charter's
// daily share wait for an anchor once the ledger has one; before that they
// work at once.

// retract rules on the retract statement at index i.
func (j *judge) retract(i int, s *assertion.Statement) {
	body, reason := j.w.list.JudgeRetract(&j.batch, s)
	if reason != NotVoid {
		j.refuse(i, reason)
		return
	}
	by := j.w.list.Undo.ByNext(len(j.undoings))
	live := j.w.accounts.Of(j.batch.Speaker).Live(j.day)
	j.undoings = append(j.undoings, undo.Undoing{Batch: j.ordinal, Index: uint16(i), Live: uint32(max(0, live-j.undoneOwn))})
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

// undoIn undoes a statement of a batch, or all of it. What it says about a
// batch that is not here yet is noted for its arrival. It is false when the
// batch is another member's.
func (j *judge) undoIn(target cid.Cid, index int32, by undo.By) bool {
	ordinal, held := j.w.ordinals[target]
	j.undoings[len(j.undoings)-1].Alone = index != wholeBatch && (!held || j.w.list.Batches[ordinal].Speaker != j.batch.Speaker)
	if !held {
		j.undone = append(j.undone, undoneIn{target, undone{member: j.member, index: index, undoneBy: by}})
		return true
	}
	b := &j.w.list.Batches[ordinal]
	if b.Speaker == list.Nobody || j.w.list.Speakers[b.Speaker].Member != j.member {
		return false
	}
	if j.w.awaits(ordinal) {
		j.undone = append(j.undone, undoneIn{target, undone{member: j.member, index: index, undoneBy: by}})
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
			for i := int(s.first); i <= int(s.last) && i < int(l.Batches[s.batch].Count); i++ {
				if !yield(l.Read(&table.Row{Batch: s.batch, Index: uint16(i)})) {
					return
				}
			}
		}
	}
}

func (j *judge) undoDelivery(key deliveryKey, by undo.By) {
	j.undoneDeliveries = append(j.undoneDeliveries, undoneDelivery{key, by})
	d := j.w.deliveries[key]
	if d == nil {
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
func (j *judge) undoRows(s span, by undo.By) {
	l := j.w.list
	slots, err := l.Source.Slots(l.Batches[s.batch].CID)
	if err != nil {
		l.Table.Each(func(p *table.Place, r *table.Row) {
			if r.Batch == s.batch && r.Index >= s.first && r.Index <= s.last {
				j.undoAt(p.Key, s.batch, r.Index, by)
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
			j.countOwn(key, s.batch, uint16(i))
			for k := range key.Keys() {
				j.undoAt(k, s.batch, uint16(i), by)
			}
		}
		for _, k := range j.keysAnswered(one) {
			j.undoAt(k, s.batch, uint16(i), by)
		}
	}
}

// countOwn counts a statement that is undone if it is a live flag of the issuer's own.
func (j *judge) countOwn(key number.Range, batch uint32, index uint16) {
	l := j.w.list
	if l.Batches[batch].Speaker != j.batch.Speaker {
		return
	}
	for key = range key.Keys() {
		break // the rows under all its keys are alike
	}
	_, rows := l.Table.Find(key)
	for i := range rows {
		r := &rows[i]
		at := span{batch, index, index}
		if r.Batch != batch || r.Index != index || r.Until <= j.day || !l.Counted(r) {
			continue
		}
		if _, again := j.undoneHere[at]; again {
			continue
		}
		j.undoneHere[at] = struct{}{}
		j.ends[r.Until]--
		j.undoneOwn++
		j.undoings[len(j.undoings)-1].Own++
	}
}

func (j *judge) undoAt(key number.Range, batch uint32, index uint16, by undo.By) {
	j.edits = append(j.edits, table.Edit{Key: key, Op: table.Undo, Row: table.Row{Batch: batch, Index: index, UndoneBy: by}})
}
