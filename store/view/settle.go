package view

import (
	"ringfence/store/assertion"
	"ringfence/store/harmonise"
	"ringfence/store/taxonomy"
)

// memoPatterns bounds how many patterns of evidence the writer remembers.
// A publisher's file has few: the same counts and days again and again.
const memoPatterns = 1 << 14

// settle recomputes one key: the entry on the list's day (zero when there is
// none) and the first later day on which it differs.
func (w *writer) settle(rows []row) (taxonomy.Entry, taxonomy.Day) {
	w.evidence = w.list.gather(w.evidence[:0], rows)
	if len(w.evidence) == 0 {
		return taxonomy.Entry{}, taxonomy.NeverDay
	}
	// A contest is open from its anchor, and there are no anchors yet.
	const contest = false
	entry, listed, next := w.memo.Settle(w.evidence, w.list.stamp.Day, contest)
	if !listed {
		return taxonomy.Entry{}, next
	}
	return entry, next
}

// gather appends the evidence among rows: what may count on some day.
func (l *List) gather(evidence []harmonise.Evidence, rows []row) []harmonise.Evidence {
	handed := lastReassign(rows)
	for i := range rows {
		if r := &rows[i]; l.evident(r, handed) {
			evidence = append(evidence, l.evidenceOf(r))
		}
	}
	return evidence
}

// lastReassign returns the latest date on which the number changed hands; day
// 0 when it never did. The decision outlives the statement's expiry.
func lastReassign(rows []row) taxonomy.Day {
	var last taxonomy.Day
	for i := range rows {
		r := &rows[i]
		if r.kind == assertion.KindReassign && !r.void() && r.undoneBy == 0 {
			last = max(last, r.since)
		}
	}
	return last
}

// evident reports whether r is evidence that is not dead for good: a flag or
// an asking block, not void, retracted or derived, and observed wholly since
// the number last changed hands.
func (l *List) evident(r *row, handed taxonomy.Day) bool {
	switch {
	case r.kind != assertion.KindFlag && r.kind != assertion.KindBlock:
		return false
	case r.own, r.void(), r.derived, r.undoneBy != 0, r.since < handed:
		return false
	}
	return true
}

func (l *List) evidenceOf(r *row) harmonise.Evidence {
	b := &l.batches[r.batch]
	s := &l.speakers[b.speaker]
	return harmonise.Evidence{
		Group: s.group, Weight: s.weight,
		Category: r.category, Confidence: r.confidence,
		LastSeen: r.lastSeen, BatchTime: b.time,
		From: r.from, Until: r.until,
		IssuerRank: b.speaker, Epoch: b.epoch, Sequence: b.sequence, Index: r.index,
	}
}
