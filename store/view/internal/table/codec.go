package table

import (
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
	"ringfence/store/view/internal/reason"
	"ringfence/store/view/internal/undo"
)

const (
	placeSize = number.KeySize + 4 + 4 + taxonomy.EntrySize
	// RowSize is how many bytes a row takes.
	RowSize = 8 + 5*4 + 4*2 + 2

	rowDerived = 1 << 0
	rowOwn     = 1 << 1
	rowUpheld  = 1 << 2
)

// Encode writes the table.
func (t *Table) Encode(e *fixed.Writer) {
	e.U32(uint32(len(t.Chunks)))
	for _, c := range t.Chunks {
		e.U32(uint32(len(c.Places)))
		e.U32(uint32(len(c.Rows)))
		for i := range c.Places {
			p := &c.Places[i]
			entry := p.Entry.Bytes()
			e.Key(p.Key)
			e.U32(uint32(p.Next))
			e.U32(p.End)
			e.Raw(entry[:])
		}
		for i := range c.Rows {
			c.Rows[i].Encode(e)
		}
	}
}

// Encode writes the row.
func (r *Row) Encode(e *fixed.Writer) {
	e.U64(uint64(r.LastSeen))
	e.U32(r.Batch)
	e.U32(uint32(r.UndoneBy))
	e.U32(uint32(r.From))
	e.U32(uint32(r.Until))
	e.U32(uint32(r.Since))
	e.U16(r.Index)
	e.U16(uint16(r.Kind))
	e.U16(uint16(r.Category))
	e.U16(r.Confidence)
	e.U8(uint8(r.Reason))
	var bits uint8
	if r.Derived {
		bits |= rowDerived
	}
	if r.Own {
		bits |= rowOwn
	}
	if r.Upheld {
		bits |= rowUpheld
	}
	e.U8(bits)
}

// Decode reads what Encode wrote. Each place and each row is shown to its func, which may
// refuse it by d.Fail.
func Decode(d *fixed.Reader, place func(*Place), row func(*Row)) (t Table) {
	n := d.Count(8)
	t.Chunks = make([]*Chunk, 0, n)
	var last number.Range
	for range n {
		places, rows := int(d.U32()), int(d.U32())
		if places*placeSize+rows*RowSize > d.Left() || places == 0 {
			d.Fail("a run of %d keys and %d statements in %d bytes", places, rows, d.Left())
			return t
		}
		c := &Chunk{Places: make([]Place, places), Rows: make([]Row, rows)}
		var end uint32
		for i := range c.Places {
			p := &c.Places[i]
			p.decode(d)
			if p.End < end || int(p.End) > rows || p.Key.Compare(last) <= 0 {
				d.Fail("key %d of a run is out of order", i)
				return t
			}
			place(p)
			end, last = p.End, p.Key
		}
		for i := range c.Rows {
			c.Rows[i].Decode(d)
			row(&c.Rows[i])
		}
		if int(end) != rows {
			d.Fail("a run has %d statements, its keys %d", rows, end)
			return t
		}
		t.Chunks = append(t.Chunks, c)
		t.Keys += c.keys()
		t.Rows += rows
	}
	return t
}

func (p *Place) decode(d *fixed.Reader) {
	p.Key, p.Next, p.End = d.Key(), taxonomy.Day(d.U32()), d.U32()
	b := [taxonomy.EntrySize]byte(d.Raw(taxonomy.EntrySize))
	if b == ([taxonomy.EntrySize]byte{}) {
		return // no entry
	}
	var err error
	if p.Entry, err = taxonomy.EntryFromBytes(b); err != nil {
		d.Fail("%w", err)
	}
}

// Decode reads what Encode wrote.
func (r *Row) Decode(d *fixed.Reader) {
	*r = Row{
		LastSeen: int64(d.U64()),
		Batch:    d.U32(),
		UndoneBy: undo.By(d.U32()),
		From:     taxonomy.Day(d.U32()), Until: taxonomy.Day(d.U32()), Since: taxonomy.Day(d.U32()),
		Index: d.U16(), Kind: assertion.Kind(d.U16()),
		Category: taxonomy.Category(d.U16()), Confidence: d.U16(),
		Reason: reason.Reason(d.U8()),
	}
	bits := d.U8()
	r.Derived, r.Own, r.Upheld = bits&rowDerived != 0, bits&rowOwn != 0, bits&rowUpheld != 0
}
