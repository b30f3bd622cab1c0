package ledger

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// Reader reads a tree from a Source that nobody trusts: what it returns was checked
// against the tree, down from tiles that were checked before. Errors about what
// does not fit are a DamagedError. It may be used concurrently.
type Reader struct {
	tree Tree
	from Source

	mu   sync.Mutex
	last [levels]checked // of each level the tile checked last: neighbours need it again
}

// checked is a full tile that was compared with the tree; none when hashes is nil.
type checked struct {
	index  uint64
	hashes []merkle.Hash
}

// NewReader returns a Reader of a tree, which is one that grew here or that Open
// has checked.
func NewReader(tree Tree, from Source) *Reader { return &Reader{tree: tree, from: from} }

// tile returns the hashes of a tile as wide as the tree has it.
func (r *Reader) tile(ctx context.Context, level int, index uint64) ([]merkle.Hash, error) {
	edge := r.tree.size >> (fullBits * level) / Full
	if index == edge {
		return r.tree.edge[level], nil
	}
	r.mu.Lock()
	last := r.last[level]
	r.mu.Unlock()
	if last.index == index && last.hashes != nil {
		return last.hashes, nil
	}
	t := Tile{Hashes, level, index, Full}
	want, err := r.above(ctx, t)
	if err != nil {
		return nil, err
	}
	row, err := r.read(ctx, t)
	if err != nil {
		return nil, err
	}
	hashes, ok := parseHashes(row, Full)
	if !ok || merkle.Root(hashes) != want {
		return nil, r.damaged(t, nil)
	}
	r.mu.Lock()
	r.last[level] = checked{index, hashes}
	r.mu.Unlock()
	return hashes, nil
}

// above returns what the next level says of a full tile of the tree.
func (r *Reader) above(ctx context.Context, t Tile) (merkle.Hash, error) {
	row, err := r.tile(ctx, t.Level+1, t.Index/Full)
	if err != nil {
		return merkle.Hash{}, err
	}
	return row[t.Index%Full], nil
}

func (r *Reader) read(ctx context.Context, t Tile) ([]byte, error) {
	row, err := r.from.Read(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("ledger: read %s: %w", t, err)
	}
	return row, nil
}

// damaged returns that a tile does not fit, with why if that is known.
func (r *Reader) damaged(t Tile, why error) error {
	e := &DamagedError{Tiles: []Tile{t}, Size: r.tree.size}
	if why != nil {
		e.Why = why.Error()
	}
	return e
}

// bundle names a bundle as wide as the tree has it.
func (r *Reader) bundle(kind Kind, index uint64) (Tile, error) {
	t := Tile{Kind: kind, Index: index, Width: Full}
	if index == r.tree.size/Full {
		t.Width = int(r.tree.size % Full)
	}
	if !t.In(r.tree.size) {
		return t, fmt.Errorf("ledger: bundle %d; the tree of %d entries ends before it", index, r.tree.size)
	}
	return t, nil
}

// Entries returns the entries of a bundle, of which the first is entry index×Full
// of the ledger. They must not be changed.
func (r *Reader) Entries(ctx context.Context, index uint64) ([][]byte, error) {
	t, err := r.bundle(Entries, index)
	if err != nil {
		return nil, err
	}
	row, err := r.read(ctx, t)
	if err != nil {
		return nil, err
	}
	entries, err := ParseBundle(row, t.Width)
	if err != nil {
		return nil, r.damaged(t, err)
	}
	var leaves [Full]merkle.Hash
	for i, e := range entries {
		leaves[i] = merkle.EntryHash(e)
	}
	if t.Width < Full {
		if !slices.Equal(leaves[:t.Width], r.tree.edge[0]) {
			return nil, r.damaged(t, nil)
		}
		return entries, nil
	}
	// What level 1 says of the 256 leaves spares the tile of leaves itself.
	want, err := r.above(ctx, t)
	if err != nil {
		return nil, err
	}
	if merkle.Root(leaves[:]) != want {
		return nil, r.damaged(t, nil)
	}
	return entries, nil
}

// Openings returns the openings beside the entries of a bundle, of length 0 where
// there is none. No hash of the tree covers them: whoever uses one compares it
// with the commitment in its entry.
func (r *Reader) Openings(ctx context.Context, index uint64) ([][]byte, error) {
	t, err := r.bundle(Openings, index)
	if err != nil {
		return nil, err
	}
	row, err := r.read(ctx, t)
	if err != nil {
		return nil, err
	}
	openings, err := ParseBundle(row, t.Width)
	if err != nil {
		return nil, r.damaged(t, err)
	}
	return openings, nil
}

