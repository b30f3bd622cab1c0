package undo

import (
	"maps"
	"slices"

	"ringfence/store/view/internal/fixed"
)

// Encode writes the book.
func (b *Book) Encode(e *fixed.Writer) {
	e.U32(uint32(len(b.All)))
	for _, u := range b.All {
		e.U32(u.Batch)
		e.U16(u.Index)
		e.Bool(u.Alone)
		e.U32(u.Own)
		e.U32(u.Live)
	}
	e.U32(uint32(len(b.pairs)))
	for _, p := range b.pairs {
		e.U32(uint32(p.one))
		e.U32(uint32(p.rest))
	}
	e.U32(uint32(len(b.held)))
	for _, place := range slices.Sorted(maps.Keys(b.held)) {
		e.U32(place)
		e.U64(uint64(b.held[place].Own))
		e.U64(uint64(b.held[place].Across))
	}
}

// Decode reads what Encode wrote, of a view with so many batches.
func Decode(d *fixed.Reader, batches int) (b Book) {
	b.All = make([]Undoing, d.Count(15))
	for i := range b.All {
		b.All[i] = Undoing{Batch: d.U32(), Index: d.U16(), Alone: d.Bool(), Own: d.U32(), Live: d.U32()}
		if int(b.All[i].Batch) >= batches {
			d.Fail("retraction %d is in batch %d of %d", i, b.All[i].Batch, batches)
		}
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
		place := d.U32()
		if b.held == nil {
			b.held = make(map[uint32]Hold)
		}
		b.held[place] = Hold{Own: int64(d.U64()), Across: int64(d.U64())}
	}
	return b
}

// Holds reports whether by is nothing, or undoings that the book has.
func (b *Book) Holds(by By) bool {
	if by&several != 0 {
		return int(by&^several) < len(b.pairs)
	}
	return int(by) <= len(b.All)
}
