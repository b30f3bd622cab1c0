package list

import (
	"fmt"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/harmonise"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/reason"
	"ringfence/store/view/internal/table"
)

// Status is what became of a statement about a key on the list's day.
type Status uint8

// The statuses. Their words stand in JSON.
const (
	Counting   Status = iota // takes part in the entry
	Silent                   // live, but a newer flag of its group and category stands
	NotYet                   // not effective yet
	Expired                  // its effect has ended
	Retracted                // undone by its member
	Reassigned               // observed before the number changed hands
	Derived                  // repeats what others said
	Void                     // breaks a rule; see the reason
	Own                      // a block that acts on the member's own nodes
	Noted                    // of a kind that the list does not weigh
	Erased                   // its opening is gone
	Unreadable               // its batch is damaged here; what it weighs is remembered
	Lapsed                   // its publisher withdrew it, or did not answer a contest in time
)

var statusWords = [...]string{"counts", "superseded", "not_yet", "expired", "retracted", "reassigned", "derived", "void", "own_nodes", "noted", "erased", "unreadable", "lapsed"}

// String returns the status's word.
func (s Status) String() string {
	if int(s) < len(statusWords) {
		return statusWords[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// MarshalText returns the word that String gives.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Told is one statement, who said it, and what became of it.
type Told struct {
	Ref         taxonomy.Ref
	Issuer      keys.Public
	Member      charter.MemberIndex
	Time        int64 // of its batch, Unix seconds
	Publication assertion.PublicationID
	Statement   assertion.Statement
	Body        assertion.Body // nil when it cannot be read
	Status      Status
	Reason      reason.Reason          // of a void one
	RetractedBy taxonomy.Ref           // of a retracted one
	Weighed     harmonise.Contribution // of evidence
}

// KeyExplanation is what was said about one key and what it comes to.
type KeyExplanation struct {
	Key    number.Range
	Entry  taxonomy.Entry // zero when the key is not listed
	Next   taxonomy.Day   // the first later day on which the entry differs with no new evidence
	Result harmonise.Result
	Told   []Told
	// Ratified are the entries that the ledger ratified on the key, by rising index.
	Ratified []Ratified
	Contests []Contest
}

// Ratified is an entry of the ledger about one key. Times are Unix seconds of ticks;
// math.MaxInt64 stands for one that has not come.
type Ratified struct {
	Index   uint64 // of its ledger entry
	Entry   taxonomy.Entry
	From    int64        // it is in force from then on; 0 for at once
	Stayed  int64        // it is suspended until then; 0 for not at all
	Until   taxonomy.Day // the first day on which it is not in force any more
	Revoked bool
	Lapsed  bool // a reassign of the number was not followed by another entry in time
	Decides bool
}

// ratified returns the entries of the ledger about a key.
func (l *List) ratified(key number.Range, rows []table.Row) (all []Ratified) {
	decides, entry, _ := l.Decided(key, rows)
	for _, r := range l.Ratified.At(key) {
		lapsed, _ := l.reviewed(&r, rows)
		one := Ratified{Index: r.Index, Entry: r.Entry(), From: r.From, Stayed: r.Stayed, Until: r.Until, Revoked: r.Revoked, Lapsed: lapsed}
		if decides != nil && decides.Index == r.Index {
			one.Decides, one.Entry = true, entry
		}
		all = append(all, one)
	}
	return all
}

// Explanation says why the list says what it says of a number.
type Explanation struct {
	Number    number.Number
	Stamp     Stamp
	Entry     taxonomy.Entry // zero when nothing is listed
	Decides   number.Range   // the key whose entry it is
	Protected bool
	Keys      []KeyExplanation // the number itself, then ranges around it, narrowest first
}

// Explain returns every statement about n and about the ranges around it, what
// each contributed, and which key decided. A statement whose batch cannot
// be read back is told as unreadable.
func (l *List) Explain(n number.Number) Explanation {
	x := Explanation{Number: n, Stamp: l.Mark, Protected: l.Charter.ProtectedNumber(n)}
	x.Entry, x.Decides, _ = l.Lookup(n)
	for free := 0; free < n.Len(); free++ {
		key, ok := n.Enclosing(free)
		if !ok {
			break
		}
		p, rows := l.Table.Find(key)
		if p == nil {
			if len(l.Ratified.At(key)) == 0 {
				continue
			}
			p = &table.Place{Key: key, Next: taxonomy.NeverDay}
		}
		x.Keys = append(x.Keys, l.explainKey(p, rows))
	}
	return x
}

// ExplainKey returns what was said about one key and what it comes to; false when nothing
// was.
func (l *List) ExplainKey(key number.Range) (KeyExplanation, bool) {
	p, rows := l.Table.Find(key)
	if p == nil {
		return KeyExplanation{}, false
	}
	return l.explainKey(p, rows), true
}

func (l *List) explainKey(p *table.Place, rows []table.Row) KeyExplanation {
	k := KeyExplanation{Key: p.Key, Entry: p.Entry, Next: p.Next}
	k.Ratified, k.Contests = l.ratified(p.Key, rows), l.contests(p.Key, rows)
	what := l.Weigh(rows)
	evidence := l.Gather(nil, rows, &what)
	k.Result = l.Compiled.Harmonise(evidence, l.Mark.Day, l.Contested(rows, &what))
	weighed := l.Compiled.Weigh(evidence, l.Mark.Day)
	next := 0
	for i := range rows {
		r := &rows[i]
		told := l.Read(r)
		if l.evident(r, &what) {
			told.Weighed = weighed[next]
			next++
		}
		if told.Status == Counting {
			told.Status = l.status(r, &what, told.Weighed)
		}
		k.Told = append(k.Told, told)
	}
	return k
}

// status orders what may befall a statement: the gravest first.
func (l *List) status(r *table.Row, what *weighed, w harmonise.Contribution) Status {
	evidence := r.Kind == assertion.KindFlag || r.Kind == assertion.KindBlock
	switch {
	case r.Void():
		return Void
	case l.Undone(r):
		return Retracted
	case !evidence:
		return Noted
	case r.Derived && !r.Own:
		return Derived
	case r.Until <= l.Mark.Day:
		return Expired
	case r.From > l.Mark.Day:
		return NotYet
	case l.before(r, what):
		return Reassigned
	case !r.Own && l.lapsed(r, what):
		return Lapsed
	case r.Own:
		return Own
	case w.By >= 0:
		return Silent
	}
	return Counting
}

// Read reads a row's statement back.
func (l *List) Read(r *table.Row) Told {
	b := &l.Batches[r.Batch]
	t := Told{Ref: l.ref(r), Time: b.Time, Reason: r.Reason}
	if b.Speaker != Nobody {
		t.Issuer, t.Member = l.Speakers[b.Speaker].Key, l.Speakers[b.Speaker].Member
	}
	if by, ok := l.undoneBy(r); ok {
		t.RetractedBy = l.ref(&by)
	}
	slots, err := l.Source.Slots(b.CID)
	if err != nil || int(r.Index) >= len(slots) {
		t.Status = Unreadable
		return t
	}
	slot := &slots[r.Index]
	t.Publication = slot.Publication()
	s := slot.Statement()
	if s == nil {
		t.Status = Erased
		return t
	}
	t.Statement = *s
	t.Body, _ = s.Check()
	return t
}

// Told returns one statement and what became of it; false when no such
// statement was applied.
func (l *List) Told(ref taxonomy.Ref) (Told, bool) {
	at := slices.IndexFunc(l.Batches, func(b Batch) bool { return b.CID == ref.Batch })
	if at < 0 || int(ref.Index) >= int(l.Batches[at].Count) {
		return Told{}, false
	}
	r := table.Row{Batch: uint32(at), Index: ref.Index}
	told := l.Read(&r)
	if told.Status == Erased || told.Status == Unreadable {
		return told, true
	}
	key, ok := told.Statement.Key()
	if !ok {
		told.Status = Noted
		if told.Reason = l.JudgeOther(&l.Batches[at], &told.Statement); told.Reason != reason.NotVoid {
			told.Status = Void
		}
		return told, true
	}
	for one := range key.Keys() {
		p, rows := l.Table.Find(one)
		if p == nil {
			break
		}
		for _, one := range l.explainKey(p, rows).Told {
			if one.Ref == ref {
				return one, true
			}
		}
	}
	return told, true
}

// JudgeOther tells why a statement about no key is void. What a retract names
// must have been said by the same member.
func (l *List) JudgeOther(b *Batch, s *assertion.Statement) reason.Reason {
	if s.Kind != assertion.KindRetract {
		_, why := s.Check()
		switch {
		case why != assertion.Sound:
			return reason.Reason(why)
		case b.Speaker == Nobody:
			return reason.NotIssuer
		case l.IsFrozen(b):
			return reason.Frozen
		case !l.InForce(b):
			return reason.NotIssuer
		case l.Speakers[b.Speaker].Expelled && Asserts(s.Kind):
			return reason.Expelled
		case s.Kind == assertion.KindAnswer && l.Fleeting(b, s):
			return reason.ShortLived
		case !l.StateOf(b).May(l.Speakers[b.Speaker].Member, s.Kind):
			return reason.Role
		}
		return reason.NotVoid
	}
	body, why := l.JudgeRetract(b, s)
	if why != reason.NotVoid || body.Kind == assertion.TargetPublication {
		return why
	}
	target, err := taxonomy.CIDFromBytes(body.Target[:min(len(body.Target), taxonomy.CIDSize)])
	if err != nil {
		return reason.NotVoid
	}
	at := slices.IndexFunc(l.Batches, func(b Batch) bool { return b.CID == target })
	if at < 0 {
		return reason.NotVoid // not here yet
	}
	if t := &l.Batches[at]; t.Speaker == Nobody || l.Speakers[t.Speaker].Member != l.Speakers[b.Speaker].Member {
		return reason.Foreign
	}
	return reason.NotVoid
}

// Result returns what the evidence on a key comes to by itself, whether or not an entry
// of the ledger decides.
func (l *List) Result(key number.Range) harmonise.Result {
	_, rows := l.Table.Find(key)
	what := l.Weigh(rows)
	return l.Compiled.Harmonise(l.Gather(nil, rows, &what), l.Mark.Day, l.Contested(rows, &what))
}
