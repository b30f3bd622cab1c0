package enacted

import (
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/clock"
	"ringfence/store/view/internal/fixed"
	"ringfence/store/view/internal/ratified"
)

// Encode writes the fold but for the constitution, of which it writes the size.
func (f *Fold) Encode(e *fixed.Writer) {
	e.U64(f.Size)
	f.Ticks.Encode(e)
	f.Ratified.Encode(e)
	f.Anchors.Encode(e)
	e.U32(uint32(len(f.changes)))
	for _, size := range f.changes {
		e.U64(size)
	}
}

// Decode reads what Encode wrote. f holds a constitution that knows its history to the
// size that was written.
func (f *Fold) Decode(d *fixed.Reader) {
	f.Size = d.U64()
	state, ok := f.State.At(f.Size)
	if !ok {
		d.Fail("it is of a ledger of %d entries; the constitution that is known is of %d", f.Size, f.State.Size())
		return
	}
	f.State = state
	f.Ticks = clock.DecodeTicks(d)
	f.Ratified = ratified.Decode(d)
	f.Anchors = anchors.Decode(d)
	f.changes = make([]uint64, d.Count(8))
	for i := range f.changes {
		f.changes[i] = d.U64()
	}
}
