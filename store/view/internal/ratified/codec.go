package ratified

import (
	"maps"
	"slices"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
)

const (
	recordSize = number.KeySize + 3*8 + 4 + 2 + 2
	bitHand    = 1 << 0
	bitRevoked = 1 << 1
)

// Encode writes the fold.
func (f *Fold) Encode(e *fixed.Writer) {
	book := f.Book()
	e.U32(uint32(book.Len()))
	book.Each(func(r *Record) { r.encode(e) })
	e.U32(uint32(len(f.motions)))
	for i := range f.motions {
		e.U64(f.motions[i].first)
		e.U32(uint32(len(f.motions[i].subjects)))
		for _, s := range f.motions[i].subjects {
			e.Key(s)
		}
	}
	e.U32(uint32(len(f.dead)))
	for _, day := range slices.Sorted(maps.Keys(f.dead)) {
		e.U32(uint32(day))
		e.U32(uint32(len(f.dead[day])))
		for _, these := range f.dead[day] {
			e.U64(these.first)
			e.U64(these.last)
		}
	}
	e.U32(uint32(len(f.waiting)))
	for _, w := range f.waiting {
		e.U64(w.size)
		e.U64(w.first)
		e.U64(w.last)
		e.U64(uint64(w.seconds))
		e.Bool(w.stay)
	}
}

func (r *Record) encode(e *fixed.Writer) {
	e.Key(r.Key)
	e.U64(r.Index)
	e.U64(uint64(r.From))
	e.U64(uint64(r.Stayed))
	e.U32(uint32(r.Until))
	e.U16(uint16(r.Category))
	e.U8(uint8(r.Action))
	var bits uint8
	if r.Hand {
		bits |= bitHand
	}
	if r.Revoked {
		bits |= bitRevoked
	}
	e.U8(bits)
}

// Decode reads what Encode wrote.
func Decode(d *fixed.Reader) (f Fold) {
	records := make([]Record, d.Count(recordSize))
	for i := range records {
		r := Record{
			Key: d.Key(), Index: d.U64(), From: int64(d.U64()), Stayed: int64(d.U64()), Until: taxonomy.Day(d.U32()),
			Category: taxonomy.Category(d.U16()), Action: taxonomy.Action(d.U8()),
		}
		bits := d.U8()
		r.Hand, r.Revoked = bits&bitHand != 0, bits&bitRevoked != 0
		records[i] = r
	}
	f.more = records
	f.motions = make([]entered, d.Count(12))
	for i := range f.motions {
		f.motions[i] = entered{first: d.U64(), subjects: make([]number.Range, d.Count(number.KeySize))}
		for k := range f.motions[i].subjects {
			f.motions[i].subjects[k] = d.KeyOrNone()
		}
	}
	f.dead = make(map[taxonomy.Day][]entries)
	for range d.Count(8) {
		day := taxonomy.Day(d.U32())
		all := make([]entries, d.Count(16))
		for i := range all {
			all[i] = entries{d.U64(), d.U64()}
		}
		f.dead[day] = all
	}
	f.waiting = make([]wait, d.Count(33))
	for i := range f.waiting {
		f.waiting[i] = wait{size: d.U64(), first: d.U64(), last: d.U64(), seconds: int64(d.U64()), stay: d.Bool()}
	}
	return f
}
