package list

import (
	"iter"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/port"
	"ringfence/store/view/internal/reason"
	"ringfence/store/view/internal/table"
)

// RowOf is what the view keeps of a statement that is said at a time, void as
// far as that needs neither charter nor feed.
func (l *List) RowOf(s *assertion.Statement, said int64) table.Row {
	r := table.Row{
		Kind:     s.Kind,
		LastSeen: min(s.ObservedTo, said),
		From:     taxonomy.DayOf(s.Effective),
		Until:    taxonomy.DayOf(s.Expires),
		Since:    taxonomy.DayOf(s.ObservedFrom),
		Derived:  s.Basis.Kind == assertion.BasisDerived,
	}
	body, why := s.Check()
	switch b := body.(type) {
	case assertion.Flag:
		r.Category, r.Confidence = b.Category, b.Confidence
	case assertion.Block:
		r.Category, r.Confidence = b.Category, l.Charter.Policy().Confidence.Ask
		r.Own = b.Scope == assertion.ScopeOwn
	case assertion.Reassign:
		r.Since = taxonomy.DayOf(b.Date)
	case assertion.Answer:
		r.Upheld = b.Upheld
	}
	r.Reason = reason.Reason(why)
	return r
}

// Judge tells why a flag or block would be void if one who may say it said it
// at a time, in Unix seconds; reason.NotVoid if it would count.
func (l *List) Judge(s *assertion.Statement, said int64) reason.Reason {
	key, _ := s.Key()
	r := l.RowOf(s, said)
	if r.Void() {
		return r.Reason
	}
	return l.Evidence(key, &r, taxonomy.DayOf(said), l.Charter.Policy())
}

// InForce reports whether the issuer of a batch, which is known, may speak in its epoch.
func (l *List) InForce(b *Batch) bool {
	state, key := l.StateOf(b), l.Speakers[b.Speaker].Key
	_, ok := state.Issuer(key)
	return ok && (b.Epoch == 0 || state.Opened(key, b.Epoch))
}

// Evidence judges a flag or block that is said on a day by the policy's bounds.
func (l *List) Evidence(key number.Range, r *table.Row, day taxonomy.Day, p *charter.Policy) reason.Reason {
	most, life := int(p.MaxFreeDigits.Flag), p.ExpiryMaxDays.Flag
	if r.Kind == assertion.KindBlock {
		most, life = int(p.MaxFreeDigits.Block), p.ExpiryMaxDays.Block
	}
	seen := taxonomy.DayOf(r.LastSeen)
	switch {
	case key.Free() > most:
		return reason.Broad
	case r.Until > day+taxonomy.Day(life):
		return reason.LongLived
	case day > seen+taxonomy.Day(p.FlagMaxAgeDays):
		return reason.Old
	case !r.Own && r.Category.Class().Nuisance() && l.Charter.Protected(key):
		return reason.Protected
	}
	return reason.NotVoid
}

// JudgeRetract tells whether a retract statement works, apart from whose its
// target is, which may not be known yet.
func (l *List) JudgeRetract(b *Batch, s *assertion.Statement) (assertion.Retract, reason.Reason) {
	body, why := s.Check()
	if why != assertion.Sound {
		return assertion.Retract{}, reason.Reason(why)
	}
	retract, ok := body.(assertion.Retract)
	switch {
	case b.Speaker == Nobody:
		return retract, reason.NotIssuer
	case l.IsFrozen(b):
		return retract, reason.Frozen
	case !ok:
		return retract, reason.Audience
	case !l.InForce(b):
		return retract, reason.NotIssuer
	case !l.StateOf(b).May(l.Speakers[b.Speaker].Member, s.Kind):
		return retract, reason.Role
	case s.Subject.Kind == assertion.SubjectMember && string(s.Subject.Value) != l.Charter.Member(l.Speakers[b.Speaker].Member).ID:
		return retract, reason.Foreign
	}
	return retract, reason.NotVoid
}

// Fleeting reports whether a contest or an answer would expire before what it decides
// about.
func (l *List) Fleeting(b *Batch, s *assertion.Statement) bool {
	return taxonomy.DayOf(s.Expires) < taxonomy.DayOf(b.Time)+taxonomy.Day(l.StateOf(b).Policy().DecisionDays())
}

// KeysOf returns the keys of one statement of a kind in a batch that is here. When it
// cannot be read any more its rows tell.
func (l *List) KeysOf(ordinal uint32, index uint16, kind assertion.Kind) (keys []number.Range) {
	slots, err := l.Source.Slots(l.Batches[ordinal].CID)
	if err != nil {
		l.Table.Each(func(p *table.Place, r *table.Row) {
			if r.Batch == ordinal && r.Index == index && r.Kind == kind {
				keys = append(keys, p.Key)
			}
		})
		return keys
	}
	if int(index) >= len(slots) {
		return nil
	}
	if s := slots[index].Statement(); s != nil && s.Kind == kind {
		if key, ok := s.Key(); ok {
			for one := range key.Keys() {
				keys = append(keys, one)
			}
		}
	}
	return keys
}

