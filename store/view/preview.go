package view

import (
	"maps"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Preview is what statements would do if an issuer said them now.
type Preview struct {
	Void    []VoidAt
	Changes []Change // entries that would become others, ascending by key
	Before  Counts
	After   Counts
	// Undone counts the statements that retractions among them would undo.
	Undone int
}

// VoidAt is a statement that would be void.
type VoidAt struct {
	Index  int
	Reason Reason
}

// Change is an entry that would become another.
type Change struct {
	Key           number.Range
	Before, After taxonomy.Entry
}

// Preview tells what statements would do to the list if issuer said them at
// time now, under the given publication ID. Nothing is changed. They may be
// more than a batch holds.
func (v *View) Preview(issuer keys.Public, now int64, publication assertion.PublicationID, statements []assertion.Statement) (Preview, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.w
	real, trial := w.list, *w.list
	trial.batches = slices.Clip(trial.batches)
	trial.undoings = slices.Clip(trial.undoings)
	w.list = &trial
	defer func() { w.list = real }()

	p := Preview{Before: real.Counts(), After: real.Counts()}
	changed := make(map[number.Range]Change)
	spentBefore := make(map[spendKey]spent)
	for first := 0; first < len(statements); first += assertion.MaxStatements {
		part := statements[first:min(first+assertion.MaxStatements, len(statements))]
		slots, err := trialSlots(publication, part)
		if err != nil {
			return Preview{}, err
		}
		j := w.newJudge(issuer, feed.Tip{Time: now}, slots)
		j.spent = maps.Clone(spentBefore)
		j.judge()
		spentBefore = j.spent
		p.add(j, first)
		trial.batches = append(trial.batches, j.batch)
		trial.undoings = append(trial.undoings, j.undoings...)
		var moves []moved
		trial.table, moves = trial.table.apply(j.edits, w)
		for _, m := range moves {
			p.move(m, changed)
		}
	}
	p.After.Keys = trial.table.keys
	p.finish(changed)
	return p, nil
}

func trialSlots(publication assertion.PublicationID, statements []assertion.Statement) ([]assertion.Slot, error) {
	slots := make([]assertion.Slot, 0, len(statements))
	for i := range statements {
		encoded, err := statements[i].Encode()
		if err != nil {
			return nil, err
		}
		slot, err := assertion.NewSlot(publication, assertion.Salt{}, encoded)
		if err != nil {
			return nil, err
		}
		slots = append(slots, slot)
	}
	return slots, nil
}

func (p *Preview) add(j *judge, first int) {
	p.After.take(j)
	slices.SortFunc(j.voids, func(a, b VoidAt) int { return a.Index - b.Index })
	for _, v := range j.voids {
		p.Void = append(p.Void, VoidAt{first + v.Index, v.Reason})
	}
	for i := range j.edits {
		if j.edits[i].op == opUndo && !j.w.list.undone(&j.edits[i]) {
			p.Undone++
		}
	}
}

// undone reports whether the statement that an edit would undo is so already.
func (l *List) undone(e *edit) bool {
	_, rows := l.table.find(e.key)
	return slices.ContainsFunc(rows, func(r row) bool {
		return r.batch == e.row.batch && r.index == e.row.index && r.undoneBy != 0
	})
}

func (p *Preview) move(m moved, changed map[number.Range]Change) {
	if m.entry == m.from {
		return
	}
	p.After.move(m.from, m.entry)
	c, again := changed[m.key]
	if !again {
		c = Change{Key: m.key, Before: m.from}
	}
	c.After = m.entry
	changed[m.key] = c
}

func (p *Preview) finish(changed map[number.Range]Change) {
	for _, c := range changed {
		if c.Before != c.After {
			p.Changes = append(p.Changes, c)
		}
	}
	slices.SortFunc(p.Changes, func(a, b Change) int { return a.Key.Compare(b.Key) })
}