// BadOpening is the error of whoever found that the opening of an entry is not the one
// that it commits to, or is not there and should be.
func (r *Reader) BadOpening(index uint64, why error) error {
	t, err := r.bundle(Openings, index/Full)
	if err != nil {
		return err
	}
	return r.damaged(t, fmt.Errorf("entry %d: %w", index, why))
}

// Since returns all entries from an index on, in order, bundle by bundle, as parts of
// what Entries returns. It ends with the first error. It reads one bundle at a time;
// who waits for a network calls Entries for many at once.
func (r *Reader) Since(ctx context.Context, index uint64) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for at := index; at < r.tree.size; at += Full - at%Full {
			entries, err := r.Entries(ctx, at/Full)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(entries[at%Full:], nil) {
				return
			}
		}
	}
}

// Check reads everything that the tree has beyond the first entries, whose number
// is since, and reports the first damage: all tiles of hashes, all entries, and
// whether openings are well packed.
func (r *Reader) Check(ctx context.Context, since uint64) error {
	// The tiles that are not full are compared with the tree by reading them again.
	head := r.tree.Head()
	if _, err := Open(ctx, r.from, head); err != nil {
		return err
	}
	for level := levels - 1; level >= 0; level-- {
		end := r.tree.size >> (fullBits * level) / Full
		for index := since >> (fullBits * level) / Full; index < end; index++ {
			if _, err := r.tile(ctx, level, index); err != nil {
				return err
			}
		}
	}
	at := since
	for entries, err := range r.Since(ctx, since) {
		if err != nil {
			return err
		}
		if _, err := r.Openings(ctx, at/Full); err != nil {
			return err
		}
		at += uint64(len(entries))
	}
	return nil
}

// At returns the tree as it was at a size.
func (r *Reader) At(ctx context.Context, size uint64) (Tree, error) {
	if size > r.tree.size {
		return Tree{}, fmt.Errorf("ledger: the tree of %d entries has no state of %d", r.tree.size, size)
	}
	t := Tree{size: size}
	for _, edge := range edgeTiles(size) {
		hashes, err := r.tile(ctx, edge.Level, edge.Index)
		if err != nil {
			return Tree{}, err
		}
		t.edge[edge.Level] = slices.Clone(hashes[:edge.Width])
	}
	return t, nil
}

// Extends reports as nil that the tree begins with all that old has. If it does not
// and both are certified, regulators have certified two stories, or one of the two
// was not checked as it must be: the error wraps ErrForked.
func (r *Reader) Extends(ctx context.Context, old checkpoint.Tree) error {
	then, err := r.At(ctx, old.Size)
	if err != nil {
		return err
	}
	if head := then.Head(); head != old {
		return fmt.Errorf("ledger: the tree of %d entries had the root %s at %d, not %s: %w", r.tree.size, head.Root, old.Size, old.Root, ErrForked)
	}
	return nil
}

// Inclusion proves an entry in the tree as it was at a size (RFC 9162, section
// 2.1.3.1).
func (r *Reader) Inclusion(ctx context.Context, index, size uint64) ([]merkle.Hash, error) {
	nodes, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, fmt.Errorf("ledger: prove entry %d: %w", index, err)
	}
	return r.proof(ctx, nodes, size)
}

// Consistency proves that the tree of the newer size begins with that of the older
// (RFC 9162, section 2.1.4.1).
func (r *Reader) Consistency(ctx context.Context, older, newer uint64) ([]merkle.Hash, error) {
	nodes, err := proof.Consistency(older, newer)
	if err != nil {
		return nil, fmt.Errorf("ledger: prove consistency: %w", err)
	}
	return r.proof(ctx, nodes, newer)
}

// proof reads the hashes of a proof in the tree of a size.
func (r *Reader) proof(ctx context.Context, nodes proof.Nodes, size uint64) ([]merkle.Hash, error) {
	if size > r.tree.size {
		return nil, fmt.Errorf("ledger: the tree of %d entries has no state of %d to prove", r.tree.size, size)
	}
	hashes := make([][]byte, len(nodes.IDs))
	for i, id := range nodes.IDs {
		h, err := r.node(ctx, id)
		if err != nil {
			return nil, err
		}
		hashes[i] = h[:]
	}
	hashes, err := nodes.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
	if err != nil {
		return nil, fmt.Errorf("ledger: prove: %w", err)
	}
	path := make([]merkle.Hash, len(hashes))
	for i, h := range hashes {
		path[i] = merkle.Hash(h)
	}
	return path, nil
}

// node returns the root of a full subtree, from the tile that has it within.
func (r *Reader) node(ctx context.Context, id compact.NodeID) (merkle.Hash, error) {
	within := id.Level % fullBits
	first := id.Index << within
	row, err := r.tile(ctx, int(id.Level/fullBits), first/Full)
	if err != nil {
		return merkle.Hash{}, err
	}
	return merkle.Root(row[first%Full:][:1<<within]), nil
}
