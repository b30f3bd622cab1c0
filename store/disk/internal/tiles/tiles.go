// Package tiles is how the rows of a ledger lie in the database: in runs, each some
// slots of a row that follow each other.
//
// A row grows at its end, often by one small entry, and what it holds already may
// be large. So an append rewrites at most the last run, if that is short, and a row
// that came at once is few runs. Each run tells how many slots it has, so the next
// one's key is known and a row is read without searching; one that is missing ends
// the row there, and whoever compares it with the tree finds out.
//
// Openings must go when they are erased. Large values lie in Badger's value log, from
// which nothing is ever removed; so runs of openings stay below that size, and are
// gone once Badger merges the tables that hold them. A single opening of 4 KiB or more
// is the exception; those of ratified entries have some fifty bytes. What was erased
// is written down beside the bundle, so that it does not come back with a bundle that
// is written again.
//
// Floor 6, a room of store/disk. It knows rows and slots and nothing of hashes: it
// refuses what does not continue a row, and what is not packed as the row is.
package tiles

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

const (
	// short is the size in bytes from which a run is not extended any more: what a
	// small append rewrites at most, in each of the three rows that it touches.
	short = 2 << 10
	// inTree is the size in bytes that a run of several openings does not exceed,
	// with which it stays out of the value log.
	inTree = engine.MaxInTree - runHead
	// long is the size in bytes that a run of several entries or hashes does not
	// exceed. Reading the beginning of a row reads its runs whole.
	long = 64 << 10

	runHead = 2
)

// run is some slots of a row, from the first.
type run struct {
	first, slots int
	data         []byte
}

func (r *run) end() int { return r.first + r.slots }

// get returns the run that begins with a slot, and whether there is one.
func get(txn engine.Txn, t ledger.Tile, first int) (run, bool, error) {
	value, ok, err := txn.Get(layout.RunKey(t, first))
	if err != nil {
		return run{}, false, fmt.Errorf("%s from %d: %w", t, first, err)
	}
	if !ok {
		return run{}, false, nil
	}
	f := layout.Take(value)
	r := run{first: first, slots: int(binary.BigEndian.Uint16(f.Bytes(runHead))), data: f.Rest()}
	if f.Bad() || r.slots < 1 || r.end() > ledger.Full {
		return run{}, false, damage.Errorf("%s from %d: %d slots", t, first, r.slots)
	}
	return r, true, nil
}

func set(txn engine.Txn, t ledger.Tile, r run) error {
	value := binary.BigEndian.AppendUint16(make([]byte, 0, runHead+len(r.data)+8), uint16(r.slots))
	return txn.Set(layout.RunKey(t, r.first), append(value, r.data...))
}

// Read returns the bytes of t. Of what is not held the error is fs.ErrNotExist.
func Read(txn engine.Txn, t ledger.Tile) ([]byte, error) {
	if !t.In(ledger.MaxSize) {
		return nil, fmt.Errorf("no ledger has %s: %w", t, fs.ErrNotExist)
	}
	row, width, err := collect(txn, t)
	if err != nil {
		return nil, err
	}
	if width < t.Width {
		return nil, fmt.Errorf("of %s only %d are held: %w", t, width, fs.ErrNotExist)
	}
	cut, err := ledger.Cut(t, row)
	if err != nil {
		return nil, damage.Errorf("%s: %w", t, err)
	}
	return cut, nil
}

// collect returns the runs of a row up to t's width or somewhat beyond, and how many
// slots they are; fewer are all that is held.
func collect(txn engine.Txn, t ledger.Tile) (row []byte, width int, err error) {
	for width < t.Width {
		r, ok, err := get(txn, t, width)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			break
		}
		row, width = append(row, r.data...), r.end()
	}
	return row, width, nil
}

