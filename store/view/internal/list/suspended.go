package list

import (
	"iter"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/reason"
	"ringfence/store/view/internal/table"
)

// Suspended counts the statements of a member that a proved fork of their epoch
// took out of the list, whatever they were: with no anchor that is all of the epoch.
func (l *List) Suspended(member charter.MemberIndex) int {
	return l.statements(func(b *Batch) bool { return l.suspends(member, b) })
}

func (l *List) suspends(member charter.MemberIndex, b *Batch) bool {
	return l.IsFrozen(b) && l.Speakers[b.Speaker].Member == member
}

// ToSayAgain returns the statements, at most so many and in the order in which they
// came, that a member has to say again under another of its keys to have what it had;
// more reports that there are others. Of what a proved fork suspends it leaves out what
// would count for nothing by now (void, expired, erased), what the member took back or
// replaced itself, and what it has said again. One whose batch cannot be read is told
// with status Unreadable. It reads all that is suspended.
func (l *List) ToSayAgain(member charter.MemberIndex, most int) (all []Told, more bool) {
	s := l.suspension(member, func(b *Batch) bool { return l.suspends(member, b) })
	for told := range s.again() {
		if len(all) == most {
			return all, true
		}
		all = append(all, told)
	}
	return all, false
}

// CutOff yields, as ToSayAgain tells them, the statements of a key that count for nothing
// because its authority ended before them: what it said up to a place of its feed beyond
// the head at which it was rotated or left, and no anchor covers. Of a key that is in
// force or was expelled there are none.
func (l *List) CutOff(issuer keys.Public, last feed.Tip) iter.Seq[Told] {
	r, ok := l.Charter.Record(issuer)
	if !ok || r.End == nil || r.End.How == article.Expel {
		return func(func(Told) bool) {}
	}
	return l.suspension(r.Member, func(b *Batch) bool {
		return b.Speaker == r.Index && b.Epoch == last.Epoch && b.Sequence <= last.Sequence && !l.IsFrozen(b) && !l.InForce(b)
	}).again()
}

// suspension is batches of a member that have lost their effect.
type suspension struct {
	*List
	member charter.MemberIndex
	lost   func(b *Batch) bool
	undone map[string]bool // what any retract of the member names, lost or not, by its target

	published map[assertion.PublicationID]bool // under which anything is lost
	elsewhere map[assertion.PublicationID]bool // under which the member said what is not; nil: not gathered yet
	unread    bool                             // some of that cannot be read
}

func (l *List) suspension(member charter.MemberIndex, lost func(b *Batch) bool) *suspension {
	return &suspension{List: l, member: member, lost: lost, undone: map[string]bool{}, published: map[assertion.PublicationID]bool{}}
}

// again yields what is to be said again.
func (s *suspension) again() iter.Seq[Told] {
	return func(yield func(Told) bool) {
		first := slices.IndexFunc(s.Batches, func(b Batch) bool { return s.lost(&b) })
		if first < 0 {
			return // what was taken back need not be read
		}
		s.gatherUndone()
		for i := first; i < len(s.Batches); i++ {
			if !s.lost(&s.Batches[i]) {
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

// gatherUndone reads what the member took back: in what is lost, and since by another
// key.
func (s *suspension) gatherUndone() {
	for i := range s.Batches {
		if s.lost(&s.Batches[i]) {
			for told := range s.saidIn(uint32(i)) {
				s.published[told.Publication] = true
				s.noteUndone(&told, "")
			}
		}
	}
	for _, u := range s.Undo.All {
		told := s.Read(&table.Row{Batch: u.Batch, Index: u.Index})
		s.noteUndone(&told, saidAgain)
	}
}

func (s *suspension) noteUndone(t *Told, prefix string) {
	if undo, ok := t.Body.(assertion.Retract); ok && t.Member == s.member {
		s.undone[prefix+string(undo.Target)] = true
	}
}

// saidIn yields the statements of a batch.
func (l *List) saidIn(batch uint32) iter.Seq[Told] {
	return func(yield func(Told) bool) {
		for at := range int(l.Batches[batch].Count) {
			if !yield(l.Read(&table.Row{Batch: batch, Index: uint16(at)})) {
				return
			}
		}
	}
}

// saidAgain begins the target of a retract that works.
const saidAgain = "again "

// wanted reports whether a lost statement is to be said again.
func (s *suspension) wanted(t *Told, batch uint32) bool {
	if t.Status == Unreadable {
		return true
	}
	if t.Status == Erased || t.Body == nil || taxonomy.DayOf(t.Statement.Expires) <= s.Mark.Day {
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
		return !s.replaced(rows, batch, t.Ref.Index) // the other keys have the same rows
	}
	return true
}

// isVoid reports whether a statement would count for nothing had it not been lost.
func (s *suspension) isVoid(t *Told) bool {
	kind := t.Statement.Kind
	return t.Body == nil || (kind == assertion.KindFlag || kind == assertion.KindBlock) && s.Judge(&t.Statement, t.Time) != reason.NotVoid
}

// within reports whether a retract names what is lost, and nothing else: neither
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
	at := slices.IndexFunc(s.Batches, func(b Batch) bool { return b.CID == target })
	return at >= 0 && s.lost(&s.Batches[at])
}

// isElsewhere reports whether the member said anything under a publication ID that is not
// lost. What cannot be read may have been.
func (s *suspension) isElsewhere(id assertion.PublicationID) bool {
	if s.elsewhere == nil {
		s.elsewhere = make(map[assertion.PublicationID]bool)
		for i := range s.Batches {
			b := &s.Batches[i]
			if b.Speaker == Nobody || s.Speakers[b.Speaker].Member != s.member || s.lost(b) {
				continue
			}
			for told := range s.saidIn(uint32(i)) {
				s.unread = s.unread || told.Status == Unreadable
				s.elsewhere[told.Publication] = true
			}
		}
	}
	return s.unread || s.elsewhere[id]
}

// isUndone reports whether the member took a statement back, by whatever key.
func (s *suspension) isUndone(t *Told) bool {
	for _, target := range [][]byte{t.Ref.Bytes(), t.Ref.Batch.Bytes(), t.Publication[:]} {
		if s.undone[string(target)] || s.undone[saidAgain+string(target)] {
			return true
		}
	}
	return false
}

// replaced reports whether the member said the same kind of thing about the key
// later: in what is lost, then that is to be said again, or by another key.
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
			b.Speaker == Nobody || s.Speakers[b.Speaker].Member != s.member || !s.older(own, r) {
			continue
		}
		if told := s.Read(r); !r.Void() || s.lost(b) && (r.Reason == reason.Frozen || r.Reason == reason.NotIssuer) && !s.isVoid(&told) && !s.isUndone(&told) {
			return true
		}
	}
	return false
}
