package list

import (
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/harmonise"
	"ringfence/store/number"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/dispute"
	"ringfence/store/view/internal/ratified"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// Decided returns the ratified entry that decides about a key, nil if none does, what it
// says, and the next tick from which that is otherwise; 0 if none.
func (l *List) Decided(key number.Range, rows []table.Row) (by *ratified.Record, entry taxonomy.Entry, tick int64) {
	records := l.Ratified.At(key)
	for i := len(records) - 1; i >= 0; i-- {
		r := &records[i]
		in, next := r.InForce(l.moment())
		lapsed, review := l.reviewed(r, rows)
		tick = Sooner(tick, Sooner(next, review))
		if in && !lapsed && (r.Hand || !r.Category.Class().Nuisance() || !l.Charter.Protected(key)) {
			entry = r.Entry()
			entry.Contested, next = l.disputed(r, rows)
			return r, entry, Sooner(tick, next)
		}
	}
	return nil, taxonomy.Entry{}, tick
}

// since reports whether a row says something of the number itself that an anchor covered
// after an entry was ratified.
func (l *List) since(record *ratified.Record, r *table.Row) bool {
	b := &l.Batches[r.Batch]
	return !r.Void() && b.Cover != 0 && l.Anchors[b.Cover-1].Index >= record.Index && !l.Undone(r)
}

// disputed reports whether a contest of the number is open against a ratified entry, and
// the next time, in Unix seconds, from which that is otherwise; 0 if none is known. It is
// open from its anchor until the regulators have had their time. It ends nothing: they
// revoke, or ratify anew what then stands uncontested. One that names statements is
// against those alone.
func (l *List) disputed(record *ratified.Record, rows []table.Row) (open bool, next int64) {
	for i := range rows {
		r := &rows[i]
		if r.Kind != assertion.KindContest || r.From != 0 || !l.since(record, r) {
			continue
		}
		deadline, ticked := l.reviewEnds(r)
		if ticked && l.moment().Now >= deadline {
			continue
		}
		open, next = true, Sooner(next, Sooner(deadline, l.undoneNext(r)))
	}
	return open, next
}

// reviewEnds returns the time, in Unix seconds, up to which the regulators may act on a
// statement about a ratified number; false while it has no tick.
func (l *List) reviewEnds(r *table.Row) (deadline int64, ticked bool) {
	b := &l.Batches[r.Batch]
	tick, ticked := l.TickOf(b)
	if !ticked {
		return 0, false
	}
	return tick + int64(l.StateOf(b).Policy().ContestHours.Ratified)*3600, true
}

// reviewed reports whether a reassign of the number has lapsed a ratified entry, and else
// the next time, in Unix seconds, at which one does; 0 if none. A reassign that was
// anchored after the entry opens a review from that anchor's tick; what is ratified after
// that anchor confirms, and stands for itself.
func (l *List) reviewed(record *ratified.Record, rows []table.Row) (lapsed bool, next int64) {
	for i := range rows {
		r := &rows[i]
		if r.Kind != assertion.KindReassign || !l.since(record, r) {
			continue
		}
		deadline, ticked := l.reviewEnds(r)
		if ticked && l.moment().Now >= deadline {
			return true, 0
		}
		next = Sooner(next, deadline)
	}
	return false, next
}

// Sooner returns the earlier of two ticks, of which 0 is none.
func Sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Gather appends the evidence among rows: what may count on some day.
func (l *List) Gather(evidence []harmonise.Evidence, rows []table.Row, what *weighed) []harmonise.Evidence {
	for i := range rows {
		if r := &rows[i]; l.evident(r, what) {
			evidence = append(evidence, l.evidenceOf(r))
		}
	}
	return evidence
}

// Undone reports whether a retraction of a row's statement works.
func (l *List) Undone(r *table.Row) bool {
	return r.UndoneBy != 0 && l.Undo.From(r.UndoneBy, l.Batches[r.Batch].Speaker) <= l.moment().Now
}

// undoneBy returns the retraction that undoes a row's statement: of several that work the
// one that was said first, whichever came first.
func (l *List) undoneBy(r *table.Row) (first table.Row, ok bool) {
	for place := range l.Undo.Working(r.UndoneBy, l.moment().Now, l.Batches[r.Batch].Speaker) {
		u := &l.Undo.All[place]
		if one := (table.Row{Batch: u.Batch, Index: u.Index}); !ok || l.Older(&one, &first) {
			first, ok = one, true
		}
	}
	return first, ok
}

// weighed is what was said about a key that decides about evidence.
type weighed struct {
	handed []handover
	voids  []dispute.Void        // by contests
	asked  []charter.MemberIndex // by contests that are open
	Next   int64                 // the next tick, in Unix seconds, on which that differs; 0 for none
}

// Weigh finds what decides about the evidence among rows.
func (l *List) Weigh(rows []table.Row) weighed {
	what := weighed{handed: l.handovers(rows)}
	var c dispute.Case
	for i := range rows {
		l.plead(&rows[i], rows, &c)
		what.Next = Sooner(what.Next, l.undoneNext(&rows[i]))
	}
	if len(c.Contests) > 0 {
		var next int64
		what.voids, what.asked, next = c.Judge(l.publishers(rows), l.moment().Now)
		what.Next = Sooner(what.Next, next)
	}
	return what
}

// plead adds a row to a case if it is a contest or an answer that stands.
func (l *List) plead(r *table.Row, rows []table.Row, c *dispute.Case) {
	if r.Kind != assertion.KindContest && r.Kind != assertion.KindAnswer || r.Void() || l.Undone(r) {
		return
	}
	b := &l.Batches[r.Batch]
	tick, ticked := l.TickOf(b)
	said := taxonomy.DayOf(b.Time)
	switch {
	case r.Kind == assertion.KindAnswer:
		c.Answers = append(c.Answers, dispute.Answer{
			ID: plea(r.Batch, r.Index), Of: plea(uint32(r.From), r.Confidence), By: l.Speakers[b.Speaker].Member, Said: said,
			Ticked: ticked, Tick: tick, Upheld: r.Upheld,
		})
	case b.Cover != 0:
		c.Contests = append(c.Contests, l.contest(r, rows))
	}
}

// contest returns the contest that a row is, whether or not an anchor covers it.
func (l *List) contest(r *table.Row, rows []table.Row) dispute.Contest {
	b := &l.Batches[r.Batch]
	tick, ticked := l.TickOf(b)
	return dispute.Contest{
		ID: plea(r.Batch, r.Index), Said: taxonomy.DayOf(b.Time), Ticked: ticked, Opened: tick,
		Against: l.against(r, rows), Policy: l.StateOf(b).Policy(),
	}
}

func plea(batch uint32, index uint16) uint64 { return uint64(batch)<<16 | uint64(index) }

// against returns the publishers of what a contest names; nil if it names nothing.
func (l *List) against(r *table.Row, rows []table.Row) []charter.MemberIndex {
	if r.From == 0 {
		return nil
	}
	members := []charter.MemberIndex{}
	for _, target := range l.Targets[r.From-1] {
		for i := range rows {
			if b := &l.Batches[rows[i].Batch]; rows[i].Index == target.Index && b.CID == target.Batch && b.Speaker != Nobody {
				members = append(members, l.Speakers[b.Speaker].Member)
			}
		}
	}
	return members
}

// publishers returns whose flags and blocks are among rows.
func (l *List) publishers(rows []table.Row) (all []charter.MemberIndex) {
	for i := range rows {
		r := &rows[i]
		if r.Kind != assertion.KindFlag && r.Kind != assertion.KindBlock || r.Void() {
			continue
		}
		if m := l.Speakers[l.Batches[r.Batch].Speaker].Member; !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// Contested reports whether an open contest asks a publisher whose evidence counts.
func (l *List) Contested(rows []table.Row, what *weighed) bool {
	return len(what.asked) > 0 && slices.ContainsFunc(rows, func(r table.Row) bool {
		return l.evident(&r, what) && slices.Contains(what.asked, l.Speakers[l.Batches[r.Batch].Speaker].Member)
	})
}

// undoneNext returns the next tick, in Unix seconds, from which a row is undone by a
// retraction that waits; 0 if none.
func (l *List) undoneNext(r *table.Row) int64 {
	if r.UndoneBy == 0 || !l.Undo.Holding() {
		return 0
	}
	from := l.Undo.From(r.UndoneBy, l.Batches[r.Batch].Speaker)
	if from <= l.moment().Now || from == undo.Never {
		return 0
	}
	return from
}

// handover is a valid reassign: the number has a new user since date, and what
// was said before limit about earlier times is void.
type handover struct{ date, limit taxonomy.Day }

// handovers returns the reassigns among rows that are in force. A reassign
// decides for good, but only about what is said before a limit, so far ahead of
// its own expiry that nothing it decided about, nor anything that a repetition
// of it would have decided about, lives when its opening may be erased. So a
// node that holds the opening and one that does not have the same list.
func (l *List) handovers(rows []table.Row) []handover {
	var all []handover
	for i := range rows {
		r := &rows[i]
		if r.Kind == assertion.KindReassign && !r.Void() && !l.Undone(r) {
			all = append(all, handover{r.Since, taxonomy.DayOf(l.Batches[r.Batch].Time) + l.reassignReach()})
		}
	}
	return all
}

// reassignReach is for how many days from its batch on a reassign decides about
// what is said.
func (l *List) reassignReach() taxonomy.Day {
	p := l.Charter.Policy()
	return taxonomy.Day(p.ExpiryDays.Reassign) - taxonomy.Day(max(p.ExpiryMaxDays.Flag, p.ExpiryMaxDays.Block)) - policy.RepeatDays
}

// before reports whether a handover voids r.
func (l *List) before(r *table.Row, what *weighed) bool {
	return slices.ContainsFunc(what.handed, func(h handover) bool {
		return r.Since < h.date && taxonomy.DayOf(l.Batches[r.Batch].Time) < h.limit
	})
}

// lapsed reports whether a contest voids r, which no rule does.
func (l *List) lapsed(r *table.Row, what *weighed) bool {
	return len(what.voids) > 0 && slices.ContainsFunc(what.voids, func(v dispute.Void) bool {
		b := &l.Batches[r.Batch]
		return l.Speakers[b.Speaker].Member == v.By && r.Since < v.Date && taxonomy.DayOf(b.Time) < v.Limit
	})
}

// evident reports whether r is evidence that is not dead for good: a flag or
// an asking block, not void, retracted, lapsed or derived, and observed wholly since
// the number last changed hands.
func (l *List) evident(r *table.Row, what *weighed) bool {
	switch {
	case r.Kind != assertion.KindFlag && r.Kind != assertion.KindBlock:
		return false
	case r.Own, r.Void(), r.Derived, l.Undone(r), l.before(r, what), l.lapsed(r, what):
		return false
	}
	return true
}

func (l *List) evidenceOf(r *table.Row) harmonise.Evidence {
	b := &l.Batches[r.Batch]
	s := &l.Speakers[b.Speaker]
	return harmonise.Evidence{
		Group: s.group, Weight: s.weight,
		Category: r.Category, Confidence: r.Confidence,
		LastSeen: r.LastSeen, BatchTime: b.Time,
		From: r.From, Until: r.Until,
		IssuerRank: s.rank, Epoch: b.Epoch, Sequence: b.Sequence, Index: r.Index,
	}
}
