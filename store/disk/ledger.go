package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"ringfence/store/checkpoint"
	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/tiles"
	"ringfence/store/ledger"
)

// Ledger is the ledger as a store follows it: its rows, the newest certified
// checkpoint, and which openings were erased here. Writes are durable when they
// return. It is safe for concurrent use.
type Ledger struct{ s *Store }

// Ledger returns the ledger in the store.
func (s *Store) Ledger() *Ledger { return &Ledger{s} }

// rows reads tiles in a view of one moment.
type rows struct{ txn engine.Txn }

// Read implements ledger.Source.
func (r rows) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	row, err := tiles.Read(r.txn, t)
	if errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w: %w", err, ledger.ErrDamaged)
	}
	return row, err
}

// Read implements ledger.Source. What the disk has changed is ErrDamaged and
// ledger.ErrDamaged where its checksum tells; only who compares with a tree knows all.
func (l *Ledger) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	var row []byte
	err := l.s.db.View(func(txn engine.Txn) error {
		var err error
		row, err = rows{txn}.Read(ctx, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("disk: read the ledger: %w", err)
	}
	return row, nil
}

// Write implements ledger.Store, with one barrier for all additions. On an error
// those before the failing one may be kept.
func (l *Ledger) Write(additions []ledger.Addition) error {
	size := 0
	for i := range additions {
		size += len(additions[i].Data)
	}
	return l.s.db.Write(size, func() error {
		if err := tiles.Write(l.s.db, additions); err != nil {
			return fmt.Errorf("disk: write the ledger: %w", err)
		}
		return l.s.db.Settle()
	})
}

// Checkpoint returns the newest checkpoint that was kept, and nil when none was. It
// must not be changed.
func (l *Ledger) Checkpoint() []byte {
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	return l.s.checkpoint
}

// Keep keeps the note of a certified checkpoint in place of the one before, durably.
// The store must hold its tree already. One of a smaller tree is refused, and one
// of another tree of the same size is ledger.ErrForked; of the same tree the last
// one stays. That it is certified, and extends the one before, is for the caller to
// know.
func (l *Ledger) Keep(note checkpoint.Note) error {
	s := l.s
	return s.db.Write(len(note.Bytes()), func() error {
		if err := ledger.Succeeds(s.checkpoint, note.Tree); err != nil {
			return fmt.Errorf("disk: keep the checkpoint %s: %w", note.Checkpoint, err)
		}
		kept := bytes.Clone(note.Bytes())
		err := s.db.Commit(func(txn engine.Txn) error {
			if _, err := ledger.Open(context.Background(), rows{txn}, note.Tree); err != nil {
				return err
			}
			return txn.Set(layout.CheckpointKey(), bytes.Clone(kept))
		})
		if err != nil {
			return fmt.Errorf("disk: keep the checkpoint %s: %w", note.Checkpoint, err)
		}
		if err := s.db.Settle(); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.checkpoint = kept
		return nil
	})
}

// loadCheckpoint reads the checkpoint into memory.
func (s *Store) loadCheckpoint(txn engine.Txn) error {
	note, ok, err := txn.Get(layout.CheckpointKey())
	if err == nil && ok {
		_, err = checkpoint.Peek(note)
	}
	if err != nil {
		return damage.Errorf("the ledger's checkpoint: %w", err)
	}
	s.checkpoint = note
	return nil
}

// Erase erases the openings of entries, all of which the kept checkpoint covers,
// durably and for good: they do not come back with a bundle that is written again.
func (l *Ledger) Erase(indexes ...uint64) error {
	return l.s.db.Write(len(indexes)*ledger.Full, func() error {
		err := ledger.Covers(l.s.checkpoint, indexes)
		if err == nil {
			err = tiles.EraseAll(l.s.db, indexes)
		}
		if err != nil {
			return fmt.Errorf("disk: erase openings: %w", err)
		}
		return l.s.db.Settle()
	})
}

// Erased reports whether the opening of an entry was erased here.
func (l *Ledger) Erased(index uint64) (bool, error) {
	var erased bool
	err := l.s.db.View(func(txn engine.Txn) error {
		var err error
		erased, err = rows{txn}.erased(index)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("disk: opening %d: %w", index, err)
	}
	return erased, nil
}

func (r rows) erased(index uint64) (bool, error) {
	erased, err := tiles.ErasedOf(r.txn, index/ledger.Full)
	return err == nil && erased.Has(int(index%ledger.Full)), err
}
