package applied

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"sync"

	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// Tail is the ledger as this regulator applied it: what is certified lies below, on
// disk, and the rest in memory. It is safe for concurrent use.
type Tail struct {
	below ledger.Source

	mu    sync.RWMutex
	tree  ledger.Tree
	rows  map[ledger.Tile]row // by tile of full width
	roots map[uint64]merkle.Hash
}

// row is as much of a tile as there is.
type row struct {
	width int
	bytes []byte
}

// maxRoots is how many roots are remembered.
const maxRoots = 1024

// NewTail returns one of nothing but a tree that lies below.
func NewTail(tree ledger.Tree, below ledger.Source) *Tail {
	return &Tail{below: below, tree: tree, rows: make(map[ledger.Tile]row), roots: make(map[uint64]merkle.Hash)}
}

// append adds entries.
func (t *Tail) append(entries []ledger.Entry) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	tree, additions, err := t.tree.Append(entries)
	if err != nil {
		return err
	}
	for _, a := range additions {
		held, err := t.held(a)
		if err != nil {
			return err
		}
		b, err := a.Onto(held)
		if err != nil {
			return err
		}
		t.rows[full(a.Tile)] = row{a.Width, b}
	}
	t.tree = tree
	return nil
}

// held is what there is of the row that an addition extends.
func (t *Tail) held(a ledger.Addition) ([]byte, error) {
	if r, ok := t.rows[full(a.Tile)]; ok || a.Skip == 0 {
		return r.bytes, nil
	}
	begun := a.Tile
	begun.Width = a.Skip
	return t.below.Read(context.Background(), begun)
}

func full(t ledger.Tile) ledger.Tile {
	t.Width = ledger.Full
	return t
}

// Read implements ledger.Source.
func (t *Tail) Read(ctx context.Context, tile ledger.Tile) ([]byte, error) {
	t.mu.RLock()
	r, ok := t.rows[full(tile)]
	t.mu.RUnlock()
	switch {
	case !ok:
		return t.below.Read(ctx, tile)
	case r.width < tile.Width:
		return nil, fmt.Errorf("quorum: %s: %w", tile, fs.ErrNotExist)
	}
	return ledger.Cut(tile, r.bytes)
}

// Root implements cosign.Log. A root that the disk does not tell is not known: whoever
// held it against what others certified would be silent until the next realignment.
func (t *Tail) Root(size uint64) (merkle.Hash, bool) {
	t.mu.RLock()
	tree := t.tree
	root, known := t.roots[size]
	t.mu.RUnlock()
	if known || size > tree.Size() {
		return root, known
	}
	then, err := ledger.NewReader(tree, t).At(context.Background(), size)
	if err != nil {
		return merkle.Hash{}, false
	}
	root = then.Head().Root
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.roots) >= maxRoots {
		clear(t.roots)
	}
	t.roots[size] = root
	return root, true
}

// Release forgets rows of which all is on disk, certified up to a size.
func (t *Tail) release(size uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for tile := range t.rows {
		if tile.In(size) {
			delete(t.rows, tile)
		}
	}
}

// entries returns entries of a stretch, from its beginning on: as many as have so many
// bytes, or one. Those that lie below on disk are read from there.
func (t *Tail) entries(ctx context.Context, s Stretch, most int) (all []ledger.Entry, err error) {
	t.mu.RLock()
	tree := t.tree
	t.mu.RUnlock()
	if s.From >= s.To || s.To > tree.Size() {
		return nil, nil
	}
	r := ledger.NewReader(tree, t)
	for i := s.From; i < s.To; {
		data, err := r.Entries(ctx, i/ledger.Full)
		if err != nil {
			return nil, err
		}
		openings, err := r.Openings(ctx, i/ledger.Full)
		if err != nil {
			return nil, err
		}
		for at := i % ledger.Full; at < uint64(len(data)) && i < s.To; at, i = at+1, i+1 {
			e := ledger.Entry{Data: data[at], Opening: openings[at]}
			if most -= len(e.Data) + len(e.Opening); most < 0 && len(all) > 0 {
				return all, nil
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// Stretch is a part of the ledger.
type Stretch struct{ From, To uint64 }

// Bytes returns it as it is sent.
func (s Stretch) Bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.From), s.To)
}

// DecodeStretch reads what Bytes writes.
func DecodeStretch(b []byte) (Stretch, error) {
	if len(b) != 16 {
		return Stretch{}, fmt.Errorf("quorum: a stretch of the ledger in %d bytes; it takes 16", len(b))
	}
	return Stretch{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}, nil
}
