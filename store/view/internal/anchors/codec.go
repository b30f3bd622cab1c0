package anchors

import (
	"cmp"
	"maps"
	"slices"

	"ringfence/store/charter/heads"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
)

// Encode writes the book.
func (b *Book) Encode(e *fixed.Writer) {
	e.U32(uint32(len(b.All)))
	for _, a := range b.All {
		e.U64(a.Index)
		e.U64(a.End)
		e.U64(a.Size)
		e.U32(uint32(a.Day))
	}
	e.U32(uint32(len(b.marks)))
	for _, at := range slices.SortedFunc(maps.Keys(b.marks), Place.compare) {
		at.encode(e)
		e.U64(b.fixed[at].At)
		e.U32(uint32(len(b.marks[at])))
		for _, m := range b.marks[at] {
			e.U64(m.to)
			e.U32(uint32(m.by))
			e.Raw(m.digest[:])
		}
	}
	e.U32(uint32(len(b.frozen)))
	for _, at := range slices.SortedFunc(maps.Keys(b.frozen), Place.compare) {
		at.encode(e)
	}
}

func (p Place) compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Issuer, o.Issuer), cmp.Compare(p.Epoch, o.Epoch))
}

func (p Place) encode(e *fixed.Writer) {
	e.U32(p.Issuer)
	e.U64(p.Epoch)
}

// Decode reads what Encode wrote.
func Decode(d *fixed.Reader) Book {
	b := Book{fixed: make(map[Place]heads.Fixed), marks: make(map[Place][]mark), frozen: make(map[Place]struct{})}
	b.All = make([]Anchor, d.Count(28))
	for i := range b.All {
		b.All[i] = Anchor{Index: d.U64(), End: d.U64(), Size: d.U64(), Day: taxonomy.Day(d.U32())}
	}
	for range d.Count(24) {
		at, since := Place{d.U32(), d.U64()}, d.U64()
		marks := make([]mark, d.Count(12+merkle.HashSize))
		for i := range marks {
			marks[i] = mark{d.U64(), Cover(d.U32()), merkle.Hash(d.Raw(merkle.HashSize))}
			if marks[i].by == 0 || int(marks[i].by) > len(b.All) {
				d.Fail("anchor %d of %d covers a feed", marks[i].by, len(b.All))
			}
		}
		if len(marks) == 0 {
			d.Fail("nothing of issuer %d is fixed in epoch %d", at.Issuer, at.Epoch)
			continue
		}
		last := marks[len(marks)-1]
		b.marks[at] = marks
		b.fixed[at] = heads.Fixed{Head: motion.AnchoredHead{Issuer: at.Issuer, Epoch: at.Epoch, Sequence: last.to, Digest: last.digest}, At: since}
	}
	for range d.Count(12) {
		b.frozen[Place{d.U32(), d.U64()}] = struct{}{}
	}
	return b
}
