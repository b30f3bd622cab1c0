package tiles

import (
	"fmt"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/ledger"
)

// Erased is which openings of a bundle were erased: a bit a slot.
type Erased [ledger.Full / 8]byte

// Has reports whether the opening in a slot, 0 to 255, was erased.
func (e *Erased) Has(slot int) bool { return e[slot/8]&(1<<(slot%8)) != 0 }

func (e *Erased) add(slot int) { e[slot/8] |= 1 << (slot % 8) }

// ErasedOf returns which openings of a bundle were erased.
func ErasedOf(txn engine.Txn, bundle uint64) (Erased, error) {
	value, ok, err := txn.Get(layout.ErasedKey(bundle))
	if err != nil || !ok {
		return Erased{}, err
	}
	if len(value) != len(Erased{}) {
		return Erased{}, damage.Errorf("what was erased of bundle %d has %d bytes", bundle, len(value))
	}
	return Erased(value), nil
}

// EraseAll erases the openings of entries, not yet durably. The caller is db's writer.
func EraseAll(db *engine.DB, indexes []uint64) error {
	bundles := make(map[uint64][]int)
	for _, i := range indexes {
		bundles[i/ledger.Full] = append(bundles[i/ledger.Full], int(i%ledger.Full))
	}
	for bundle, slots := range bundles {
		err := db.Commit(func(txn engine.Txn) error { return erase(txn, bundle, slots) })
		if err != nil {
			return err
		}
	}
	return nil
}

// erase erases openings of a bundle, and writes down that it did.
func erase(txn engine.Txn, bundle uint64, slots []int) error {
	erased, err := ErasedOf(txn, bundle)
	if err != nil {
		return err
	}
	for _, slot := range slots {
		erased.add(slot)
	}
	if err := txn.Set(layout.ErasedKey(bundle), append(make([]byte, 0, len(erased)+8), erased[:]...)); err != nil {
		return err
	}
	t := ledger.Tile{Kind: ledger.Openings, Index: bundle, Width: ledger.Full}
	a := ledger.Addition{Tile: t}
	if a.Data, a.Width, err = collect(txn, t); err != nil || a.Width == 0 {
		return err
	}
	return Add(txn, a) // which leaves out what was erased
}

// withoutErased returns the bytes of an addition to a bundle of openings without
// those that were erased.
func withoutErased(txn engine.Txn, a ledger.Addition) ([]byte, error) {
	erased, err := ErasedOf(txn, a.Index)
	if err != nil || erased == (Erased{}) {
		return a.Data, err
	}
	kept, rest := make([]byte, 0, len(a.Data)), a.Data
	for slot := a.Skip; slot < a.Width; slot++ {
		size, err := measure(a.Kind, rest, 1)
		if err != nil {
			return nil, fmt.Errorf("add to %s: %w", a.Tile, err)
		}
		if erased.Has(slot) {
			kept = append(kept, 0, 0)
		} else {
			kept = append(kept, rest[:size]...)
		}
		rest = rest[size:]
	}
	return append(kept, rest...), nil
}
