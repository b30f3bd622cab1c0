package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
	"ringfence/store/merkle"
)

// source is a Source that is a func.
type source func(t ledger.Tile) ([]byte, error)

func (s source) Read(_ context.Context, t ledger.Tile) ([]byte, error) { return s(t) }

// lying is a Source that tells what it likes of what another has.
func lying(from ledger.Source, lie func(t ledger.Tile, row []byte) []byte) source {
	return func(t ledger.Tile) ([]byte, error) {
		row, err := from.Read(context.Background(), t)
		if err != nil {
			return nil, err
		}
		return lie(t, bytes.Clone(row)), nil
	}
}

// flip changes one bit of one tile.
func flip(from ledger.Source, in ledger.Tile, bit int) source {
	return lying(from, func(t ledger.Tile, row []byte) []byte {
		if t == in {
			row[bit/8] ^= 1 << (bit % 8)
		}
		return row
	})
}

// all returns the tiles of hashes and the bundles of entries of a tree.
func all(size uint64) []ledger.Tile {
	var tiles []ledger.Tile
	add := func(kind ledger.Kind, level int) {
		nodes := size >> (8 * level)
		for index := uint64(0); index*ledger.Full < nodes; index++ {
			tiles = append(tiles, ledger.Tile{Kind: kind, Level: level, Index: index, Width: int(min(ledger.Full, nodes-index*ledger.Full))})
		}
	}
	add(ledger.Entries, 0)
	for level := range 3 {
		add(ledger.Hashes, level)
	}
	return tiles
}

// opened returns a store with the first entries of the ledger of tests, and its
// tree as a stranger opens it.
func opened(t testing.TB, size uint64) (*ledgertest.Memory, ledger.Tree) {
	t.Helper()
	store := grownTo(t, size)
	tree, err := ledger.Open(t.Context(), store, headOf(size))
	if err != nil {
		t.Fatal(err)
	}
	return store, tree
}

// leaves are the hashes of the ledger of tests, as far as any of them goes.
var leaves = sync.OnceValue(func() []merkle.Hash {
	hashes := make([]merkle.Hash, 132_000)
	for i := range hashes {
		hashes[i] = merkle.EntryHash(ledgertest.Entry(uint64(i)).Data)
	}
	return hashes
})

// headOf returns the head of the first entries of the ledger of tests.
func headOf(size uint64) checkpoint.Tree {
	return checkpoint.Tree{Size: size, Root: merkle.Root(leaves()[:size])}
}

// TestOneBitAnywhere flips a bit in every five bytes of a small ledger, and in bytes
// of each kind of tile of one with three levels.
func TestOneBitAnywhere(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 10))
	store, tree := opened(t, 290)
	if err := ledger.NewReader(tree, store).Check(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	found := func(tile ledger.Tile, at int) {
		t.Helper()
		damaged := flip(store, tile, 8*at+rnd.IntN(8))
		err := ledger.NewReader(tree, damaged).Check(t.Context(), 0)
		if named := new(ledger.DamagedError); !errors.Is(err, ledger.ErrDamaged) || !errors.As(err, &named) || !slices.Contains(named.Tiles, tile) {
			t.Fatalf("a bit of byte %d of %s: %v", at, tile, err)
		}
	}
	length := func(tile ledger.Tile) int {
		row, err := store.Read(t.Context(), tile)
		if err != nil {
			t.Fatal(err)
		}
		return len(row)
	}
	for _, tile := range all(tree.Size()) {
		for n, at := length(tile), 0; at < n; at += 5 {
			found(tile, min(at+rnd.IntN(5), n-1))
		}
	}
	// Of openings, which no hash covers, only the packing: their first length.
	found(ledger.Tile{Kind: ledger.Openings, Width: ledger.Full}, 1)
	found(ledger.Tile{Kind: ledger.Openings, Index: 1, Width: 34}, 1)

	store, tree = opened(t, 66_100)
	tiles := all(tree.Size())
	for _, tile := range append(tiles[len(tiles)-4:], tiles[0], tiles[257], tiles[258], tiles[259], tiles[300]) {
		for range 3 {
			found(tile, rnd.IntN(length(tile)))
		}
	}
}

