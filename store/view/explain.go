package view

import (
	"fmt"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/harmonise"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
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
)

var statusWords = [...]string{"counts", "superseded", "not_yet", "expired", "retracted", "reassigned", "derived", "void", "own_nodes", "noted", "erased", "unreadable"}

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
	Reason      Reason                 // of a void one
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
	x := Explanation{Number: n, Stamp: l.stamp, Protected: l.state.ProtectedNumber(n)}
	x.Entry, x.Decides, _ = l.Lookup(n)
	for free := 0; free < n.Len(); free++ {
		key, ok := n.Enclosing(free)
		if !ok {
			break
		}
		p, rows := l.table.find(key)
		if p == nil {
			continue
		}
		x.Keys = append(x.Keys, l.explainKey(p, rows))
	}
	return x
}

func (l *List) explainKey(p *place, rows []row) KeyExplanation {
	k := KeyExplanation{Key: p.key, Entry: p.entry, Next: p.next}
	evidence := l.gather(nil, rows)
	k.Result = l.rules.Harmonise(evidence, l.stamp.Day, false)
	weighed := l.rules.Weigh(evidence, l.stamp.Day)
	handed, next := l.handovers(rows), 0
	for i := range rows {
		r := &rows[i]
		told := l.told(r)
		if l.evident(r, handed) {
			told.Weighed = weighed[next]
			next++
		}
		if told.Status == Counting {
			told.Status = l.status(r, handed, told.Weighed)
		}
		k.Told = append(k.Told, told)
	}
	return k
}

// status orders what may befall a statement: the gravest first.
func (l *List) status(r *row, handed []handover, w harmonise.Contribution) Status {
	evidence := r.kind == assertion.KindFlag || r.kind == assertion.KindBlock
	switch {
	case r.void():
		return Void
	case r.undoneBy != 0:
		return Retracted
	case !evidence:
		return Noted
	case r.derived && !r.own:
		return Derived
	case r.until <= l.stamp.Day:
		return Expired
	case r.from > l.stamp.Day:
		return NotYet
	case l.before(r, handed):
		return Reassigned
	case r.own:
		return Own
	case w.By >= 0:
		return Silent
	}
	return Counting
}

// told reads a row's statement back.
func (l *List) told(r *row) Told {
	b := &l.batches[r.batch]
	t := Told{Ref: l.ref(r), Time: b.time, Reason: r.reason}
	if b.speaker != nobody {
		t.Issuer, t.Member = l.speakers[b.speaker].key, l.speakers[b.speaker].member
	}
	if r.undoneBy != 0 {
		u := l.undoings[r.undoneBy-1]
		t.RetractedBy = taxonomy.Ref{Batch: l.batches[u.batch].cid, Index: u.index}
	}
	slots, err := l.source.Slots(b.cid)
	if err != nil || int(r.index) >= len(slots) {
		t.Status = Unreadable
		return t
	}
	slot := &slots[r.index]
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
	at := slices.IndexFunc(l.batches, func(b batch) bool { return b.cid == ref.Batch })
	if at < 0 || int(ref.Index) >= int(l.batches[at].count) {
		return Told{}, false
	}
	r := row{batch: uint32(at), index: ref.Index}
	told := l.told(&r)
	if told.Status == Erased || told.Status == Unreadable {
		return told, true
	}
	key, ok := told.Statement.Key()
	if !ok {
		told.Status = Noted
		if told.Reason = l.judgeOther(&l.batches[at], &told.Statement); told.Reason != NotVoid {
			told.Status = Void
		}
		return told, true
	}
	for one := range key.Keys() {
		p, rows := l.table.find(one)
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

// judgeOther tells why a statement about no key is void. What a retract names
// must have been said by the same member.
func (l *List) judgeOther(b *batch, s *assertion.Statement) Reason {
	if s.Kind != assertion.KindRetract {
		_, reason := s.Check()
		switch {
		case reason != assertion.Sound:
			return Reason(reason)
		case b.speaker == nobody:
			return ReasonNotIssuer
		case l.isFrozen(b):
			return ReasonFrozen
		case !l.state.May(l.speakers[b.speaker].member, s.Kind):
			return ReasonRole
		}
		return NotVoid
	}
	body, reason := l.judgeRetract(b, s)
	if reason != NotVoid || body.Kind == assertion.TargetPublication {
		return reason
	}
	target, err := taxonomy.CIDFromBytes(body.Target[:min(len(body.Target), taxonomy.CIDSize)])
	if err != nil {
		return NotVoid
	}
	at := slices.IndexFunc(l.batches, func(b batch) bool { return b.cid == target })
	if at < 0 {
		return NotVoid // not here yet
	}
	if t := &l.batches[at]; t.speaker == nobody || l.speakers[t.speaker].member != l.speakers[b.speaker].member {
		return ReasonForeign
	}
	return NotVoid
}
