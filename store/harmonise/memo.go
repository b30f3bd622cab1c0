package harmonise

import (
	"encoding/binary"

	"ringfence/store/taxonomy"
)

// maxPattern is how many pieces of evidence a remembered key may have. Longer
// ones are rare and hardly ever alike.
const maxPattern = 8

// pieceSize is the length of one piece of evidence in a pattern.
const pieceSize = 20

// Memo remembers what evidence came to. Real lists repeat themselves: of
// 200,000 numbers that one file flags, most share weight, category, count and
// dates with thousands of others, and only these decide. A Memo gives the same
// answers as Harmonise and NextChange.
//
// A pattern is told relative to the day, so that a flag seen yesterday is
// yesterday's pattern again tomorrow for one seen a day later; and groups are
// told by their place among the key's groups, since only their difference
// matters.
//
// It is not safe for concurrent use and never holds more than its size; when
// full it begins anew.
type Memo struct {
	rules *Rules
	size  int
	known map[string]settled

	// Memory that one call uses and the next uses again.
	order   []int32
	claims  []claim
	pattern []byte
}

// settled is an answer relative to its day.
type settled struct {
	entry taxonomy.Entry
	in    uint32 // days until the entry differs; foreverDays if it never does
}

// foreverDays stands in patterns and answers for a day that never comes.
const foreverDays = uint32(taxonomy.NeverDay)

// NewMemo returns an empty memo for these rules that remembers up to size
// patterns, at least one; a pattern takes about 100 bytes.
func (r *Rules) NewMemo(size int) *Memo {
	return &Memo{rules: r, size: max(size, 1), known: make(map[string]settled)}
}

// Settle returns the entry of a key on a day, whether it is listed at all, and
// the first later day on which that would differ with no evidence but ev and
// the contest as it stands (NeverDay if none). It does not allocate when it
// remembers.
func (m *Memo) Settle(ev []Evidence, day taxonomy.Day, contest bool) (entry taxonomy.Entry, listed bool, next taxonomy.Day) {
	m.order = arrange(ev, m.order[:0])
	if len(m.order) > maxPattern {
		entry, next = m.compute(ev, day, contest)
		return entry, !entry.IsZero(), next
	}
	m.describe(ev, day, contest)
	s, ok := m.known[string(m.pattern)]
	if !ok {
		s.entry, next = m.compute(ev, day, contest)
		s.in = daysUntil(next, day)
		if len(m.known) >= m.size {
			clear(m.known)
		}
		m.known[string(m.pattern)] = s
	}
	next = taxonomy.NeverDay
	if s.in != foreverDays {
		next = day + taxonomy.Day(s.in)
	}
	return s.entry, !s.entry.IsZero(), next
}

func (m *Memo) compute(ev []Evidence, day taxonomy.Day, contest bool) (taxonomy.Entry, taxonomy.Day) {
	if cap(m.claims) < len(m.order) {
		m.claims = make([]claim, 0, len(m.order))
	}
	d, next := m.rules.settle(ev, m.order, day, contest, m.claims[:0])
	return d.entry, next
}

// describe writes the pattern: everything that the answer depends on and
// nothing else. The evidence stands in the order of arrange, which is where
// the rest of its age order matters.
func (m *Memo) describe(ev []Evidence, day taxonomy.Day, contest bool) {
	m.pattern = m.pattern[:0]
	if contest {
		m.pattern = append(m.pattern, 1)
	}
	var place, group uint16
	for _, i := range m.order {
		e := &ev[i]
		if day >= e.Until {
			continue
		}
		if place == 0 || e.Group != group {
			place, group = place+1, e.Group
		}
		var p [pieceSize]byte
		binary.LittleEndian.PutUint16(p[0:], place)
		binary.LittleEndian.PutUint16(p[2:], e.Weight)
		binary.LittleEndian.PutUint16(p[4:], uint16(e.Category))
		binary.LittleEndian.PutUint16(p[6:], e.Confidence)
		// Of an observation from after the day it matters how long after.
		binary.LittleEndian.PutUint32(p[8:], uint32(day-taxonomy.DayOf(e.LastSeen)))
		binary.LittleEndian.PutUint32(p[12:], daysUntil(max(e.From, day), day))
		binary.LittleEndian.PutUint32(p[16:], daysUntil(e.Until, day))
		m.pattern = append(m.pattern, p[:]...)
	}
}

// daysUntil returns the days from day to then, which is not earlier.
func daysUntil(then, day taxonomy.Day) uint32 {
	if then == taxonomy.NeverDay {
		return foreverDays
	}
	return uint32(then - day)
}
