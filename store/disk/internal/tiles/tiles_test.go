package tiles

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/ledger"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) *engine.DB {
	t.Helper()
	db, err := engine.Open(engine.Config{
		Dir: filepath.Join(t.TempDir(), "db"), Floor: 1,
		Free: func() (uint64, error) { return 1 << 40, nil }, Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// write writes as the one writer.
func write(db *engine.DB, additions ...ledger.Addition) error {
	return db.Always(func() error { return Write(db, additions) })
}

func read(db *engine.DB, t ledger.Tile) (row []byte, err error) {
	err = db.View(func(txn engine.Txn) error { row, err = Read(txn, t); return err })
	return row, err
}

// packed is slots of those sizes.
func packed(sizes ...int) []byte {
	var b []byte
	for i, size := range sizes {
		b = binary.BigEndian.AppendUint16(b, uint16(size))
		b = append(b, bytes.Repeat([]byte{byte(i + 1)}, size)...)
	}
	return b
}

// TestRandomRows compares rows with what Onto, which is one slice, makes of the same
// additions; at every step each width that is held reads as its beginning.
func TestRandomRows(t *testing.T) {
	db := open(t)
	random := rand.New(rand.NewPCG(10, 3))
	for _, kind := range []ledger.Kind{ledger.Hashes, ledger.Entries, ledger.Openings} {
		tile := ledger.Tile{Kind: kind, Index: 9}
		var row []byte
		width := 0
		for range 60 {
			skip := width
			if random.IntN(4) == 0 {
				skip = random.IntN(width + 1)
			}
			if skip == ledger.Full {
				skip = random.IntN(ledger.Full)
			}
			most := []int{1, 3, ledger.Full}[random.IntN(3)]
			tile.Width = skip + 1 + random.IntN(min(most, ledger.Full-skip))
			a := ledger.Addition{Tile: tile, Skip: skip}
			for range tile.Width - skip {
				size := []int{0, 60, 60, 500, 500, 5000, 5000, 65_535}[random.IntN(8)]
				slot := packed(size)
				if kind == ledger.Hashes {
					slot = make([]byte, 32)
				}
				if len(slot) > 2 {
					slot[2], slot[len(slot)-1] = byte(random.Uint32()), byte(random.Uint32())
				}
				a.Data = append(a.Data, slot...)
			}
			want, err := a.Onto(row)
			must(t, err)
			must(t, write(db, a))
			row, width = want, tile.Width
			at := tile
			at.Width = 1 + random.IntN(width)
			got, err := read(db, at)
			must(t, err)
			part, err := ledger.Cut(at, row)
			must(t, err)
			if !bytes.Equal(got, part) {
				t.Fatalf("%s is not the beginning of %d slots", at, width)
			}
			if got, err = read(db, tile); err != nil || !bytes.Equal(got, row) {
				t.Fatalf("%s: %v", tile, err)
			}
			if tile.Width < ledger.Full {
				at.Width = width + 1
				if _, err := read(db, at); !errors.Is(err, fs.ErrNotExist) {
					t.Fatalf("%s is held where %d slots are: %v", at, width, err)
				}
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	db := open(t)
	tile := ledger.Tile{Kind: ledger.Entries, Width: 2}
	must(t, write(db, ledger.Addition{Tile: tile, Data: packed(3, 3)}))
	for name, a := range map[string]ledger.Addition{
		"a gap":             {Tile: ledger.Tile{Kind: ledger.Entries, Width: 5}, Skip: 4, Data: packed(1)},
		"a gap at first":    {Tile: ledger.Tile{Kind: ledger.Entries, Index: 1, Width: 5}, Skip: 4, Data: packed(1)},
		"no kind":           {Tile: ledger.Tile{Kind: 3, Width: 1}, Data: packed(1)},
		"too wide":          {Tile: ledger.Tile{Kind: ledger.Entries, Width: 257}, Data: packed(make([]int, 257)...)},
		"nothing":           {Tile: tile, Skip: 2},
		"a negative skip":   {Tile: tile, Skip: -1, Data: packed(1, 1, 1)},
		"a slot missing":    {Tile: tile, Data: packed(1)},
		"a slot cut":        {Tile: tile, Data: packed(1, 1)[:5]},
		"bytes behind":      {Tile: tile, Data: append(packed(1, 1), 0)},
		"half a hash":       {Tile: ledger.Tile{Width: 1}, Data: make([]byte, 31)},
		"openings not such": {Tile: ledger.Tile{Kind: ledger.Openings, Width: 1}, Data: []byte{0}},
	} {
		if write(db, a) == nil {
			t.Errorf("%s: written", name)
		}
	}
	if row, err := read(db, tile); err != nil || !bytes.Equal(row, packed(3, 3)) {
		t.Errorf("after all: %x, %v", row, err)
	}
	if _, err := read(db, ledger.Tile{Kind: 3, Width: 1}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a tile of no kind: %v", err)
	}
}

// TestOpeningsStayOutOfTheValueLog, where nothing goes that was erased; and a row of
// the largest openings that do fits into one transaction.
func TestOpeningsStayOutOfTheValueLog(t *testing.T) {
	db := open(t)
	sizes := make([]int, ledger.Full)
	for i := range sizes {
		sizes[i] = inTree/2 - 1 // so that each is a run of its own
	}
	tile := ledger.Tile{Kind: ledger.Openings, Width: ledger.Full}
	must(t, write(db, ledger.Addition{Tile: tile, Data: packed(sizes...)}))
	must(t, db.View(func(txn engine.Txn) error {
		runs := txn.Keys(layout.RowPrefix(tile))
		if len(runs) != ledger.Full {
			t.Errorf("%d runs, want %d", len(runs), ledger.Full)
		}
		for _, key := range runs {
			value, _, err := txn.GetLarge(layout.RunKey(tile, int(key[0])))
			must(t, err)
			if len(value) > engine.MaxInTree+4 {
				t.Errorf("the run from %d has %d bytes", key[0], len(value))
			}
		}
		return nil
	}))
	for i := range sizes {
		sizes[i] = inTree - 2
	}
	must(t, write(db, ledger.Addition{Tile: tile, Data: packed(sizes...)}))
	row, err := read(db, tile)
	if err != nil || !bytes.Equal(row, packed(sizes...)) {
		t.Errorf("%d bytes, %v", len(row), err)
	}
}

// TestDamagedRuns: what has its checksum and is no run is named.
func TestDamagedRuns(t *testing.T) {
	db := open(t)
	tile := ledger.Tile{Kind: ledger.Entries, Index: 7, Width: 2}
	for name, value := range map[string][]byte{
		"empty": {}, "no slots": {0, 0}, "too many": {1, 1}, "slots missing": {0, 2, 0, 0}, "beyond": {0, 2, 0, 0, 0, 9},
	} {
		must(t, db.Always(func() error {
			return db.Commit(func(txn engine.Txn) error { return txn.Set(layout.RunKey(tile, 0), bytes.Clone(value)) })
		}))
		if _, err := read(db, tile); !errors.Is(err, damage.Err) {
			t.Errorf("%s: %v", name, err)
		}
		tile.Width = 4
		err := write(db, ledger.Addition{Tile: tile, Skip: 2, Data: packed(1, 1)})
		if tile.Width = 2; err == nil {
			t.Errorf("%s: written on", name)
		}
	}
	must(t, write(db, ledger.Addition{Tile: tile, Data: packed(1, 1)})) // mends it
	if row, err := read(db, tile); err != nil || !bytes.Equal(row, packed(1, 1)) {
		t.Errorf("mended: %x, %v", row, err)
	}
	must(t, db.Always(func() error {
		return db.Commit(func(txn engine.Txn) error { return txn.Set(layout.ErasedKey(7), []byte{1, 2}) })
	}))
	err := write(db, ledger.Addition{Tile: ledger.Tile{Kind: ledger.Openings, Index: 7, Width: 1}, Data: packed(1)})
	if !errors.Is(err, damage.Err) {
		t.Errorf("what was erased is damaged: %v", err)
	}
}
