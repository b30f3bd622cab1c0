package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
	"ringfence/store/merkle"
)

// stranger reads our tiles for golang.org/x/mod/sumdb/tlog, which knows nothing of
// this project. Its paths carry the height, tile/8/<L>/…; C2SP's do not.
type stranger struct {
	t    *testing.T
	from ledger.Source
	read int
}

func (s *stranger) Height() int { return 8 }

func (s *stranger) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var rows [][]byte
	for _, t := range tiles {
		ours, err := ledger.ParsePath(strings.Replace(t.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		row, err := s.from.Read(s.t.Context(), ours)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	s.read += len(tiles)
	return rows, nil
}

func (s *stranger) SaveTiles([]tlog.Tile, [][]byte) {}

// TestAStrangerReadsOurTiles proves entries and consistency with a client that is
// not ours, and checks ours with its verifiers.
func TestAStrangerReadsOurTiles(t *testing.T) {
	for _, size := range []uint64{1, 2, 255, 256, 257, 5000, 65_536, 66_100} {
		store, own := opened(t, size)
		client := &stranger{t: t, from: store}
		tree := tlog.Tree{N: int64(size), Hash: tlog.Hash(own.Head().Root)}
		hashes := tlog.TileHashReader(tree, client)
		r := ledger.NewReader(own, store)
		for i := range uint64(20) {
			index, old := i*104_729%size, 1+i*7919%size
			leaf := tlog.RecordHash(ledgertest.Entry(index).Data)
			theirs, err := tlog.ProveRecord(tree.N, int64(index), hashes)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := r.Inclusion(t.Context(), index, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(theirHashes(ours), tree.N, tree.Hash, int64(index), leaf); err != nil || fmt.Sprint(theirs) != fmt.Sprint(theirHashes(ours)) {
				t.Errorf("entry %d of %d: they prove by %v, we by %v: %v", index, size, theirs, ours, err)
			}
			theirTree, err := tlog.ProveTree(tree.N, int64(old), hashes)
			if err != nil {
				t.Fatal(err)
			}
			ourTree, err := r.Consistency(t.Context(), old, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckTree(theirHashes(ourTree), tree.N, tree.Hash, int64(old), tlog.Hash(headOf(old).Root)); err != nil || fmt.Sprint(theirTree) != fmt.Sprint(theirHashes(ourTree)) {
				t.Errorf("%d to %d: they prove by %v, we by %v: %v", old, size, theirTree, ourTree, err)
			}
		}
		if client.read == 0 && size > 1 { // the only entry is its own root
			t.Error("the stranger read nothing")
		}
	}
}

// TestAStrangerNamesTheSameTiles compares what an append writes with what tlog says
// that must be published.
func TestAStrangerNamesTheSameTiles(t *testing.T) {
	for _, c := range [][2]uint64{{0, 1}, {0, 256}, {255, 257}, {300, 70_000}, {65_000, 65_536}, {65_536, 65_537}, {69_999, 70_000}} {
		_, tree := opened(t, c[0])
		_, additions, err := tree.Append(ledgertest.Entries(c[0], c[1]))
		if err != nil {
			t.Fatal(err)
		}
		ours := make(map[string]bool)
		for _, a := range additions {
			if a.Kind == ledger.Hashes {
				ours[a.Path()] = true
			}
		}
		theirs := tlog.NewTiles(8, int64(c[0]), int64(c[1]))
		for _, tile := range theirs {
			if path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1); !ours[path] {
				t.Errorf("%d to %d: %s is not written", c[0], c[1], path)
			}
		}
		if len(ours) != len(theirs) {
			t.Errorf("%d to %d: %d tiles are written, they name %d", c[0], c[1], len(ours), len(theirs))
		}
	}
}

func theirHashes(path []merkle.Hash) []tlog.Hash {
	hashes := make([]tlog.Hash, len(path))
	for i, h := range path {
		hashes[i] = tlog.Hash(h)
	}
	return hashes
}
