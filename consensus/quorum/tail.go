package quorum

import (
	"context"
	"fmt"
	"io/fs"
	"sync"

	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// tail is the ledger as this regulator applied it: what is certified lies below, on
// disk, and the rest in memory. It is safe for concurrent use.
type tail struct {
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

func newTail(tree ledger.Tree, below ledger.Source) *tail {
	return &tail{below: below, tree: tree, rows: make(map[ledger.Tile]row), roots: make(map[uint64]merkle.Hash)}
}

// append adds entries.
func (t *tail) append(entries []ledger.Entry) error {
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
func (t *tail) held(a ledger.Addition) ([]byte, error) {
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
func (t *tail) Read(ctx context.Context, tile ledger.Tile) ([]byte, error) {
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

// size is how many entries there are.
func (t *tail) size() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.tree.Size()
}

// Root implements cosign.Log. A root that the disk does not tell is not known: whoever
// held it against what others certified would be silent until the next realignment.
func (t *tail) Root(size uint64) (merkle.Hash, bool) {
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

// release forgets rows of which all is on disk, certified up to a size.
func (t *tail) release(size uint64) {
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
func (t *tail) entries(ctx context.Context, s stretch, most int) (all []ledger.Entry, err error) {
	t.mu.RLock()
	tree := t.tree
	t.mu.RUnlock()
	if s.from >= s.to || s.to > tree.Size() {
		return nil, nil
	}
	r := ledger.NewReader(tree, t)
	for i := s.from; i < s.to; {
		data, err := r.Entries(ctx, i/ledger.Full)
		if err != nil {
			return nil, err
		}
		openings, err := r.Openings(ctx, i/ledger.Full)
		if err != nil {
			return nil, err
		}
		for at := i % ledger.Full; at < uint64(len(data)) && i < s.to; at, i = at+1, i+1 {
			e := ledger.Entry{Data: data[at], Opening: openings[at]}
			if most -= len(e.Data) + len(e.Opening); most < 0 && len(all) > 0 {
				return all, nil
			}
			all = append(all, e)
		}
	}
	return all, nil
}
