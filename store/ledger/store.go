package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// ErrDamaged is what errors wrap that say: what a Source gave is not what the
// certified tree holds. Ask another one; if it was our own disk, it needs repair.
var ErrDamaged = errors.New("what was read is not what the certified tree holds")

// DamagedError says which tiles do not fit. It wraps ErrDamaged.
type DamagedError struct {
	Tiles []Tile // one, or several of which only together can be seen that they do not fit
	Size  uint64 // of the tree, in entries
	Why   string // more than that it does not fit; "": nothing
}

// Error returns what does not fit, and why.
func (e *DamagedError) Error() string {
	text := fmt.Sprintf("ledger: %v of the tree of %d entries: %v", e.Tiles, e.Size, ErrDamaged)
	if len(e.Tiles) == 1 {
		text = fmt.Sprintf("ledger: %s of the tree of %d entries: %v", e.Tiles[0], e.Size, ErrDamaged)
	}
	if e.Why != "" {
		text += ": " + e.Why
	}
	return text
}

// Unwrap returns ErrDamaged.
func (*DamagedError) Unwrap() error { return ErrDamaged }

// ErrForked is what errors wrap that say: of two trees the larger does not begin
// with the smaller.
var ErrForked = errors.New("the ledger has two histories")

// Source gives tiles: our own disk, a peer, or memory. It need not be honest.
type Source interface {
	// Read returns the bytes of t, of exactly its width; a Source that holds a
	// wider one cuts it (Cut). Of what it does not hold the error wraps
	// fs.ErrNotExist. The bytes must not change later and are not changed. It may
	// be called concurrently.
	Read(ctx context.Context, t Tile) ([]byte, error)
}

// Store keeps tiles: for each kind, level and index one row of bytes, the widest
// that was written.
type Store interface {
	Source
	// Write applies additions in their order, each whole or not at all (Onto). A
	// writer that fails half-way writes all of them again. They must be durable
	// before a checkpoint that needs them is kept. There is one writer; readers
	// of a tree are not disturbed by writes beyond its size.
	Write(additions []Addition) error
}

// Addition is what a tile gains: its bytes behind the first Skip hashes or
// entries, up to its Width. What a Store holds beyond Skip is the tail of a tree
// that was given up, and goes.
type Addition struct {
	Tile

	Skip int // 0 to less than Width
	Data []byte
}

// Onto returns the row of the tile as the addition leaves it, from what is held of
// it: nothing, or any width from Skip up. It does not change held.
func (a Addition) Onto(held []byte) ([]byte, error) {
	if a.Skip == 0 {
		return a.Data, nil
	}
	kept := a.Tile
	kept.Width = a.Skip
	before, err := Cut(kept, held)
	if err != nil {
		return nil, fmt.Errorf("ledger: add to %s: %w", a.Tile, err)
	}
	row := make([]byte, 0, len(before)+len(a.Data))
	return append(append(row, before...), a.Data...), nil
}

// Cut returns t from the row of a wider or equal tile. It fails when the row is too
// short, and does not look at what follows.
func Cut(t Tile, row []byte) ([]byte, error) {
	if !t.valid() {
		return nil, fmt.Errorf("ledger: no tree has the tile %s", t)
	}
	if t.Kind == Hashes {
		if size := t.Width * merkle.HashSize; len(row) >= size {
			return row[:size:size], nil
		}
		return nil, fmt.Errorf("ledger: %s has %d hashes; of them %d bytes are held", t, t.Width, len(row))
	}
	rest := row
	for i := range t.Width {
		var ok bool
		if _, rest, ok = unpack(rest); !ok {
			return nil, fmt.Errorf("ledger: %s has %d entries; what is held ends within entry %d", t, t.Width, i)
		}
	}
	size := len(row) - len(rest)
	return row[:size:size], nil
}

// Succeeds reports as nil that the checkpoint of a tree may take the place of the
// note that a Store kept, nil for none: its size never falls. Two trees of one size
// are ErrForked.
func Succeeds(kept []byte, next checkpoint.Tree) error {
	if kept == nil {
		return nil
	}
	now, err := checkpoint.Peek(kept)
	switch {
	case err != nil:
		return err
	case next.Size < now.Size:
		return fmt.Errorf("ledger: the checkpoint %s that is kept is larger", now)
	case next.Size == now.Size && next != now.Tree:
		return fmt.Errorf("ledger: the checkpoint %s is kept: %w", now, ErrForked)
	}
	return nil
}

// Covers reports as nil that the note that a Store kept, nil for none, covers all of
// those entries: only their openings are erased, for others may yet stand at places
// above.
func Covers(kept []byte, indexes []uint64) error {
	var now checkpoint.Checkpoint
	if kept != nil {
		var err error
		if now, err = checkpoint.Peek(kept); err != nil {
			return err
		}
	}
	if len(indexes) > 0 && slices.Max(indexes) >= now.Size {
		return fmt.Errorf("ledger: entry %d; the checkpoint that is kept covers %d entries", slices.Max(indexes), now.Size)
	}
	return nil
}
