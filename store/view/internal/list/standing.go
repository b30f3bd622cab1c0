package list

import (
	"cmp"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/table"
)

// Standing is a member's newest live flag of one category on one key.
type Standing struct {
	Ref         taxonomy.Ref
	Issuer      keys.Public
	Publication assertion.PublicationID
	Statement   assertion.Statement
	Flag        assertion.Flag
}

// Standing returns what a member has standing about a key in a category: of
// its live flags (neither void, retracted, expired nor from before the number
// changed hands) the newest. Of one whose batch cannot be read only Ref is told.
func (l *List) Standing(member charter.MemberIndex, key number.Range, category taxonomy.Category) (Standing, bool) {
	_, rows := l.Table.Find(key)
	what := l.Weigh(rows)
	var best *table.Row
	for i := range rows {
		r := &rows[i]
		b := &l.Batches[r.Batch]
		if r.Kind != assertion.KindFlag || r.Category != category || b.Speaker == Nobody || l.Speakers[b.Speaker].Member != member ||
			!l.evident(r, &what) || r.From > l.Mark.Day || r.Until <= l.Mark.Day {
			continue
		}
		if best == nil || l.Older(best, r) {
			best = r
		}
	}
	if best == nil {
		return Standing{}, false
	}
	told := l.Read(best)
	if told.Status == Unreadable {
		return Standing{Ref: told.Ref}, true
	}
	flag, ok := told.Body.(assertion.Flag)
	return Standing{Ref: told.Ref, Issuer: told.Issuer, Publication: told.Publication, Statement: told.Statement, Flag: flag}, ok
}

func (l *List) rank(b *Batch) uint32 {
	if b.Speaker == Nobody {
		return Nobody
	}
	return l.Speakers[b.Speaker].rank
}

// Older reports whether a comes before b in the order of a group's flags.
func (l *List) Older(a, b *table.Row) bool {
	x, y := &l.Batches[a.Batch], &l.Batches[b.Batch]
	return cmp.Or(
		cmp.Compare(a.LastSeen, b.LastSeen),
		cmp.Compare(x.Time, y.Time),
		cmp.Compare(l.rank(x), l.rank(y)),
		cmp.Compare(x.Epoch, y.Epoch),
		cmp.Compare(x.Sequence, y.Sequence),
		cmp.Compare(a.Index, b.Index),
	) < 0
}

// OwnBlock is a live block of scope own.
type OwnBlock struct {
	Key      number.Range
	Category taxonomy.Category
	Ref      taxonomy.Ref
	Until    taxonomy.Day
}

// OwnBlocks returns the live blocks that a member said for its own nodes, in
// the order in which they came.
func (l *List) OwnBlocks(member charter.MemberIndex) []OwnBlock {
	var own []OwnBlock
	for _, key := range l.OwnKeys {
		_, rows := l.Table.Find(key)
		what := l.Weigh(rows)
		for i := range rows {
			r := &rows[i]
			b := &l.Batches[r.Batch]
			live := r.Own && !r.Void() && !l.Undone(r) && !l.before(r, &what) && r.From <= l.Mark.Day && r.Until > l.Mark.Day
			if live && b.Speaker != Nobody && l.Speakers[b.Speaker].Member == member {
				own = append(own, OwnBlock{Key: key, Category: r.Category, Ref: l.ref(r), Until: r.Until})
			}
		}
	}
	return own
}
