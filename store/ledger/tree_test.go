package ledger_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
	"ringfence/store/merkle"
)

func TestMemory(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledger.Store { return new(ledgertest.Memory) })
}

// standardEntries are the eight of the vectors that implementations share.
func standardEntries(t testing.TB) []ledger.Entry {
	t.Helper()
	var entries []ledger.Entry
	for _, d := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		raw, err := hex.DecodeString(d)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, ledger.Entry{Data: raw})
	}
	return entries
}

func TestVectors(t *testing.T) {
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var store ledgertest.Memory
	var tree ledger.Tree
	for size, entry := range append(standardEntries(t), ledger.Entry{}) {
		if got := tree.Head(); got.Root.String() != roots[size] || got.Size != uint64(size) {
			t.Errorf("of %d entries the head is %d and %s, want %s", size, got.Size, got.Root, roots[size])
		}
		if size < 8 {
			tree = ledgertest.Grow(t, &store, tree, []ledger.Entry{entry})
		}
	}
	r := ledger.NewReader(tree, &store)
	same := func(what string, path []merkle.Hash, err error, want ...string) {
		t.Helper()
		ok := err == nil && len(path) == len(want)
		for i := range want {
			ok = ok && strings.HasPrefix(path[i].String(), want[i])
		}
		if !ok {
			t.Errorf("%s is %v, %v; want %v", what, path, err, want)
		}
	}
	path, err := r.Inclusion(t.Context(), 5, 8)
	same("inclusion(5,8)", path, err, "bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957")
	path, err = r.Consistency(t.Context(), 6, 8)
	same("consistency(6,8)", path, err, "0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957")
	path, err = r.Consistency(t.Context(), 2, 5)
	same("consistency(2,5)", path, err, "5f083f0a1a33ca07", "bc1a0643b12e4d2d")

	bundle, err := store.Read(t.Context(), ledger.Tile{Kind: ledger.Entries, Width: 4})
	if want := "0000" + "000100" + "000110" + "00022021"; err != nil || hex.EncodeToString(bundle) != want {
		t.Errorf("the bundle is %x, %v; want %s", bundle, err, want)
	}
}

// TestOracle grows ledgers by random steps and compares everything that can be
// asked about them with the words of RFC 6962.
func TestOracle(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 10))
			size := uint64(1 + rnd.IntN(1500))
			want := oracleOf(ledgertest.Entries(0, size))
			var store ledgertest.Memory
			var tree ledger.Tree
			for tree.Size() < size {
				next := min(size, tree.Size()+rnd.Uint64N(1+rnd.Uint64N(600)))
				tree = ledgertest.Grow(t, &store, tree, ledgertest.Entries(tree.Size(), next))
				if tree.Size() != next || tree.Head() != want[:next].head() {
					t.Fatalf("at %d the head is %s, want %s", next, tree.Head(), want[:next].head())
				}
			}
			r := ledger.NewReader(tree, &store)
			for range 25 {
				then := 1 + rnd.Uint64N(size)
				compareProofs(t, r, want[:then], rnd)
			}
			if err := r.Check(t.Context(), 0); err != nil {
				t.Error(err)
			}
		})
	}
}

// compareProofs asks for a state of a ledger and two proofs in it.
func compareProofs(t *testing.T, r *ledger.Reader, want oracle, rnd *rand.Rand) {
	t.Helper()
	size, index, old := len(want), rnd.IntN(len(want)), rnd.IntN(len(want)+1)
	then, err := r.At(t.Context(), uint64(size))
	if err != nil || then.Head() != want.head() {
		t.Fatalf("at %d it was %s, %v; want %s", size, then.Head(), err, want.head())
	}
	inclusion, err := r.Inclusion(t.Context(), uint64(index), uint64(size))
	if err != nil || !slices.Equal(inclusion, want.path(index)) {
		t.Fatalf("entry %d of %d is proved by %v, %v; want %v", index, size, inclusion, err, want.path(index))
	}
	if err := ledger.VerifyInclusion(want[index], uint64(index), inclusion, want.head()); err != nil {
		t.Fatal(err)
	}
	consistency, err := r.Consistency(t.Context(), uint64(old), uint64(size))
	if err != nil || !slices.Equal(consistency, want.proof(old)) {
		t.Fatalf("%d to %d is proved by %v, %v; want %v", old, size, consistency, err, want.proof(old))
	}
	if err := ledger.VerifyConsistency(want[:old].head(), want.head(), consistency); err != nil {
		t.Fatal(err)
	}
}