// Add makes a row what an addition leaves of it.
func Add(txn engine.Txn, a ledger.Addition) error {
	if !a.In(ledger.MaxSize) || a.Skip < 0 || a.Skip >= a.Width {
		return fmt.Errorf("no ledger has %s from %d", a.Tile, a.Skip)
	}
	if a.Kind == ledger.Openings {
		var err error
		if a.Data, err = withoutErased(txn, a); err != nil {
			return err
		}
	}
	last, err := cutAt(txn, a.Tile, a.Skip)
	if err != nil {
		return err
	}
	slots := a.Width - a.Skip
	if last.slots > 0 {
		a.Skip, slots = last.first, slots+last.slots
		a.Data = append(last.data[:len(last.data):len(last.data)], a.Data...)
	}
	return setRuns(txn, a.Tile, run{a.Skip, slots, a.Data})
}

// cutAt removes what a row holds from a slot on, and returns the run that has to
// be written again in front of what comes there instead: the last one, when it
// reached beyond or is short; else none.
func cutAt(txn engine.Txn, t ledger.Tile, slot int) (run, error) {
	before := -1
	for _, key := range txn.Keys(layout.RowPrefix(t)) {
		if len(key) != 1 {
			return run{}, damage.Errorf("%s: a key with %d bytes", t, len(key))
		}
		if first := int(key[0]); first < slot {
			before = first
		} else if err := txn.Delete(layout.RunKey(t, first)); err != nil {
			return run{}, err
		}
	}
	if slot == 0 {
		return run{}, nil
	}
	var last run
	if before >= 0 {
		var err error
		if last, _, err = get(txn, t, before); err != nil {
			return run{}, err
		}
	}
	if last.end() < slot {
		return run{}, fmt.Errorf("add to %s from %d: only %d are held", t, slot, last.end())
	}
	if last.end() == slot && len(last.data) >= short {
		return run{}, nil
	}
	kept := run{first: last.first, slots: slot - last.first}
	size, err := measure(t.Kind, last.data, kept.slots)
	if err != nil {
		return run{}, damage.Errorf("%s from %d: %w", t, last.first, err)
	}
	kept.data = last.data[:size]
	return kept, nil
}

// setRuns writes a run as several that are not too long.
func setRuns(txn engine.Txn, t ledger.Tile, all run) error {
	limit := long
	if t.Kind == ledger.Openings {
		limit = inTree
	}
	part, from, at := run{first: all.first}, 0, 0
	for range all.slots {
		size, err := measure(t.Kind, all.data[at:], 1)
		if err != nil {
			return fmt.Errorf("add to %s: %w", t, err)
		}
		if part.slots > 0 && at-from+size > limit {
			part.data = all.data[from:at]
			if err := set(txn, t, part); err != nil {
				return err
			}
			part, from = run{first: part.end()}, at
		}
		part.slots++
		at += size
	}
	if at < len(all.data) {
		return fmt.Errorf("add to %s: %d bytes follow the last slot", t, len(all.data)-at)
	}
	part.data = all.data[from:]
	return set(txn, t, part)
}

// measure returns how many bytes the first slots take.
func measure(kind ledger.Kind, data []byte, slots int) (int, error) {
	size := 0
	for i := range slots {
		next := merkle.HashSize
		if kind != ledger.Hashes {
			if len(data)-size < 2 {
				return 0, fmt.Errorf("the bytes end before slot %d of %d", i, slots)
			}
			next = 2 + int(binary.BigEndian.Uint16(data[size:]))
		}
		if size += next; size > len(data) {
			return 0, fmt.Errorf("the bytes end within slot %d of %d", i, slots)
		}
	}
	return size, nil
}

// portion is how much of additions goes into one transaction, in bytes, so that
// what of it lies in the tree stays below what Badger allows there; a single
// addition may be larger, of which the value log takes what is.
const portion = 512 << 10

// Write applies additions in their order, each whole or not at all, and not yet
// durably. The caller is db's writer.
func Write(db *engine.DB, additions []ledger.Addition) error {
	for len(additions) > 0 {
		n, size := 0, 0
		for n < len(additions) && (n == 0 || size+len(additions[n].Data)+short <= portion) {
			size += len(additions[n].Data) + short
			n++
		}
		err := db.Commit(func(txn engine.Txn) error {
			var all error
			for _, a := range additions[:n] {
				all = errors.Join(all, Add(txn, a))
			}
			return all
		})
		if err != nil {
			return err
		}
		additions = additions[n:]
	}
	return nil
}
