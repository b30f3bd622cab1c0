package list

import (
	"ringfence/store/charter"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
	"ringfence/store/view/internal/port"
)

// EncodePlace writes where a batch lies in its feed, and how much it says.
func (b *Batch) EncodePlace(e *fixed.Writer) {
	e.U64(b.Epoch)
	e.U64(b.Sequence)
	e.U64(uint64(b.Time))
	e.U32(uint32(b.Count))
}

// DecodePlace reads what EncodePlace wrote.
func (b *Batch) DecodePlace(d *fixed.Reader) {
	b.Epoch, b.Sequence, b.Time, b.Count = d.U64(), d.U64(), int64(d.U64()), int32(d.U32())
}

// EncodeTerms writes what contests and ports name.
func (l *List) EncodeTerms(e *fixed.Writer) {
	e.U32(uint32(len(l.Targets)))
	for _, refs := range l.Targets {
		e.U32(uint32(len(refs)))
		for _, r := range refs {
			e.Raw(r.Bytes())
		}
	}
	e.U32(uint32(len(l.Ports)))
	for _, p := range l.Ports {
		e.U16(uint16(p.From))
		e.U16(uint16(p.To))
		e.U32(uint32(p.Date))
	}
}

// DecodeTerms reads what EncodeTerms wrote.
func (l *List) DecodeTerms(d *fixed.Reader) {
	l.Targets = make([][]taxonomy.Ref, d.Count(4))
	for i := range l.Targets {
		refs := make([]taxonomy.Ref, d.Count(taxonomy.RefSize))
		for k := range refs {
			var err error
			if refs[k], err = taxonomy.RefFromBytes(d.Raw(taxonomy.RefSize)); err != nil {
				d.Fail("%w", err)
			}
		}
		l.Targets[i] = refs
	}
	l.Ports = make([]port.Terms, d.Count(8))
	for i := range l.Ports {
		l.Ports[i] = port.Terms{From: charter.MemberIndex(d.U16()), To: charter.MemberIndex(d.U16()), Date: taxonomy.Day(d.U32())}
	}
}
