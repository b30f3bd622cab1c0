package ledger_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"ringfence/store/ledger"
)

func TestParseBundle(t *testing.T) {
	bundle := []byte("\x00\x03one\x00\x00\x00\x05three")
	entries, err := ledger.ParseBundle(bundle, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"one", "", "three"} {
		if string(entries[i]) != want {
			t.Errorf("entry %d is %q, want %q", i, entries[i], want)
		}
	}
	for name, c := range map[string]struct {
		bundle []byte
		width  int
	}{
		"nothing":                 {nil, 1},
		"width 0":                 {nil, 0},
		"a negative width":        {bundle, -1},
		"more than full":          {make([]byte, 2*257), 257},
		"an entry too many":       {bundle, 2},
		"an entry missing":        {bundle, 4},
		"the last one cut":        {bundle[:len(bundle)-1], 3},
		"a length cut":            {bundle[:6], 2},
		"one byte behind its end": {append(bytes.Clone(bundle), 0), 3},
	} {
		if _, err := ledger.ParseBundle(c.bundle, c.width); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEraseRefuses(t *testing.T) {
	bundle := []byte("\x00\x03one\x00\x00\x00\x05three")
	openings := ledger.Tile{Kind: ledger.Openings, Width: 3}
	entries := openings
	entries.Kind = ledger.Entries
	if _, err := ledger.Erase(entries, bundle, 0); err == nil {
		t.Error("an entry was erased")
	}
	for _, slot := range []int{-1, 3} {
		if _, err := ledger.Erase(openings, bundle, slot); err == nil {
			t.Errorf("opening %d of 3 was erased", slot)
		}
	}
	if _, err := ledger.Erase(openings, bundle[1:], 0); err == nil {
		t.Error("erased from what is no bundle")
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte("\x00\x03one\x00\x00\x00\x05three"), 3)
	f.Add(make([]byte, 512), 256)
	f.Add([]byte{255, 255}, 1)
	f.Fuzz(func(t *testing.T, bundle []byte, width int) {
		entries, err := ledger.ParseBundle(bundle, width)
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			again = append(binary.BigEndian.AppendUint16(again, uint16(len(e))), e...)
		}
		if len(entries) != width || !bytes.Equal(again, bundle) {
			t.Errorf("%x of %d was read as %d entries, %x", bundle, width, len(entries), again)
		}
	})
}

// FuzzCut cuts rows of which nothing is known, and adds to them.
func FuzzCut(f *testing.F) {
	f.Add([]byte("\x00\x03one\x00\x00\x00\x05three"), uint8(1), 2)
	f.Add(make([]byte, 70), uint8(0), 2)
	f.Add([]byte{255, 255}, uint8(2), 1)
	f.Fuzz(func(t *testing.T, row []byte, kind uint8, width int) {
		tile := ledger.Tile{Kind: ledger.Kind(kind), Width: width}
		cut, err := ledger.Cut(tile, row)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(row, cut) || len(cut) > tile.MaxBytes() {
			t.Fatalf("%s was cut from %x as %x", tile, row, cut)
		}
		if _, err := ledger.ParseBundle(cut, width); tile.Kind != ledger.Hashes && err != nil {
			t.Error(err)
		}
		tile.Width++
		longer, err := ledger.Addition{Tile: tile, Skip: width, Data: []byte{0, 0}}.Onto(row)
		if err != nil || !bytes.Equal(longer, append(bytes.Clone(cut), 0, 0)) {
			t.Errorf("%s added to %x gives %x, %v", tile, row, longer, err)
		}
	})
}
