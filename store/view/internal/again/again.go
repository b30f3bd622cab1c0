// Package again tells a member what it has to say again: what it said and a proved fork of
// its key, another branch that was anchored, or the end of the key has taken out of the
// list, and what would still count if it were said now.
//
// It is a room of the view, and reads its list.
package again

import (
	"iter"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/reason"
	"ringfence/store/view/internal/table"
)

// Suspended counts the statements of a member that a proved fork of their epoch
// took out of the list, whatever they were: with no anchor that is all of the epoch. What
// was said on a branch that gave way to the anchored one is among them.
func Suspended(l *list.List, member charter.MemberIndex) (n int) {
	for i := range l.Batches {
		if b := &l.Batches[i]; l.IsFrozen(b) && l.Speakers[b.Speaker].Member == member {
			n += int(b.Count)
		}
	}
	for i := range l.Lost {
		if b := &l.Lost[i]; l.Speakers[b.Speaker].Member == member {
			n += int(b.Count)
		}
	}
	return n
}

// ToSay returns the statements, at most so many and in the order in which they
// came, that a member has to say again under another of its keys to have what it had;
// more reports that there are others. Those of a branch that gave way to the anchored one
// come last, by their places in the feed. Of what a proved fork suspends it leaves out what
// would count for nothing by now (void, expired, erased), what the member took back or
// replaced itself, and what it has said again. One whose batch cannot be read is told
// with status Unreadable. It reads all that is suspended.
func ToSay(l *list.List, member charter.MemberIndex, most int) (all []list.Told, more bool) {
	whole, applied := *l, len(l.Batches)
	whole.Batches = append(slices.Clip(l.Batches), l.Lost...) // which no list applied
	s := suspensionOf(&whole, member, applied, func(i int, b *list.Batch) bool {
		return b.Speaker != list.Nobody && l.Speakers[b.Speaker].Member == member && (i >= applied || l.IsFrozen(b))
	})
	for told := range s.again() {
		if len(all) == most {
			return all, true
		}
		all = append(all, told)
	}
	return all, false
}

// CutOff yields, as ToSay tells them, the statements of a key that count for nothing
// because its authority ended before them: what it said up to a place of its feed beyond
// the head at which it was rotated or left, and no anchor covers. Of a key that is in
// force or was expelled there are none.
func CutOff(l *list.List, issuer keys.Public, last feed.Tip) iter.Seq[list.Told] {
	r, ok := l.Charter.Record(issuer)
	if !ok || r.End == nil || r.End.How == article.Expel {
		return func(func(list.Told) bool) {}
	}
	return suspensionOf(l, r.Member, len(l.Batches), func(_ int, b *list.Batch) bool {
		return b.Speaker == r.Index && b.Epoch == last.Epoch && b.Sequence <= last.Sequence && !l.IsFrozen(b) && !l.InForce(b)
	}).again()
}

// suspension is batches of a member that have lost their effect.
type suspension struct {
	*list.List
	member    charter.MemberIndex
	applied   int                                   // batches; those behind them gave way to the anchored branch
	suspended func(ordinal int, b *list.Batch) bool // which they are
	lost      map[number.Range][]table.Row          // what those that gave way said, by key
	undone    map[string]bool                       // what any retract of the member names, suspended or not, by its target

	published map[assertion.PublicationID]bool // under which anything is suspended
	elsewhere map[assertion.PublicationID]bool // under which the member said what is not; nil: not gathered yet
	unread    bool                             // some of that cannot be read
}

func suspensionOf(l *list.List, member charter.MemberIndex, applied int, suspended func(int, *list.Batch) bool) *suspension {
	return &suspension{
		List: l, member: member, applied: applied, suspended: suspended, lost: make(map[number.Range][]table.Row),
		undone: make(map[string]bool), published: make(map[assertion.PublicationID]bool),
	}
}

// again yields what is to be said again.
func (s *suspension) again() iter.Seq[list.Told] {
	return func(yield func(list.Told) bool) {
		first := 0
		for first < len(s.Batches) && !s.suspends(first) {
			first++
		}
		if first == len(s.Batches) {
			return // what was taken back need not be read
		}
		s.gather()
		for i := first; i < len(s.Batches); i++ {
			if !s.suspends(i) {
				continue
			}
			for told := range s.saidIn(uint32(i)) {
				if s.wanted(&told, uint32(i)) && !yield(told) {
					return
				}
			}
		}
	}
}

// suspends reports whether the batch of an ordinal is one of them.
func (s *suspension) suspends(ordinal int) bool { return s.suspended(ordinal, &s.Batches[ordinal]) }

// gather reads what the member took back, in what is suspended and since by another key,
// and what the batches that gave way said of any number.
func (s *suspension) gather() {
	for i := range s.Batches {
		if !s.suspends(i) {
			continue
		}
		for told := range s.saidIn(uint32(i)) {
			s.published[told.Publication] = true
			s.noteUndone(&told, "")
			if i >= s.applied {
				s.noteLost(&told, uint32(i))
			}
		}
	}
	for _, u := range s.Undo.All {
		told := s.Read(&table.Row{Batch: u.Batch, Index: u.Index})
		s.noteUndone(&told, saidAgain)
	}
}

