package memory

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"sync"

	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
)

// Ledger is the ledger as a store follows it. It is safe for concurrent use.
type Ledger struct {
	mu         sync.RWMutex
	rows       rows
	erased     map[uint64]bool
	checkpoint []byte
}

// Ledger returns the ledger in the store.
func (s *Store) Ledger() *Ledger { return &s.ledger }

// rows are the rows of the ledger, each under its tile of full width.
type rows map[ledger.Tile]held

// held is a row as wide as it was written.
type held struct {
	width int
	bytes []byte
}

func row(t ledger.Tile) ledger.Tile {
	t.Width = ledger.Full
	return t
}

// Read implements ledger.Source.
func (r rows) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b, err := ledger.Cut(t, r[row(t)].bytes)
	if err != nil {
		return nil, fmt.Errorf("memory: %w: %w", err, fs.ErrNotExist)
	}
	return b, nil
}

// Read implements ledger.Source.
func (l *Ledger) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.rows.Read(ctx, t)
}

// Write implements ledger.Store.
func (l *Ledger) Write(additions []ledger.Addition) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range additions {
		b, err := a.Onto(l.rows[row(a.Tile)].bytes)
		if err == nil {
			err = l.put(a.Tile, b)
		}
		if err != nil {
			return fmt.Errorf("memory: write the ledger: %w", err)
		}
	}
	return nil
}

// put keeps the row of a tile, without the openings that were erased.
func (l *Ledger) put(t ledger.Tile, b []byte) error {
	if t.Kind == ledger.Openings {
		var gone []int
		for slot := range t.Width {
			if l.erased[t.Index*ledger.Full+uint64(slot)] {
				gone = append(gone, slot)
			}
		}
		kept, err := ledger.Erase(t, b, gone...)
		if err != nil {
			return err
		}
		b = kept.Data
	}
	if l.rows == nil {
		l.rows = make(rows)
	}
	l.rows[row(t)] = held{t.Width, bytes.Clone(b)}
	return nil
}

// Checkpoint returns the newest checkpoint that was kept, and nil when none was. It
// must not be changed.
func (l *Ledger) Checkpoint() []byte {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.checkpoint
}

// Keep keeps the note of a certified checkpoint in place of the one before. The store
// must hold its tree already. One of a smaller tree is refused, and one of another
// tree of the same size is ledger.ErrForked; of the same tree the last one stays.
func (l *Ledger) Keep(note checkpoint.Note) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := ledger.Succeeds(l.checkpoint, note.Tree)
	if err == nil {
		_, err = ledger.Open(context.Background(), l.rows, note.Tree)
	}
	if err != nil {
		return fmt.Errorf("memory: keep the checkpoint %s: %w", note.Checkpoint, err)
	}
	l.checkpoint = bytes.Clone(note.Bytes())
	return nil
}

// Erase erases the openings of entries, all of which the kept checkpoint covers, for
// good: they do not come back with a bundle that is written again.
func (l *Ledger) Erase(indexes ...uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.erase(indexes); err != nil {
		return fmt.Errorf("memory: erase openings: %w", err)
	}
	return nil
}

func (l *Ledger) erase(indexes []uint64) error {
	if err := ledger.Covers(l.checkpoint, indexes); err != nil {
		return err
	}
	if l.erased == nil {
		l.erased = make(map[uint64]bool)
	}
	for _, i := range indexes {
		l.erased[i] = true
		t := ledger.Tile{Kind: ledger.Openings, Index: i / ledger.Full}
		now := l.rows[row(t)]
		t.Width = now.width
		if err := l.put(t, now.bytes); err != nil {
			return err
		}
	}
	return nil
}

// Erased reports whether the opening of an entry was erased here.
func (l *Ledger) Erased(index uint64) (bool, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.erased[index], nil
}
