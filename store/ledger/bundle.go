package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// lengthSize is how many bytes the length takes before an entry in a bundle.
const lengthSize = 2

// pack appends an entry of at most MaxEntry bytes to a bundle.
func pack(bundle, entry []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
	return append(bundle, entry...)
}

// unpack splits the first entry off a bundle.
func unpack(bundle []byte) (entry, rest []byte, ok bool) {
	if len(bundle) < lengthSize {
		return nil, nil, false
	}
	length := int(binary.BigEndian.Uint16(bundle))
	bundle = bundle[lengthSize:]
	if len(bundle) < length {
		return nil, nil, false
	}
	return bundle[:length:length], bundle[length:], true
}

// ParseBundle returns the entries, or openings, of a bundle of exactly width, 1 to
// Full. They are parts of bundle and must not be changed. Nothing may follow the
// last one.
func ParseBundle(bundle []byte, width int) ([][]byte, error) {
	if width < 1 || width > Full {
		return nil, fmt.Errorf("ledger: a bundle of %d; it has 1 to %d entries", width, Full)
	}
	entries := make([][]byte, width)
	rest := bundle
	for i := range entries {
		var ok bool
		if entries[i], rest, ok = unpack(rest); !ok {
			return nil, fmt.Errorf("ledger: the bundle of %d bytes ends within entry %d of %d", len(bundle), i, width)
		}
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("ledger: %d bytes follow the last of %d entries in a bundle", len(rest), width)
	}
	return entries, nil
}

// Erase returns what a Store has to write so that a bundle of openings, t, loses
// those in slots, counted from 0. The others keep their places. The bytes are all
// that the Store holds of the bundle: what is left out is dropped.
func Erase(t Tile, bundle []byte, slots ...int) (Addition, error) {
	if t.Kind != Openings {
		return Addition{}, fmt.Errorf("ledger: erase from %s: only openings are erased", t)
	}
	openings, err := ParseBundle(bundle, t.Width)
	if err != nil {
		return Addition{}, fmt.Errorf("ledger: erase from %s: %w", t, err)
	}
	for _, slot := range slots {
		if slot < 0 || slot >= len(openings) {
			return Addition{}, fmt.Errorf("ledger: erase opening %d of %s, which has %d", slot, t, len(openings))
		}
	}
	kept := make([]byte, 0, len(bundle))
	for i, opening := range openings {
		if slices.Contains(slots, i) {
			opening = nil
		}
		kept = pack(kept, opening)
	}
	return Addition{Tile: t, Data: kept}, nil
}
