package view

import (
	"ringfence/store/assertion"
	"ringfence/store/harmonise"
	"ringfence/store/policy"
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
	entry, _, next := w.memo.Settle(w.evidence, w.list.stamp.Day, contest) // zero when it is not listed
	return entry, next
}

// gather appends the evidence among rows: what may count on some day.
func (l *List) gather(evidence []harmonise.Evidence, rows []row) []harmonise.Evidence {
	handed := l.handovers(rows)
	for i := range rows {
		if r := &rows[i]; l.evident(r, handed) {
			evidence = append(evidence, l.evidenceOf(r))
		}
	}
	return evidence
}

// handover is a valid reassign: the number has a new user since date, and what
// was said before limit about earlier times is void.
type handover struct{ date, limit taxonomy.Day }

// handovers returns the reassigns among rows that are in force. A reassign
// decides for good, but only about what is said before a limit, so far ahead of
// its own expiry that nothing it decided about, nor anything that a repetition
// of it would have decided about, lives when its opening may be erased. So a
// node that holds the opening and one that does not have the same list.
func (l *List) handovers(rows []row) []handover {
	var all []handover
	for i := range rows {
		r := &rows[i]
		if r.kind == assertion.KindReassign && !r.void() && r.undoneBy == 0 {
			all = append(all, handover{r.since, taxonomy.DayOf(l.batches[r.batch].time) + l.reassignReach()})
		}
	}
	return all
}

// reassignReach is for how many days from its batch on a reassign decides about
// what is said.
func (l *List) reassignReach() taxonomy.Day {
	p := l.state.Policy()
	return taxonomy.Day(p.ExpiryDays.Reassign) - taxonomy.Day(max(p.ExpiryMaxDays.Flag, p.ExpiryMaxDays.Block)) - policy.RepeatDays
}

// before reports whether a handover voids r.
func (l *List) before(r *row, handed []handover) bool {
	for _, h := range handed {
		if r.since < h.date && taxonomy.DayOf(l.batches[r.batch].time) < h.limit {
			return true
		}
	}
	return false
}

// evident reports whether r is evidence that is not dead for good: a flag or
// an asking block, not void, retracted or derived, and observed wholly since
// the number last changed hands.
func (l *List) evident(r *row, handed []handover) bool {
	switch {
	case r.kind != assertion.KindFlag && r.kind != assertion.KindBlock:
		return false
	case r.own, r.void(), r.derived, r.undoneBy != 0, l.before(r, handed):
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
