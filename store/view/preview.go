package view

import (
	"maps"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/table"
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
	real, trial, stale := w.list, *w.list, w.stale
	trial.Batches = slices.Clip(trial.Batches)
	trial.Undo.Clip()
	trial.Targets, trial.Ports = slices.Clip(trial.Targets), slices.Clip(trial.Ports)
	w.list = &trial
	defer func() { w.list, w.stale = real, stale }()

	p := Preview{Before: real.Counts(), After: real.Counts()}
	changed := make(map[number.Range]Change)
	spentBefore := make(map[spendKey]spent)
	at := FeedEpoch{Issuer: issuer, Epoch: w.list.Charter.OpenEpoch(issuer).Number}
	for first := 0; first < len(statements); first += assertion.MaxStatements {
		part := statements[first:min(first+assertion.MaxStatements, len(statements))]
		slots, err := trialSlots(publication, part)
		if err != nil {
			return Preview{}, err
		}
		j := w.newJudge(issuer, feed.Tip{Epoch: at.Epoch, Sequence: w.lines.Len(at), Time: now}, slots)
		j.spent = maps.Clone(spentBefore)
		j.judge()
		spentBefore = j.spent
		p.add(j, first)
		trial.Batches = append(trial.Batches, j.batch)
		earlier, before := trial.Undo, trial
		trial.Undo.Add(false, j.undoings...)
		trial.Targets, trial.Ports = append(trial.Targets, j.targets...), append(trial.Ports, j.ports...)
		var moves []table.Moved
		places := make([]uint32, len(j.undoings))
		for i := range places {
			places[i] = uint32(len(earlier.All) + i)
		}
		edits := w.reach().Moved(&earlier, places, j.edits)
		p.countUndone(&before, edits)
		trial.Table, moves = trial.Table.Apply(edits, w)
		for _, m := range moves {
			p.move(m, changed)
		}
	}
	p.After.Keys = trial.Table.Keys
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
	j.count(&p.After)
	slices.SortFunc(j.voids, func(a, b VoidAt) int { return a.Index - b.Index })
	for _, v := range j.voids {
		p.Void = append(p.Void, VoidAt{first + v.Index, v.Reason})
	}
}

// countUndone counts what edits undo that is not undone in the list before them.
func (p *Preview) countUndone(before *List, edits []table.Edit) {
	for i := range edits {
		if edits[i].Op != table.Add && !before.IsUndone(&edits[i]) {
			p.Undone++
		}
	}
}

func (p *Preview) move(m table.Moved, changed map[number.Range]Change) {
	if m.Entry == m.From {
		return
	}
	p.After.Move(m.From, m.Entry)
	c, again := changed[m.Key]
	if !again {
		c = Change{Key: m.Key, Before: m.From}
	}
	c.After = m.Entry
	changed[m.Key] = c
}

func (p *Preview) finish(changed map[number.Range]Change) {
	for _, c := range changed {
		if c.Before != c.After {
			p.Changes = append(p.Changes, c)
		}
	}
	slices.SortFunc(p.Changes, func(a, b Change) int { return a.Key.Compare(b.Key) })
}
