package undo

import "ringfence/store/view/internal/fixed"

// Encode writes the book.
func (b *Book) Encode(e *fixed.Writer) {
	e.U32(uint32(len(b.All)))
	for _, u := range b.All {
		e.U32(u.Batch)
		e.U32(uint32(u.Of))
		e.U32(u.Own)
		e.U32(u.Live)
		e.U16(u.Index)
		e.Bool(u.Alone)
		e.Bool(u.One)
	}
	e.U32(uint32(len(b.pairs)))
	for _, p := range b.pairs {
		e.U32(uint32(p.one))
		e.U32(uint32(p.rest))
	}
	e.U32(uint32(b.waiting))
	for place, hold := range b.held.All() {
		if hold != (Hold{}) {
			e.U32(place)
			e.U64(uint64(hold.Own))
			e.U64(uint64(hold.Across))
		}
	}
}

// Decode reads what Encode wrote, of a view whose batches have speakers.
func Decode(d *fixed.Reader, speakers []uint32) (b Book) {
	b.All = make([]Undoing, d.Count(20))
	for i := range b.All {
		u := Undoing{Batch: d.U32(), Of: By(d.U32()), Own: d.U32(), Live: d.U32(), Index: d.U16(), Alone: d.Bool(), One: d.Bool()}
		switch {
		case int(u.Batch) >= len(speakers):
			d.Fail("retraction %d is in batch %d of %d", i, u.Batch, len(speakers))
			return b
		case int(u.Of) > i+1 || u.again(uint32(i)) && b.All[u.Of-1].Of != u.Of:
			d.Fail("retraction %d follows one that is not the first", i)
			return b
		}
		u.Speaker = speakers[u.Batch]
		b.All[i] = u
	}
	n := d.Count(8)
	for range n {
		// The rest of a pair came before it, so that following it ends.
		p := pair{By(d.U32()), By(d.U32())}
		if p.one&several != 0 || !b.Holds(p.one) || !b.Holds(p.rest) {
			d.Fail("a retraction that is none is joined with another")
			return b
		}
		b.pairs = append(b.pairs, p)
	}
	for range d.Count(20) {
		place, hold := d.U32(), Hold{Own: int64(d.U64()), Across: int64(d.U64())}
		if int(place) >= len(b.All) {
			d.Fail("retraction %d of %d waits", place, len(b.All))
			return b
		}
		b.put(place, hold)
	}
	for place := range uint32(len(b.All)) {
		if b.All[place].again(place) {
			b.enter(place, b.held.At(place))
		}
	}
	return b
}

// Holds reports whether by is nothing, or targets that the book has.
func (b *Book) Holds(by By) bool {
	if by&several != 0 {
		return int(by&^several) < len(b.pairs)
	}
	return by == 0 || int(by) <= len(b.All) && b.All[by-1].Of == by
}
