package ledger

import (
	"context"
	"fmt"
	"slices"

	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// Tree is a state of the ledger that can grow: how many entries, and for each level
// the hashes of the tile that is not full. The zero value is the empty tree. It
// never changes; trees that grew from one do not disturb each other.
type Tree struct {
	size uint64
	edge [levels][]merkle.Hash // each fewer than Full; shared between trees, never written
}

// Entry is one leaf of the ledger, and beside it the opening of the commitment in
// it, if it has one. Each has at most MaxEntry bytes.
type Entry struct {
	Data    []byte
	Opening []byte // of length 0: none
}

// Size returns the number of entries.
func (t Tree) Size() uint64 { return t.size }

// Head returns size and root. It computes the root anew, in up to 255 hashes a
// level.
func (t Tree) Head() checkpoint.Tree {
	// Whatever lies to the right of a level's last full subtree takes part in that
	// level as one more leaf: RFC 6962 splits there too, since it is the smaller.
	var row [Full]merkle.Hash
	right := row[:0]
	for level := range t.edge {
		n := copy(row[:], t.edge[level])
		if len(right) > 0 {
			row[n] = right[0]
			n++
		}
		if n > 0 {
			right = []merkle.Hash{merkle.Root(row[:n])}
		}
	}
	return checkpoint.Tree{Size: t.size, Root: merkle.Root(right)}
}

// Append returns the tree with more entries, and what a Store that holds t has to
// write to hold it. It fails when an entry or opening is too long or the tree
// would have more than MaxSize entries.
func (t Tree) Append(entries []Entry) (Tree, []Addition, error) {
	if uint64(len(entries)) > MaxSize-t.size {
		return Tree{}, nil, fmt.Errorf("ledger: %d entries behind %d; a tree has at most %d", len(entries), t.size, uint64(MaxSize))
	}
	leaves := make([]merkle.Hash, len(entries))
	for i, e := range entries {
		if longest := max(len(e.Data), len(e.Opening)); longest > MaxEntry {
			return Tree{}, nil, fmt.Errorf("ledger: entry %d or its opening has %d bytes; at most %d", t.size+uint64(i), longest, MaxEntry)
		}
		leaves[i] = merkle.EntryHash(e.Data)
	}
	grown := t
	additions := t.bundles(entries)
	for level, nodes := 0, leaves; len(nodes) > 0; level++ {
		nodes, additions = grown.raise(level, nodes, additions)
	}
	grown.size += uint64(len(entries))
	return grown, additions, nil
}

// bundles returns the entries and openings behind t as additions to bundles.
func (t Tree) bundles(entries []Entry) []Addition {
	var additions []Addition
	for at := t.size; len(entries) > 0; {
		skip := int(at % Full)
		part := entries[:min(len(entries), Full-skip)]
		room := lengthSize * len(part)
		openings := room
		for _, e := range part {
			room += len(e.Data)
			openings += len(e.Opening)
		}
		row, beside := make([]byte, 0, room), make([]byte, 0, openings)
		for _, e := range part {
			row, beside = pack(row, e.Data), pack(beside, e.Opening)
		}
		tile := Tile{Kind: Entries, Index: at / Full, Width: skip + len(part)}
		additions = append(additions, Addition{tile, skip, row})
		tile.Kind = Openings
		additions = append(additions, Addition{tile, skip, beside})
		entries, at = entries[len(part):], at+uint64(len(part))
	}
	return additions
}

// raise puts hashes behind the edge of a level and returns those of the tiles that
// they fill, which belong to the level above.
func (t *Tree) raise(level int, nodes []merkle.Hash, additions []Addition) (above []merkle.Hash, _ []Addition) {
	skip := len(t.edge[level])
	row := slices.Concat(t.edge[level], nodes)
	tile := Tile{Kind: Hashes, Level: level, Index: t.size >> (fullBits * (level + 1))}
	for len(row) > 0 {
		tile.Width = min(len(row), Full)
		additions = append(additions, Addition{tile, skip, hashBytes(row[skip:tile.Width])})
		if tile.Width < Full {
			break
		}
		above = append(above, merkle.Root(row[:Full]))
		row, skip = row[Full:], 0
		tile.Index++
	}
	t.edge[level] = slices.Clone(row) // a part would keep the whole row in memory
	return above, additions
}

// hashBytes and parseHashes are a tile as bytes and back.
func hashBytes(hashes []merkle.Hash) []byte {
	b := make([]byte, 0, len(hashes)*merkle.HashSize)
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	return b
}

func parseHashes(b []byte, width int) ([]merkle.Hash, bool) {
	if len(b) != width*merkle.HashSize {
		return nil, false
	}
	hashes := make([]merkle.Hash, width)
	for i := range hashes {
		copy(hashes[i][:], b[i*merkle.HashSize:])
	}
	return hashes, true
}

// Open returns the tree whose head is certified, from a Source that holds that tree
// or one that grew from it. What it reads, at most eight tiles, is compared with the
// root: if they differ, the error is a DamagedError that names all of them.
func Open(ctx context.Context, from Source, certified checkpoint.Tree) (Tree, error) {
	if certified.Size > MaxSize {
		return Tree{}, fmt.Errorf("ledger: a tree of %d entries; at most %d", certified.Size, uint64(MaxSize))
	}
	t := Tree{size: certified.Size}
	for _, tile := range edgeTiles(t.size) {
		row, err := from.Read(ctx, tile)
		if err != nil {
			return Tree{}, fmt.Errorf("ledger: open %s: read %s: %w", certified, tile, err)
		}
		var ok bool
		if t.edge[tile.Level], ok = parseHashes(row, tile.Width); !ok {
			return Tree{}, &DamagedError{Tiles: []Tile{tile}, Size: t.size, Why: fmt.Sprintf("it has %d bytes", len(row))}
		}
	}
	if head := t.Head(); head != certified {
		return Tree{}, &DamagedError{Tiles: edgeTiles(t.size), Size: t.size, Why: fmt.Sprintf("they hash to %s, certified is %s", head, certified)}
	}
	return t, nil
}

// edgeTiles returns the tiles of hashes that are not full in a tree.
func edgeTiles(size uint64) []Tile {
	var tiles []Tile
	for level := range levels {
		nodes := size >> (fullBits * level)
		if width := int(nodes % Full); width > 0 {
			tiles = append(tiles, Tile{Hashes, level, nodes / Full, width})
		}
	}
	return tiles
}