func (s *suspension) noteUndone(t *list.Told, prefix string) {
	if undo, ok := t.Body.(assertion.Retract); ok && t.Member == s.member {
		s.undone[prefix+string(undo.Target)] = true
	}
}

// noteLost keeps the row that a lost statement would have had.
func (s *suspension) noteLost(t *list.Told, batch uint32) {
	key, ok := t.Statement.Key()
	if !ok || t.Body == nil {
		return
	}
	r := s.RowOf(&t.Statement, t.Time)
	if r.Batch, r.Index = batch, t.Ref.Index; !r.Void() {
		r.Reason = reason.Frozen
	}
	for one := range key.Keys() {
		s.lost[one] = append(s.lost[one], r)
	}
}

// saidIn yields the statements of a batch.
func (s *suspension) saidIn(batch uint32) iter.Seq[list.Told] {
	return func(yield func(list.Told) bool) {
		for at := range int(s.Batches[batch].Count) {
			if !yield(s.Read(&table.Row{Batch: batch, Index: uint16(at)})) {
				return
			}
		}
	}
}

// saidAgain begins the target of a retract that works.
const saidAgain = "again "

// wanted reports whether a suspended statement is to be said again.
func (s *suspension) wanted(t *list.Told, batch uint32) bool {
	if t.Status == list.Unreadable {
		return true
	}
	if t.Status == list.Erased || t.Body == nil || taxonomy.DayOf(t.Statement.Expires) <= s.Mark.Day {
		return false
	}
	if undo, ok := t.Body.(assertion.Retract); ok {
		return !s.undone[saidAgain+string(undo.Target)] && !s.within(&undo)
	}
	if s.isUndone(t) || s.isVoid(t) {
		return false
	}
	key, ok := t.Statement.Key()
	if !ok {
		return true
	}
	for one := range key.Keys() {
		_, rows := s.Table.Find(one)
		return !s.replaced(slices.Concat(rows, s.lost[one]), batch, t.Ref.Index) // the other keys have the same rows
	}
	return true
}

// isVoid reports whether a statement would count for nothing were it not suspended.
func (s *suspension) isVoid(t *list.Told) bool {
	kind := t.Statement.Kind
	return t.Body == nil || (kind == assertion.KindFlag || kind == assertion.KindBlock) && s.Judge(&t.Statement, t.Time) != reason.NotVoid
}

// within reports whether a retract names what is suspended, and nothing else: neither
// of the two has to be said again.
func (s *suspension) within(undo *assertion.Retract) bool {
	if undo.Kind == assertion.TargetPublication {
		id := assertion.PublicationID(undo.Target)
		return s.published[id] && !s.isElsewhere(id)
	}
	target, err := taxonomy.CIDFromBytes(undo.Target[:taxonomy.CIDSize])
	if err != nil {
		return true
	}
	at := slices.IndexFunc(s.Batches, func(b list.Batch) bool { return b.CID == target })
	return at >= 0 && s.suspends(at)
}

// isElsewhere reports whether the member said anything under a publication ID that is not
// suspended. What cannot be read may have been.
func (s *suspension) isElsewhere(id assertion.PublicationID) bool {
	if s.elsewhere == nil {
		s.elsewhere = make(map[assertion.PublicationID]bool)
		for i := range s.Batches {
			b := &s.Batches[i]
			if b.Speaker == list.Nobody || s.Speakers[b.Speaker].Member != s.member || s.suspends(i) {
				continue
			}
			for told := range s.saidIn(uint32(i)) {
				s.unread = s.unread || told.Status == list.Unreadable
				s.elsewhere[told.Publication] = true
			}
		}
	}
	return s.unread || s.elsewhere[id]
}

// isUndone reports whether the member took a statement back, by whatever key.
func (s *suspension) isUndone(t *list.Told) bool {
	for _, target := range [][]byte{t.Ref.Bytes(), t.Ref.Batch.Bytes(), t.Publication[:]} {
		if s.undone[string(target)] || s.undone[saidAgain+string(target)] {
			return true
		}
	}
	return false
}

// replaced reports whether the member said the same kind of thing about the key
// later: in what is suspended, then that is to be said again, or by another key.
func (s *suspension) replaced(rows []table.Row, batch uint32, index uint16) bool {
	at := slices.IndexFunc(rows, func(r table.Row) bool { return r.Batch == batch && r.Index == index })
	if at < 0 {
		return false
	}
	own := &rows[at]
	for i := range rows {
		r := &rows[i]
		b := &s.Batches[r.Batch]
		if r == own || r.Kind != own.Kind || r.Category != own.Category || r.Own != own.Own || s.List.Undone(r) || r.Until <= s.Mark.Day ||
			b.Speaker == list.Nobody || s.Speakers[b.Speaker].Member != s.member || !s.Older(own, r) {
			continue
		}
		if told := s.Read(r); !r.Void() || s.suspends(int(r.Batch)) && (r.Reason == reason.Frozen || r.Reason == reason.NotIssuer) && !s.isVoid(&told) && !s.isUndone(&told) {
			return true
		}
	}
	return false
}
