package view

import (
	"cmp"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
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
	_, rows := l.table.find(key)
	handed := l.handovers(rows)
	var best *row
	for i := range rows {
		r := &rows[i]
		b := &l.batches[r.batch]
		if r.kind != assertion.KindFlag || r.category != category || b.speaker == nobody || l.speakers[b.speaker].member != member ||
			!l.evident(r, handed) || r.from > l.stamp.Day || r.until <= l.stamp.Day {
			continue
		}
		if best == nil || l.older(best, r) {
			best = r
		}
	}
	if best == nil {
		return Standing{}, false
	}
	told := l.told(best)
	if told.Status == Unreadable {
		return Standing{Ref: told.Ref}, true
	}
	flag, ok := told.Body.(assertion.Flag)
	return Standing{Ref: told.Ref, Issuer: told.Issuer, Publication: told.Publication, Statement: told.Statement, Flag: flag}, ok
}

// older reports whether a comes before b in the order of a group's flags.
func (l *List) older(a, b *row) bool {
	x, y := &l.batches[a.batch], &l.batches[b.batch]
	return cmp.Or(
		cmp.Compare(a.lastSeen, b.lastSeen),
		cmp.Compare(x.time, y.time),
		cmp.Compare(x.speaker, y.speaker),
		cmp.Compare(x.epoch, y.epoch),
		cmp.Compare(x.sequence, y.sequence),
		cmp.Compare(a.index, b.index),
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
	for _, key := range l.ownKeys {
		_, rows := l.table.find(key)
		handed := l.handovers(rows)
		for i := range rows {
			r := &rows[i]
			b := &l.batches[r.batch]
			live := r.own && !r.void() && r.undoneBy == 0 && !l.before(r, handed) && r.from <= l.stamp.Day && r.until > l.stamp.Day
			if live && b.speaker != nobody && l.speakers[b.speaker].member == member {
				own = append(own, OwnBlock{Key: key, Category: r.category, Ref: l.ref(r), Until: r.until})
			}
		}
	}
	return own
}
