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
	u := undo.Undoing{Batch: j.ordinal, Index: uint16(i), Live: uint32(max(0, live-j.undoneOwn))}
	name := string(append([]byte{byte(body.Kind)}, body.Target...))
	said, again := j.retracts[name]
	if again {
		u.Own, u.Alone = j.undoings[said.Place].Own, j.undoings[said.Place].Alone
	}
	j.undoings = append(j.undoings, u)
	if !again {
		said = undo.Said{Place: len(j.undoings) - 1, Foreign: !j.undoTarget(&body, by)}
		j.retracts[name] = said
	}
	if said.Foreign {
		j.refuse(i, ReasonForeign)
	}
}

// undoTarget undoes what a retraction names; false when that is another member's.
func (j *judge) undoTarget(body *assertion.Retract, by undo.By) bool {
	if body.Kind == assertion.TargetPublication {
		j.undoDelivery(undo.Key{Member: j.member, Publication: assertion.PublicationID(body.Target)}, by)
		return true
	}
	// Check has seen that the target is a batch or a statement of one.
	target, err := taxonomy.CIDFromBytes(body.Target[:taxonomy.CIDSize])
	if err != nil {
		return true
	}
	index := int32(undo.WholeBatch)
	if body.Kind == assertion.TargetStatement {
		index = int32(binary.BigEndian.Uint16(body.Target[taxonomy.CIDSize:]))
	}
	return j.undoIn(target, index, by)
}

// undoIn undoes a statement of a batch, or all of it. What it says about a
// batch that is not here yet is noted for its arrival. It is false when the
// batch is another member's.
func (j *judge) undoIn(target cid.Cid, index int32, by undo.By) bool {
	ordinal, held := j.w.ordinals[target]
	j.undoings[len(j.undoings)-1].Alone = index != undo.WholeBatch && (!held || j.w.list.Batches[ordinal].Speaker != j.batch.Speaker)
	if !held {
		j.named = append(j.named, undo.Named{Batch: target, Member: j.member, Index: index, By: by})
		return true
	}
	b := &j.w.list.Batches[ordinal]
	if b.Speaker == list.Nobody || j.w.list.Speakers[b.Speaker].Member != j.member {
		return false
	}
	if j.w.awaits(ordinal) {
		j.named = append(j.named, undo.Named{Batch: target, Member: j.member, Index: index, By: by})
	}
	if index == undo.WholeBatch {
		j.undoRows(undo.Span{Batch: ordinal, Last: math.MaxUint16}, by)
	} else {
		j.undoRows(undo.Span{Batch: ordinal, First: uint16(index), Last: uint16(index)}, by)
	}
	return true
}

// Delivered yields what a member ever said under a publication ID, as far as the view
// has followed, whether it stands or not. What cannot be read is Unreadable.
func (v *View) Delivered(member charter.MemberIndex, id assertion.PublicationID) iter.Seq[Told] {
	v.mu.Lock()
	l := v.List()
	spans := slices.Clip(v.w.targets.Delivery(undo.Key{Member: member, Publication: id}).Spans)
	v.mu.Unlock()
	return func(yield func(Told) bool) {
		for _, s := range spans {
			for i := int(s.First); i <= int(s.Last) && i < int(l.Batches[s.Batch].Count); i++ {
				if !yield(l.Read(&table.Row{Batch: s.Batch, Index: uint16(i)})) {
					return
				}
			}
		}
	}
}

func (j *judge) undoDelivery(key undo.Key, by undo.By) {
	j.undoneDeliveries = append(j.undoneDeliveries, undoneDelivery{key, by})
	for _, s := range j.w.targets.Delivery(key).Spans {
		j.undoRows(s, by)
	}
}

// undoRows edits the rows of a run of statements. Their keys are read from the
// batch; when that cannot be read any more, they are sought among the rows
// themselves, which takes longer: damage to what was said must not keep a
// member from undoing it.
func (j *judge) undoRows(s undo.Span, by undo.By) {
	l := j.w.list
	slots, err := l.Source.Slots(l.Batches[s.Batch].CID)
	if err != nil {
		l.Table.Each(func(p *table.Place, r *table.Row) {
			if r.Batch == s.Batch && r.Index >= s.First && r.Index <= s.Last {
				j.undoAt(p.Key, s.Batch, r.Index, by)
			}
		})
		return
	}
	for i := int(s.First); i < len(slots) && i <= int(s.Last); i++ {
		one := slots[i].Statement()
		if one == nil {
			continue
		}
		if key, ok := one.Key(); ok {
			j.countOwn(key, s.Batch, uint16(i))
			for k := range key.Keys() {
				j.undoAt(k, s.Batch, uint16(i), by)
			}
		}
		for _, k := range j.keysAnswered(one) {
			j.undoAt(k, s.Batch, uint16(i), by)
		}
	}
}

// countOwn counts a statement that is undone if it is a flag of the issuer's own: each time
// as what the retraction undoes, though others undid it before, for those may have to wait
// and a repeated one must not wait less; once as what lives no more.
func (j *judge) countOwn(key number.Range, batch uint32, index uint16) {
	l := j.w.list
	r := l.SharedRow(key, batch, index)
	if r == nil || l.Batches[batch].Speaker != j.batch.Speaker || r.Until <= j.day {
		return
	}
	j.undoings[len(j.undoings)-1].Own++
	at := undo.Span{Batch: batch, First: index, Last: index}
	if _, again := j.undoneHere[at]; !again && l.Counted(r) {
		j.undoneHere[at] = struct{}{}
		j.ends[r.Until]--
		j.undoneOwn++
	}
}

func (j *judge) undoAt(key number.Range, batch uint32, index uint16, by undo.By) {
	j.edits = append(j.edits, table.Edit{Key: key, Op: table.Undo, Row: table.Row{Batch: batch, Index: index, UndoneBy: by}})
}