// TestLevels crosses the sizes at which a level begins or its tile is filled.
func TestLevels(t *testing.T) {
	var store ledgertest.Memory
	var tree ledger.Tree
	all := oracleOf(ledgertest.Entries(0, 66_100))
	for _, size := range []uint64{255, 256, 257, 65_279, 65_280, 65_281, 65_535, 65_536, 65_537, 65_792, 131_072, 131_329, 131_330} {
		tree = ledgertest.Grow(t, &store, tree, ledgertest.Entries(tree.Size(), size))
		if want := headOf(size); tree.Head() != want {
			t.Errorf("at %d the head is %s, want %s", size, tree.Head(), want)
		}
	}
	opened, err := ledger.Open(t.Context(), &store, tree.Head())
	if err != nil {
		t.Fatal(err)
	}
	r := ledger.NewReader(opened, &store)
	if err := r.Check(t.Context(), 0); err != nil {
		t.Error(err)
	}
	rnd := rand.New(rand.NewPCG(1, 10))
	compareProofs(t, r, all, rnd)
}

// TestTreesAreValues lets branches grow from one tree, for each width of its tile of
// leaves: none changes another, nor the tree it grew from.
func TestTreesAreValues(t *testing.T) {
	grow := func(tree ledger.Tree, from, to uint64) ledger.Tree {
		grown, _, err := tree.Append(ledgertest.Entries(from, to))
		if err != nil {
			t.Fatal(err)
		}
		return grown
	}
	var trunk ledger.Tree
	for size := range uint64(600) {
		head := trunk.Head()
		left := grow(trunk, size, size+1)
		leftHead := left.Head()
		right := grow(trunk, 9000, 9300)
		rightHead := right.Head()
		grow(trunk, 5000, 5001)
		if left.Head() != leftHead || right.Head() != rightHead || trunk.Head() != head || grow(trunk, 0, 0).Head() != head {
			t.Fatalf("at %d a branch changed another, or the tree it grew from", size)
		}
		trunk = left
	}
	if want := oracleOf(ledgertest.Entries(0, 600)).head(); trunk.Head() != want {
		t.Errorf("the tree is %s, want %s", trunk.Head(), want)
	}
}

// TestBranchesGrowAtOnce grows branches from one tree in many goroutines; the race
// detector sees what they share.
func TestBranchesGrowAtOnce(t *testing.T) {
	trunk, _, err := (ledger.Tree{}).Append(ledgertest.Entries(0, 473)) // its edge of 217 has room in memory
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for size := range uint64(40) {
				branch, _, err := trunk.Append(ledgertest.Entries(473, 473+size))
				if err != nil || branch.Head() != headOf(473+size) {
					t.Errorf("at %d the head is %s, %v", 473+size, branch.Head(), err)
				}
			}
		})
	}
	all.Wait()
}

// grownTo returns a store with the first entries of the ledger of tests.
func grownTo(t testing.TB, size uint64) *ledgertest.Memory {
	t.Helper()
	var store ledgertest.Memory
	var tree ledger.Tree
	for tree.Size() < size {
		tree = ledgertest.Grow(t, &store, tree, ledgertest.Entries(tree.Size(), min(size, tree.Size()+4096)))
	}
	return &store
}