// TestALyingServer asks everything of servers that lie in ways of their own: what
// comes back is true or an error that says so.
func TestALyingServer(t *testing.T) {
	const size, other = 66_100, 1_000_000
	store, tree := opened(t, size)
	var foreign ledgertest.Memory // a tree of as many entries, and another history
	ledgertest.Grow(t, &foreign, ledger.Tree{}, ledgertest.Entries(other, other+size))
	for name, lie := range map[string]func(ledger.Tile, []byte) []byte{
		"nothing":         func(ledger.Tile, []byte) []byte { return nil },
		"zeros":           func(_ ledger.Tile, row []byte) []byte { return make([]byte, len(row)) },
		"a byte less":     func(_ ledger.Tile, row []byte) []byte { return row[:len(row)-1] },
		"a byte more":     func(_ ledger.Tile, row []byte) []byte { return append(row, 0) },
		"a hash more":     func(_ ledger.Tile, row []byte) []byte { return append(row, row[:32]...) },
		"endless":         func(_ ledger.Tile, row []byte) []byte { return make([]byte, 32<<20) },
		"another history": func(x ledger.Tile, _ []byte) []byte { row, _ := foreign.Read(t.Context(), x); return row },
		"another history, its top aside": func(x ledger.Tile, row []byte) []byte {
			if x.Level > 0 || x.Width < ledger.Full {
				return row
			}
			row, _ = foreign.Read(t.Context(), x)
			return row
		},
		"its neighbour": func(x ledger.Tile, row []byte) []byte {
			x.Index ^= 1
			if there, err := store.Read(t.Context(), x); err == nil {
				return there
			}
			return append(row, row...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := lying(store, lie)
			if name != "another history, its top aside" {
				if _, err := ledger.Open(t.Context(), l, tree.Head()); !errors.Is(err, ledger.ErrDamaged) {
					t.Errorf("opened: %v", err)
				}
			}
			r := ledger.NewReader(tree, l)
			_, entries := r.Entries(t.Context(), 5)
			_, inclusion := r.Inclusion(t.Context(), 5, size)
			_, consistency := r.Consistency(t.Context(), 300, size)
			_, state := r.At(t.Context(), 300)
			extends := r.Extends(t.Context(), headOf(300))
			for what, err := range map[string]error{"entries": entries, "inclusion": inclusion, "consistency": consistency, "at": state, "extends": extends, "check": r.Check(t.Context(), 0)} {
				if !errors.Is(err, ledger.ErrDamaged) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// TestATruthOrAnError damages tiles at random and asks at random: every answer is
// the true one or ErrDamaged, whatever the Reader has kept from earlier questions.
func TestATruthOrAnError(t *testing.T) {
	const size = 66_100
	store, honest := opened(t, size)
	tiles := all(size)
	rnd := rand.New(rand.NewPCG(4, 10))
	lies := 0
	for range 40 {
		bad := make(map[ledger.Tile]bool)
		for range 120 {
			bad[tiles[rnd.IntN(len(tiles))]] = true
		}
		r := ledger.NewReader(honest, lying(store, func(t ledger.Tile, row []byte) []byte {
			if bad[t] {
				row[rnd.IntN(len(row))] ^= 1 << rnd.IntN(8)
			}
			return row
		}))
		truth := ledger.NewReader(honest, store)
		for range 20 {
			index := rnd.Uint64N(size)
			then := index + 1 + rnd.Uint64N(size-index)
			got, err := r.Inclusion(t.Context(), index, then)
			want, wantErr := truth.Inclusion(t.Context(), index, then)
			if wantErr != nil {
				t.Fatal(wantErr)
			}
			switch {
			case errors.Is(err, ledger.ErrDamaged):
				lies++
			case err != nil || !slices.Equal(got, want):
				t.Fatalf("entry %d at %d: %v, %v; want %v", index, then, got, err, want)
			}
		}
	}
	if lies == 0 || lies == 800 {
		t.Errorf("%d of 800 answers were errors; the test shows nothing", lies)
	}
}

// TestExtends holds a longer ledger against shorter ones.
func TestExtends(t *testing.T) {
	store, tree := opened(t, 1000)
	r := ledger.NewReader(tree, store)
	for _, size := range []uint64{0, 1, 255, 256, 257, 999, 1000} {
		if err := r.Extends(t.Context(), headOf(size)); err != nil {
			t.Errorf("%d: %v", size, err)
		}
		forked := headOf(size)
		forked.Root[7] ^= 1
		if err := r.Extends(t.Context(), forked); !errors.Is(err, ledger.ErrForked) {
			t.Errorf("another root at %d: %v", size, err)
		}
	}
	if err := r.Extends(t.Context(), headOf(1001)); err == nil || errors.Is(err, ledger.ErrForked) {
		t.Errorf("a longer one: %v", err)
	}
}

// TestSince follows a ledger from each of some sizes to the end.
func TestSince(t *testing.T) {
	store, tree := opened(t, 1000)
	r := ledger.NewReader(tree, store)
	for _, from := range []uint64{0, 1, 255, 256, 767, 768, 999, 1000, 2000} {
		at := from
		for entries, err := range r.Since(t.Context(), from) {
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if want := ledgertest.Entry(at).Data; !bytes.Equal(e, want) {
					t.Fatalf("entry %d is %q, want %q", at, e, want)
				}
				at++
			}
		}
		if at != max(from, 1000) {
			t.Errorf("from %d it ended before %d", from, at)
		}
	}
	reads := 0
	counted := ledger.NewReader(tree, lying(store, func(_ ledger.Tile, row []byte) []byte { reads++; return row }))
	for entries, err := range counted.Since(t.Context(), 256) {
		if err != nil || len(entries) != ledger.Full || reads != 1 {
			t.Errorf("the first bundle: %d entries, %v, %d reads", len(entries), err, reads)
		}
		break // who stops has not made it read further
	}
	if reads != 1 {
		t.Errorf("%d reads for one bundle", reads)
	}
	damaged := ledger.NewReader(tree, flip(store, ledger.Tile{Kind: ledger.Entries, Index: 2, Width: ledger.Full}, 99))
	read := 0
	for entries, err := range damaged.Since(t.Context(), 0) {
		if err != nil && !errors.Is(err, ledger.ErrDamaged) {
			t.Error(err)
		}
		read += len(entries)
	}
	if read != 512 {
		t.Errorf("%d entries before the damaged bundle, want 512", read)
	}
}

// TestNeighboursShareTheirTiles counts what is read for many bundles below one tile:
// that tile once, and no tile of leaves.
func TestNeighboursShareTheirTiles(t *testing.T) {
	store, tree := opened(t, 66_100)
	reads := make(map[string]int)
	r := ledger.NewReader(tree, lying(store, func(x ledger.Tile, row []byte) []byte { reads[x.Path()]++; return row }))
	for index := range uint64(256) {
		if _, err := r.Entries(t.Context(), index); err != nil {
			t.Fatal(err)
		}
	}
	if len(reads) != 257 || reads["tile/1/000"] != 1 {
		t.Errorf("for 256 bundles %d paths were read, the tile above %d times", len(reads), reads["tile/1/000"])
	}
}

func TestReaderKeepsBounds(t *testing.T) {
	store := grownTo(t, 1100)
	tree, err := ledger.Open(t.Context(), store, headOf(300))
	if err != nil {
		t.Fatal(err)
	}
	r := ledger.NewReader(tree, store)
	for name, ask := range map[string]func() error{
		"a bundle beyond":       func() error { _, err := r.Entries(t.Context(), 2); return err },
		"a bundle far beyond":   func() error { _, err := r.Entries(t.Context(), 1<<63); return err },
		"openings beyond":       func() error { _, err := r.Openings(t.Context(), 2); return err },
		"a state beyond":        func() error { _, err := r.At(t.Context(), 301); return err },
		"an entry beyond":       func() error { _, err := r.Inclusion(t.Context(), 300, 300); return err },
		"an entry in a future":  func() error { _, err := r.Inclusion(t.Context(), 300, 301); return err },
		"a future":              func() error { _, err := r.Consistency(t.Context(), 300, 301); return err },
		"backwards":             func() error { _, err := r.Consistency(t.Context(), 300, 299); return err },
		"a very great distance": func() error { _, err := r.Consistency(t.Context(), 1, 1<<64-1); return err },
	} {
		if err := ask(); err == nil || errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if entries, err := r.Entries(t.Context(), 1); err != nil || len(entries) != 44 {
		t.Errorf("the last bundle has %d entries, %v; the tree ends after 44", len(entries), err)
	}
	full, err := ledger.Open(t.Context(), store, headOf(256))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.NewReader(full, store).Entries(t.Context(), 1); err == nil {
		t.Error("a bundle of width 0 was read")
	}
}

// TestAMissingTileIsNoDamage lets the caller tell a Source that has not from one
// that lies.
func TestAMissingTileIsNoDamage(t *testing.T) {
	store := grownTo(t, 300)
	whole, tree := opened(t, 1000)
	if _, err := ledger.Open(t.Context(), store, tree.Head()); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("opened: %v", err)
	}
	if _, err := ledger.NewReader(tree, store).Entries(t.Context(), 2); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := ledger.Open(ended, whole, tree.Head()); !errors.Is(err, context.Canceled) {
		t.Errorf("at an end: %v", err)
	}
}

// TestManyReadersAndAWriter reads a certified state from many goroutines while tails
// beyond it come and go.
func TestManyReadersAndAWriter(t *testing.T) {
	const size = 66_100
	store, tree := opened(t, size)
	r := ledger.NewReader(tree, store)
	var all sync.WaitGroup
	for worker := range uint64(4) {
		all.Go(func() {
			for i := range uint64(300) {
				index := (worker*7919 + i*104_729) % size
				path, err := r.Inclusion(t.Context(), index, size)
				if err == nil {
					err = ledger.VerifyInclusion(ledgertest.Entry(index).Data, index, path, tree.Head())
				}
				if err == nil {
					_, err = r.Entries(t.Context(), size/ledger.Full)
				}
				if err != nil {
					t.Errorf("entry %d: %v", index, err)
					return
				}
			}
		})
	}
	for tail := range uint64(50) {
		_, additions, err := tree.Append(ledgertest.Entries(1000*tail, 1000*tail+tail*20))
		if err == nil {
			err = store.Write(additions)
		}
		if err != nil {
			t.Error(err)
		}
	}
	all.Wait()
}

// ExampleReader follows a ledger as everybody does: from a state that was certified
// to a later one, over a Source that need not be honest.
func ExampleReader() {
	ctx := context.Background()
	var peer, own ledgertest.Memory
	then, additions, _ := ledger.Tree{}.Append(ledgertest.Entries(0, 3))
	_, _ = peer.Write(additions), own.Write(additions)
	now, additions, _ := then.Append(ledgertest.Entries(3, 5))
	_ = peer.Write(additions)
	certified := now.Head() // it came in a checkpoint with q cosignatures

	opened, err := ledger.Open(ctx, &peer, certified)
	if err != nil {
		fmt.Println("ask another peer:", err)
		return
	}
	r := ledger.NewReader(opened, &peer)
	if err := r.Extends(ctx, then.Head()); err != nil {
		fmt.Println("stop, and keep the evidence:", err)
		return
	}
	mine := then
	for entries, err := range r.Since(ctx, then.Size()) {
		if err != nil {
			fmt.Println("ask another peer:", err)
			return
		}
		var batch []ledger.Entry
		for _, e := range entries {
			fmt.Printf("%s\n", e)
			batch = append(batch, ledger.Entry{Data: e})
		}
		if mine, additions, err = mine.Append(batch); err == nil {
			err = own.Write(additions)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(mine.Head() == certified)
	// Output:
	// entry 3
	// entry 4
	// true
}
