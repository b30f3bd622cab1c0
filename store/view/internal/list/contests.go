package list

import (
	"cmp"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/dispute"
	"ringfence/store/view/internal/table"
)

// Contest is a contest that stands, and what came of it. Times are Unix seconds of the
// ledger's ticks.
type Contest struct {
	Ref      taxonomy.Ref
	Key      number.Range
	By       charter.MemberIndex
	Said     int64 // of its batch
	Anchored bool  // an anchor covers it
	// Opened is the tick from which its time runs, Deadline when that is over; both 0
	// while there is no such tick.
	Opened, Deadline int64
	Pleas            []Plea // of the publishers whom it concerns, in the order of their statements

	batch uint32 // that said it, by ordinal
}

// Plea is how one publisher stands towards a contest.
type Plea struct {
	Member   charter.MemberIndex
	Stance   dispute.Stance
	Answered bool         // it answered this very contest, in time or not
	Answer   taxonomy.Ref // where, the last time
	Upholds  bool         // what it answered
	Counts   bool         // a tick follows the anchor that covers the answer
	Live     bool         // it has evidence on the key that is live, but for contests
}

// Open reports whether a publisher who has live evidence has yet to answer.
func (c *Contest) Open() bool {
	return slices.ContainsFunc(c.Pleas, func(p Plea) bool { return p.Awaited() })
}

// Awaited reports whether the publisher has yet to answer, about evidence that is live.
func (p *Plea) Awaited() bool { return p.Live && p.Stance == dispute.Asked }

// Withdrew reports whether the publisher withdrew what it said.
func (p *Plea) Withdrew() bool { return p.Stance == dispute.Withdrawn }

// Upheld reports whether the publisher upheld what it said, in time.
func (p *Plea) Upheld() bool { return p.Stance == dispute.Upheld }

// Lapsed reports whether the deadline passed without an answer that counts.
func (p *Plea) Lapsed() bool { return p.Stance == dispute.Lapsed }

// Contests returns the contests of a key that stand, in the order in which they came.
func (l *List) Contests(key number.Range) []Contest {
	_, rows := l.Table.Find(key)
	return l.contests(key, rows)
}

// EachContest calls fn for every contest that stands, by key. It costs what was ever
// contested, however much else was said.
func (l *List) EachContest(fn func(Contest)) {
	keys := slices.SortedFunc(slices.Values(l.ContestKeys), number.Range.Compare)
	for _, key := range slices.Compact(keys) {
		for _, one := range l.Contests(key) {
			fn(one)
		}
	}
}

// Grounds returns what a contest gives as its reason; "" when that cannot be read.
func (l *List) Grounds(c *Contest) string {
	body, _ := l.Read(&table.Row{Batch: c.batch, Index: c.Ref.Index}).Body.(assertion.Contest)
	return body.Grounds
}

func (l *List) contests(key number.Range, rows []table.Row) (all []Contest) {
	if !slices.ContainsFunc(rows, func(r table.Row) bool { return r.Kind == assertion.KindContest }) {
		return nil
	}
	var c dispute.Case
	for i := range rows {
		l.plead(&rows[i], rows, &c)
	}
	publishers, what := l.publishers(rows), weighed{handed: l.handovers(rows)}
	for i := range rows {
		r := &rows[i]
		if r.Kind != assertion.KindContest || r.Void() || l.Undone(r) {
			continue
		}
		b, it := &l.Batches[r.Batch], l.contest(r, rows)
		one := Contest{batch: r.Batch, Ref: l.ref(r), Key: key, By: l.Speakers[b.Speaker].Member, Said: b.Time, Anchored: b.Cover != 0}
		if it.Ticked {
			one.Opened, one.Deadline = it.Opened, it.Deadline()
		}
		for _, m := range publishers {
			if it.Concerns(m) {
				one.Pleas = append(one.Pleas, l.pleaOf(&c, &it, m))
			}
		}
		for k := range one.Pleas {
			p := &one.Pleas[k]
			p.Live = slices.ContainsFunc(rows, func(r table.Row) bool {
				return l.evident(&r, &what) && r.Until > l.Mark.Day && l.Speakers[l.Batches[r.Batch].Speaker].Member == p.Member
			})
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Contest) int { return cmp.Compare(a.Said, b.Said) })
	return all
}

func (l *List) pleaOf(c *dispute.Case, one *dispute.Contest, m charter.MemberIndex) Plea {
	p := Plea{Member: m, Stance: c.Stance(one, m, l.moment().Now)}
	if last := c.Last(one, m); last != nil {
		p.Answered, p.Upholds, p.Counts = true, last.Upheld, last.Ticked
		p.Answer = taxonomy.Ref{Batch: l.Batches[last.ID>>16].CID, Index: uint16(last.ID)}
	}
	return p
}

// Clock returns what the ledger's last tick is worth, in Unix seconds, by which deadlines
// pass; 0 before the first.
func (l *List) Clock() int64 { return l.moment().Now }
