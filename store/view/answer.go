package view

import (
	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// An answer names a contest, not a number. It is filed under the keys of the contest,
// whichever of the two comes first.

// answerTo is an answer: filed under keys, or kept until the contest's batch is here.
type answerTo struct {
	contest cid.Cid
	waiting
	keys []number.Range // none: the contest's batch is not here yet
}

// waiting is an answer to what is not here yet.
type waiting struct {
	row         table.Row
	publication assertion.PublicationID
}

// contestTargets notes what a contest names.
func (j *judge) contestTargets(s *assertion.Statement, r *table.Row) {
	r.From = 0
	body, _ := s.Check()
	c, ok := body.(assertion.Contest)
	if !ok || len(c.Targets) == 0 || r.Void() {
		return
	}
	var refs []taxonomy.Ref
	for _, target := range c.Targets {
		ref, err := taxonomy.RefFromBytes(target)
		if err != nil {
			return // Check has seen to that
		}
		refs = append(refs, ref)
	}
	j.targets = append(j.targets, refs)
	r.From = taxonomy.Day(len(j.w.list.Targets) + len(j.targets))
}

// answer files the answer at index i.
func (j *judge) answer(i int, s *assertion.Statement) {
	r := j.row(i, s, number.Range{})
	if !r.Void() && j.w.list.Fleeting(&j.batch, s) {
		r.Reason = ReasonShortLived
	}
	if r.Void() {
		j.refuse(i, r.Reason)
		return
	}
	ref, err := taxonomy.RefFromBytes(s.Subject.Value)
	if err != nil {
		return // Check has seen to that
	}
	r.Confidence = ref.Index
	to := answerTo{contest: ref.Batch, waiting: waiting{r, j.slots[i].Publication()}}
	if ordinal, held := j.w.ordinals[ref.Batch]; held {
		to.row.From = taxonomy.Day(ordinal)
		to.row.Reason = j.ofSuspended(&j.w.list.Batches[ordinal])
		to.keys = j.w.list.KeysOf(ordinal, ref.Index, assertion.KindContest)
		for _, key := range to.keys {
			j.edits = append(j.edits, table.Edit{Key: key, Row: to.row, Op: table.Add})
		}
		if j.timed = append(j.timed, to.keys...); len(to.keys) == 0 {
			return // no contest
		}
	}
	j.answers = append(j.answers, to)
}

// ofSuspended is the reason of an answer to a contest of a batch: it counts for as little as
// the contest, which other nodes may not hold.
func (j *judge) ofSuspended(contest *list.Batch) Reason {
	if j.w.list.IsFrozen(contest) {
		return ReasonFrozen
	}
	return NotVoid
}

// answered files the answers that came before the contest at index i, under one of its
// keys.
func (j *judge) answered(i uint16, key number.Range) {
	for _, a := range j.w.answers[j.batch.CID] {
		if a.row.Confidence != i {
			continue
		}
		b := &j.w.list.Batches[a.row.Batch]
		a.row.From, a.row.Reason = taxonomy.Day(j.ordinal), j.ofSuspended(&j.batch)
		a.row.UndoneBy = j.undoing(b.CID, a.row.Index, undo.Key{Member: j.w.list.Speakers[b.Speaker].Member, Publication: a.publication})
		j.edits = append(j.edits, table.Edit{Key: key, Row: a.row, Op: table.Add})
		j.answers = append(j.answers, answerTo{contest: j.batch.CID, waiting: a, keys: []number.Range{key}})
	}
}

// note remembers where an answer is filed, or that it waits.
func (a *answerTo) note(w *writer) {
	if len(a.keys) == 0 {
		w.answers[a.contest] = append(w.answers[a.contest], a.waiting)
		return
	}
	if int(a.row.Batch) == len(w.list.Batches)-1 {
		return // its own batch is being filed
	}
	w.timed[a.row.Batch] = append(w.timed[a.row.Batch], a.keys...)
	if w.list.Batches[a.row.Batch].Cover != 0 {
		w.unticked = append(w.unticked, a.row.Batch)
	}
}
