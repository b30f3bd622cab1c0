package view

import (
	"cmp"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// A publication is known from its statements alone: each node can tell what stands of
// whatever a member published, on this node or another.

// Delivery is what is held of a member's publication.
type Delivery struct {
	ID         assertion.PublicationID
	Issuer     keys.Public // who began it
	Statements int
	Retracted  int         // of them: alone, with their batch or by the ID
	Dead       bool        // the ID was retracted, for good
	Begun      int64       // of its first batch, Unix seconds
	Ended      int64       // of its last
	First      func() Told // reads the first of its statements
}

// Deliveries returns what a member published and is held here, in the order in which
// it came. It goes through all rows of the list.
func (v *View) Deliveries(member charter.MemberIndex) []Delivery {
	v.mu.Lock()
	l := v.List()
	var all []Delivery
	parts := make(map[uint32][]piece)
	for id, d := range v.w.targets.Of(member) {
		if len(d.Spans) == 0 {
			continue
		}
		for _, s := range d.Spans {
			parts[s.Batch] = append(parts[s.Batch], piece{s, len(all)})
		}
		all = append(all, deliveryOf(l, id, &d))
	}
	v.mu.Unlock()

	countRetracted(l, parts, all)
	slices.SortFunc(all, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(a.Begun, b.Begun), slices.Compare(a.ID[:], b.ID[:]))
	})
	return all
}

// piece is a span of one of several deliveries.
type piece struct {
	undo.Span
	of int
}

// Excerpt is what a member said under some of its publication IDs.
type Excerpt struct {
	list  *List
	spans map[uint32][]undo.Span // by batch
}

// Excerpt returns what a member said under some IDs, as far as the view has followed.
func (v *View) Excerpt(member charter.MemberIndex, ids []assertion.PublicationID) *Excerpt {
	v.mu.Lock()
	defer v.mu.Unlock()
	x := &Excerpt{list: v.List(), spans: make(map[uint32][]undo.Span)}
	for _, id := range ids {
		for _, s := range v.w.targets.Delivery(undo.Key{Member: member, Publication: id}).Spans {
			x.spans[s.Batch] = append(x.spans[s.Batch], s)
		}
	}
	return x
}

// Flagged tells whether the excerpt has a flag of one category on a key, and whether
// one of them is still upheld: neither retracted nor suspended by a fork, though it may
// have expired, or be outdone by a newer one.
func (x *Excerpt) Flagged(key number.Range, category taxonomy.Category) (said, upheld bool) {
	_, rows := x.list.Table.Find(key)
	for i := range rows {
		r := &rows[i]
		within := func(s undo.Span) bool { return r.Index >= s.First && r.Index <= s.Last }
		if r.Kind != assertion.KindFlag || r.Category != category || !slices.ContainsFunc(x.spans[r.Batch], within) {
			continue
		}
		said = true
		upheld = upheld || !x.list.Undone(r) && r.Reason != ReasonFrozen
	}
	return said, upheld
}

func deliveryOf(l *List, id assertion.PublicationID, d *undo.Delivery) Delivery {
	first, last := d.Spans[0], &l.Batches[d.Spans[len(d.Spans)-1].Batch]
	b := &l.Batches[first.Batch]
	out := Delivery{
		ID: id, Issuer: l.Speakers[b.Speaker].Key, Dead: d.By != 0, Begun: b.Time, Ended: last.Time,
		First: func() Told { return l.Read(&table.Row{Batch: first.Batch, Index: first.First}) },
	}
	for _, s := range d.Spans {
		out.Statements += int(s.Last-s.First) + 1
	}
	return out
}

// countRetracted counts the retracted statements of deliveries. One about several keys
// has a row at each, and counts once.
func countRetracted(l *List, parts map[uint32][]piece, all []Delivery) {
	type statement struct {
		batch uint32
		index uint16
	}
	counted := make(map[statement]bool)
	l.Table.Each(func(_ *table.Place, r *table.Row) {
		one := statement{r.Batch, r.Index}
		if !l.Undone(r) || counted[one] {
			return
		}
		for _, p := range parts[r.Batch] {
			if r.Index >= p.First && r.Index <= p.Last {
				counted[one] = true
				all[p.of].Retracted++
			}
		}
	})
}