func TestAppendKeepsBounds(t *testing.T) {
	for name, e := range map[string]ledger.Entry{
		"a long entry": {Data: make([]byte, ledger.MaxEntry+1)}, "a long opening": {Opening: make([]byte, ledger.MaxEntry+1)},
	} {
		if _, _, err := (ledger.Tree{}).Append([]ledger.Entry{{}, e}); err == nil {
			t.Errorf("%s: appended", name)
		}
	}
	longest := ledger.Entry{Data: make([]byte, ledger.MaxEntry), Opening: make([]byte, ledger.MaxEntry)}
	var store ledgertest.Memory
	tree := ledgertest.Grow(t, &store, ledger.Tree{}, []ledger.Entry{longest, {}, longest})
	if err := ledger.NewReader(tree, &store).Check(t.Context(), 0); err != nil {
		t.Error(err)
	}
	for _, tile := range []ledger.Tile{{Width: 3}, {Kind: ledger.Entries, Width: 1}, {Kind: ledger.Openings, Width: 1}} {
		if row, err := store.Read(t.Context(), tile); err != nil || len(row) != tile.MaxBytes() {
			t.Errorf("%s of the longest entries has %d bytes, %v; at most %d", tile, len(row), err, tile.MaxBytes())
		}
	}
	unasked := source(func(x ledger.Tile) ([]byte, error) {
		t.Errorf("%s was read for a tree that is larger than any", x)
		return nil, fs.ErrNotExist
	})
	for _, size := range []uint64{ledger.MaxSize + 1, 1<<64 - 1} {
		if _, err := ledger.Open(t.Context(), unasked, checkpoint.Tree{Size: size}); err == nil {
			t.Errorf("a tree of %d was opened", size)
		}
	}
}

// TestTheLargestTree opens a tree of MaxSize, whose every level has all that a tile
// has that is not full, proves its last entry, and finds no room behind it.
func TestTheLargestTree(t *testing.T) {
	rows := source(func(x ledger.Tile) ([]byte, error) {
		if !x.In(ledger.MaxSize) || x.Width == ledger.Full {
			t.Errorf("%s was read", x)
		}
		row := make([]byte, x.MaxBytes())
		for i := range row {
			row[i] = byte(i/merkle.HashSize + x.Level)
		}
		return row, nil
	})
	// The library counts in full subtrees, of which a row of 255 has eight.
	var subtrees [][]byte
	for level := 7; level >= 0; level-- {
		width := uint64(ledger.MaxSize) >> (8 * level) % ledger.Full
		row, err := rows(ledger.Tile{Level: level, Index: ledger.MaxSize >> (8 * level) / ledger.Full, Width: int(width)})
		if err != nil {
			t.Fatal(err)
		}
		for bit := uint64(128); bit > 0; bit /= 2 {
			if width&bit != 0 {
				var leaves []merkle.Hash
				for range bit {
					leaves = append(leaves, merkle.Hash(row))
					row = row[merkle.HashSize:]
				}
				subtree := merkle.Root(leaves)
				subtrees = append(subtrees, subtree[:])
			}
		}
	}
	ranges := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	whole, err := ranges.NewRange(0, ledger.MaxSize, subtrees)
	if err != nil {
		t.Fatal(err)
	}
	root, err := whole.GetRootHash(nil)
	if err != nil {
		t.Fatal(err)
	}
	head := checkpoint.Tree{Size: ledger.MaxSize, Root: merkle.Hash(root)}
	tree, err := ledger.Open(t.Context(), rows, head)
	if err != nil {
		t.Fatal(err)
	}
	path, err := ledger.NewReader(tree, rows).Inclusion(t.Context(), ledger.MaxSize-1, ledger.MaxSize)
	if err != nil {
		t.Fatal(err)
	}
	last := merkle.Hash(bytes.Repeat([]byte{254}, merkle.HashSize))
	if err := merkle.VerifyInclusion(last, ledger.MaxSize-1, ledger.MaxSize, path, head.Root); err != nil {
		t.Error(err)
	}
	if _, _, err := tree.Append(ledgertest.Entries(0, 1)); err == nil {
		t.Error("it grew")
	}
	if same, _, err := tree.Append(nil); err != nil || same.Head() != head {
		t.Errorf("nothing behind it makes %s, %v", same.Head(), err)
	}
}

func TestAppendAllocatesLittle(t *testing.T) {
	tree, _, err := (ledger.Tree{}).Append(ledgertest.Entries(0, 1000))
	if err != nil {
		t.Fatal(err)
	}
	entries := ledgertest.Entries(1000, 1000+4096)
	allocations := testing.AllocsPerRun(5, func() {
		if _, _, err := tree.Append(entries); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 100 {
		t.Errorf("%v allocations for %d entries", allocations, len(entries))
	}
}
