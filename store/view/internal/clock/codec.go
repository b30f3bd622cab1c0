package clock

import (
	"ringfence/store/number"
	"ringfence/store/view/internal/fixed"
)

// Encode writes the ticks.
func (t *Ticks) Encode(e *fixed.Writer) {
	e.U64(uint64(t.now))
	e.U32(uint32(len(t.all)))
	for _, one := range t.all {
		e.U64(one.below)
		e.U64(uint64(one.unix))
	}
}

// DecodeTicks reads what Encode wrote.
func DecodeTicks(d *fixed.Reader) (t Ticks) {
	t.now = int64(d.U64())
	t.all = make([]tick, d.Count(16))
	for i := range t.all {
		t.all[i] = tick{d.U64(), int64(d.U64())}
	}
	return t
}

// Encode writes the alarms.
func (a *Alarms) Encode(e *fixed.Writer) {
	all := a.All()
	e.U32(uint32(len(all)))
	for _, one := range all {
		e.U64(uint64(one.Moment))
		e.U32(uint32(len(one.Keys)))
		for _, k := range one.Keys {
			e.Key(k)
		}
	}
}

// DecodeAlarms reads what Encode wrote.
func DecodeAlarms(d *fixed.Reader) (a Alarms) {
	for range d.Count(12) {
		moment := int64(d.U64())
		for range d.Count(number.KeySize) {
			a.Set(moment, d.Key())
		}
	}
	return a
}
