// Package ledgertest keeps a ledger in memory, and says what every Store of one
// promises.
//
// Memory is a Store in the fewest lines; Run is the suite that it and the Stores on
// disk pass, in a few lines each. A promise that no test here checks is none.
//
// For tests only, beside package ledger on floor 2.
package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"ringfence/store/ledger"
)

// Memory is a Store that keeps nothing. The zero value is empty.
type Memory struct {
	mu   sync.RWMutex
	rows map[place][]byte
}

// place is where a row is kept, whatever its width.
type place struct {
	kind  ledger.Kind
	level int
	index uint64
}

func placeOf(t ledger.Tile) place { return place{t.Kind, t.Level, t.Index} }

// Read implements ledger.Source.
func (m *Memory) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	row, err := ledger.Cut(t, m.rows[placeOf(t)])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	return row, nil
}

// Write implements ledger.Store.
func (m *Memory) Write(additions []ledger.Addition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = make(map[place][]byte)
	}
	for _, a := range additions {
		row, err := a.Onto(m.rows[placeOf(a.Tile)])
		if err != nil {
			return err
		}
		m.rows[placeOf(a.Tile)] = row
	}
	return nil
}

// Entry returns the entry with the number i of the ledgers that tests make, with an
// opening unless i is a multiple of 3.
func Entry(i uint64) ledger.Entry {
	e := ledger.Entry{Data: fmt.Appendf(nil, "entry %d", i)}
	if i%3 != 0 {
		e.Opening = fmt.Appendf(nil, "opening %d", i)
	}
	return e
}

// Entries returns the entries from one number up to another, without the last.
func Entries(from, to uint64) []ledger.Entry {
	entries := make([]ledger.Entry, 0, to-from)
	for i := from; i < to; i++ {
		entries = append(entries, Entry(i))
	}
	return entries
}

// Grow appends entries to a tree in a Store and returns the larger tree.
func Grow(t testing.TB, store ledger.Store, tree ledger.Tree, entries []ledger.Entry) ledger.Tree {
	t.Helper()
	grown, additions, err := tree.Append(entries)
	if err == nil {
		err = store.Write(additions)
	}
	if err != nil {
		t.Fatal(err)
	}
	return grown
}

// Run tests what a Store promises. Open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Run("keeps what it is given", func(t *testing.T) {
		store := open(t)
		var tree ledger.Tree
		for _, size := range []uint64{1, 2, 255, 256, 257, 700, 1024, 5000} {
			tree = Grow(t, store, tree, Entries(tree.Size(), size))
			check(t, store, tree)
		}
	})
	t.Run("does not hold what was never written", func(t *testing.T) {
		store := open(t)
		Grow(t, store, ledger.Tree{}, Entries(0, 300))
		for _, tile := range []ledger.Tile{
			{Kind: ledger.Entries, Index: 2, Width: 1}, {Kind: ledger.Entries, Index: 1, Width: 45},
			{Kind: ledger.Openings, Index: 1, Width: ledger.Full}, {Kind: ledger.Hashes, Level: 1, Width: 2},
		} {
			if _, err := store.Read(t.Context(), tile); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", tile, err)
			}
		}
	})
	t.Run("refuses what leaves a gap", func(t *testing.T) {
		store := open(t)
		Grow(t, store, ledger.Tree{}, Entries(0, 300))
		gap := ledger.Addition{Tile: ledger.Tile{Kind: ledger.Entries, Index: 1, Width: 50}, Skip: 49, Data: []byte{0, 0}}
		if store.Write([]ledger.Addition{gap}) == nil {
			t.Error("entry 305 was kept where 304 is missing")
		}
	})
	t.Run("drops a tail", func(t *testing.T) { runTail(t, open(t)) })
	t.Run("erases openings", func(t *testing.T) { runErase(t, open(t)) })
}

// runTail gives up provisional entries, goes on in their place with others, and
// reads a state below all the while.
func runTail(t *testing.T, store ledger.Store) {
	certified := Grow(t, store, ledger.Tree{}, Entries(0, 300))
	Grow(t, store, certified, Entries(300, 70_000))
	check(t, store, certified)

	tree := certified
	for _, size := range []uint64{301, 511, 512, 513, 3000, 66_000} {
		tree = Grow(t, store, tree, Entries(tree.Size()+1_000_000, size+1_000_000))
		check(t, store, tree)
		check(t, store, certified)
	}
}

func runErase(t *testing.T, store ledger.Store) {
	tree := Grow(t, store, ledger.Tree{}, Entries(0, 300))
	bundle := ledger.Tile{Kind: ledger.Openings, Index: 1, Width: 44}
	held, err := store.Read(t.Context(), bundle)
	if err != nil {
		t.Fatal(err)
	}
	erased, err := ledger.Erase(bundle, held, 1, 43)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Write([]ledger.Addition{erased}); err != nil {
		t.Fatal(err)
	}
	tree = Grow(t, store, tree, Entries(300, 310))
	openings, err := ledger.NewReader(tree, store).Openings(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range openings {
		want := Entry(ledger.Full + uint64(i)).Opening
		if i == 1 || i == 43 {
			want = nil
		}
		if !bytes.Equal(got, want) {
			t.Errorf("opening %d is %q, want %q", ledger.Full+i, got, want)
		}
	}
	if err := ledger.NewReader(tree, store).Check(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

// check opens a tree as a stranger does and reads all of it.
func check(t *testing.T, store ledger.Store, tree ledger.Tree) {
	t.Helper()
	opened, err := ledger.Open(t.Context(), store, tree.Head())
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.NewReader(opened, store).Check(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
}