// TickOf returns the tick of the anchor that covers a batch, in Unix seconds; false while
// there is none.
func (l *List) TickOf(b *Batch) (int64, bool) {
	if b.Cover == 0 {
		return 0, false
	}
	return l.Ticks.Of(l.Anchors[b.Cover-1].End)
}

// SharedRow returns the row of a statement about a key, if that is a flag as the share
// counts what a retraction undoes; else nil.
func (l *List) SharedRow(key number.Range, batch uint32, index uint16) *table.Row {
	for key = range key.Keys() {
		break // the rows under all its keys are alike
	}
	_, rows := l.Table.Find(key)
	for i := range rows {
		if r := &rows[i]; r.Batch == batch && r.Index == index && Shared(r) {
			return r
		}
	}
	return nil
}

// Shared reports whether a row is a flag as the share counts them: one that counts, or a
// block that asks.
func Shared(r *table.Row) bool {
	return (r.Kind == assertion.KindFlag || r.Kind == assertion.KindBlock && !r.Own) && !r.Void()
}

// Counted reports whether a row is one of its issuer's live flags, as the share counts
// them: its own feed did not retract it, at once or not.
func (l *List) Counted(r *table.Row) bool {
	return Shared(r) && !l.Undo.By(r.UndoneBy, l.Batches[r.Batch].Speaker)
}

// SpeaksFor reports whether a member could act for the users of a key when a batch said
// something about it, by the ports of the number.
func (l *List) SpeaksFor(b *Batch, key number.Range, ports []port.Said) bool {
	state, member := l.StateOf(b), l.Speakers[b.Speaker].Member
	if n, ok := key.Number(); ok && len(ports) > 0 {
		if server, ported := port.Server(n, ports, b.Cover, taxonomy.DayOf(b.Time)); ported {
			allocatee, known := state.Allocatee(n)
			return member == server || known && member == allocatee
		}
	}
	return state.SpeaksFor(member, key)
}

// PortsOf returns those among rows that are ports, stand and are anchored.
func (l *List) PortsOf(rows []table.Row) (all []port.Said) {
	if len(l.Ports) == 0 {
		return nil
	}
	for i := range rows {
		r := &rows[i]
		b := &l.Batches[r.Batch]
		if r.Kind != assertion.KindPort || r.Void() || b.Cover == 0 || l.Undone(r) {
			continue
		}
		all = append(all, port.Said{
			Terms: l.Ports[r.From-1], Ref: l.ref(r), By: l.Speakers[b.Speaker].Member, Cover: b.Cover, State: l.StateOf(b),
		})
	}
	return all
}

// IsUndone reports whether the statement that an edit would undo is so already.
func (l *List) IsUndone(e *table.Edit) bool {
	_, rows := l.Table.Find(e.Key)
	return slices.ContainsFunc(rows, func(r table.Row) bool {
		return r.Batch == e.Row.Batch && r.Index == e.Row.Index && l.Undone(&r)
	})
}

// TreeEntries yields the listed places as the tree holds them.
func (l *List) TreeEntries() iter.Seq2[merkle.Key, merkle.Value] {
	return func(yield func(merkle.Key, merkle.Value) bool) {
		for key, entry := range l.All() {
			if !yield(merkle.Key{First: key.First().Uint64(), Free: uint8(key.Free())}, entry.Bytes()) {
				return
			}
		}
	}
}

func (c *Counts) Move(from, to taxonomy.Entry) {
	for _, e := range [...]struct {
		taxonomy.Entry
		by int
	}{{from, -1}, {to, +1}} {
		if !e.IsZero() {
			c.Entries += e.by
		}
		switch e.Action {
		case taxonomy.Label:
			c.Labelled += e.by
		case taxonomy.Block:
			c.Blocked += e.by
		}
		if e.Contested {
			c.Contested += e.by
		}
		if e.Ratified {
			c.Ratified += e.by
		}
	}
}

// JudgedAsHolder reports whether a row's verdict was reached by asking who holds its key.
func JudgedAsHolder(r reason.Reason) bool {
	switch r {
	case reason.NotVoid, reason.NotHolder, reason.Future, reason.ShortLived, reason.Repeated, reason.Quota:
		return true
	}
	return false
}

// Asserts reports whether what is said in a kind ends with the authority of a key that
// is expelled. What it undid, by a retraction, a reassign or a contest, stays undone.
func Asserts(kind assertion.Kind) bool {
	switch kind {
	case assertion.KindRetract, assertion.KindReassign, assertion.KindContest:
		return false
	}
	return true
}
