package view

import (
	"iter"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/retract"
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
	live := j.w.accounts.Of(j.batch.Speaker).Live(j.day)
	u := undo.Undoing{Batch: j.ordinal, Speaker: j.batch.Speaker, Index: uint16(i), Live: uint32(max(0, live-j.undoneOwn))}
	name := string(append([]byte{byte(body.Kind)}, body.Target...))
	said, again := j.retracts[name]
	if again {
		u.Own, u.Alone = j.undoings[said.Place].Own, j.undoings[said.Place].Alone
	}
	j.undoings = append(j.undoings, u)
	if !again {
		said = undo.Said{Place: len(j.undoings) - 1, Foreign: !j.undoTarget(&body)}
		j.retracts[name] = said
	}
	if said.Foreign {
		j.refuse(i, ReasonForeign)
	}
}

// undoTarget undoes what the last of j.undoings names; false when that is another
// member's.
func (j *judge) undoTarget(body *assertion.Retract) bool {
	if body.Kind == assertion.TargetPublication {
		key := undo.Key{Member: j.member, Publication: assertion.PublicationID(body.Target)}
		d := j.w.targets.Delivery(key)
		j.dead[key] = j.undo(d.By, d.Spans...)
		return true
	}
	target, index, ok := retract.Named(body)
	return !ok || j.undoIn(undo.Name{Batch: target, Part: undo.Part{Member: j.member, Index: index}})
}

// undoIn undoes a statement of a batch, or all of it. What it says of what has no row to
// tell it, as of a batch that is not here yet, is noted. It is false when the batch is
// another member's.
func (j *judge) undoIn(n undo.Name) bool {
	ordinal, held := j.w.ordinals[n.Batch]
	u := &j.undoings[len(j.undoings)-1]
	u.One = n.Index != undo.WholeBatch
	u.Alone = u.One && (!held || j.w.list.Batches[ordinal].Speaker != j.batch.Speaker)
	of := j.w.targets.Named(n)
	if !held {
		j.named[n] = j.undo(of)
		return true
	}
	b := &j.w.list.Batches[ordinal]
	if b.Speaker == list.Nobody || j.w.list.Speakers[b.Speaker].Member != j.member {
		return false
	}
	filed := false
	if u.One && of == 0 {
		of, filed = j.w.reach().One(ordinal, uint16(n.Index))
	}
	if by := j.undo(of, retract.Span(ordinal, n.Index)); !filed {
		j.named[n] = by
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

// undo undoes a target, which was retracted before if of is not 0, and returns the first
// undoing of it. What an issuer undid before it undoes again at no cost.
func (j *judge) undo(of undo.By, spans ...undo.Span) undo.By {
	u := &j.undoings[len(j.undoings)-1]
	if u.Of = of; of == 0 {
		u.Of = j.w.list.Undo.ByNext(len(j.undoings) - 1)
	}
	j.here[u.Of] = struct{}{}
	if of != 0 && !u.One && j.w.list.Undo.By(of, j.batch.Speaker) {
		u.Own = j.w.targets.LiveAfter(of, j.batch.Speaker, j.day)
		return of
	}
	for _, s := range spans {
		for one := range j.w.reach().Within(s) {
			j.undoOne(u, of == 0, &one)
		}
	}
	return u.Of
}

// undoOne undoes a statement. A flag of the issuer's own is counted: each time as what the
// retraction undoes, though others undid it before, for those may have to wait and a
// repeated one must not wait less; once as what lives no more.
func (j *judge) undoOne(u *undo.Undoing, first bool, one *retract.Found) {
	if first {
		for _, key := range one.Keys {
			j.edits = append(j.edits, table.Edit{Key: key, Op: table.Undo, Row: table.Row{Batch: one.Batch, Index: one.Index, UndoneBy: u.Of}})
		}
	}
	speaker := j.w.list.Batches[one.Batch].Speaker
	if !one.Flag() {
		return
	}
	if first && !u.One {
		j.live(u.Of, speaker, one.Until)
	}
	if speaker != j.batch.Speaker || one.Until <= j.day {
		return
	}
	u.Own++
	at := undo.Span{Batch: one.Batch, First: one.Index, Last: one.Index}
	if _, again := j.undoneHere[at]; !again && !one.Erased && j.w.list.Counted(one.Row) {
		j.undoneHere[at] = struct{}{}
		j.ends[one.Until]--
		j.undoneOwn++
	}
}

// live counts a flag of a target that is retracted.
func (j *judge) live(of undo.By, speaker uint32, until taxonomy.Day) {
	lives := j.lives[of]
	lives.Add(speaker, until, 1)
	j.lives[of] = lives
}
