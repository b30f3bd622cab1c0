package archive

import (
	"context"
	"fmt"
	"iter"

	"ringfence/store/assertion"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
)

// Bundle is entries of the ledger that follow each other, with their openings.
type Bundle struct {
	First   uint64 // the index of the first
	Entries []ledger.Entry
	Erased  []uint64 // indexes of those whose openings were erased, ascending
}

// Checkpoint is the note of a checkpoint whose tree is that of all bundles before it.
// Bundles without one behind them are nothing.
type Checkpoint struct{ Note []byte }

// Kind returns KindBundle.
func (Bundle) Kind() Kind { return KindBundle }

// Kind returns KindCheckpoint.
func (Checkpoint) Kind() Kind { return KindCheckpoint }

type bundleFrame struct {
	_       struct{} `cbor:",toarray"`
	First   uint64
	Entries []entryFrame
	Erased  []uint64
}

type entryFrame struct {
	_       struct{} `cbor:",toarray"`
	Data    []byte
	Opening []byte
}

func (b Bundle) encode() ([]byte, error) {
	f := bundleFrame{First: b.First, Erased: b.Erased}
	for _, e := range b.Entries {
		f.Entries = append(f.Entries, entryFrame{Data: e.Data, Opening: e.Opening})
	}
	return assertion.Encode(&f)
}

func (c Checkpoint) encode() ([]byte, error) { return c.Note, nil }

func decodeBundle(b []byte) (Entry, error) {
	var f bundleFrame
	if err := assertion.Decode(b, &f); err != nil {
		return nil, err
	}
	end := f.First + uint64(len(f.Entries))
	if len(f.Entries) < 1 || len(f.Entries) > ledger.Full || end > ledger.MaxSize || end < f.First {
		return nil, fmt.Errorf("archive: %d ledger entries from %d on", len(f.Entries), f.First)
	}
	out := Bundle{First: f.First, Erased: f.Erased}
	for _, e := range f.Entries {
		out.Entries = append(out.Entries, ledger.Entry{Data: e.Data, Opening: e.Opening})
	}
	next := f.First
	for _, i := range f.Erased {
		if i < next || i >= end || len(f.Entries[i-f.First].Opening) > 0 {
			return nil, fmt.Errorf("archive: opening %d is said to be erased, among %d entries from %d on", i, len(f.Entries), f.First)
		}
		next = i + 1
	}
	return out, nil
}

func decodeCheckpoint(b []byte) (Entry, error) {
	if _, err := checkpoint.Peek(b); err != nil {
		return nil, err
	}
	return Checkpoint{Note: b}, nil
}

// bundleBytes is how large the entries of a Bundle are with their openings, but for
// the last.
const bundleBytes = 1 << 20

// Ledger returns, in order, the entries of an archive that hold what a checkpoint
// covers: bundles as they are read and compared with its tree, and the checkpoint
// last. It ends with the first error, and then without the checkpoint. A note of
// length 0 stands for no ledger.
func Ledger(from ledger.Source, note []byte, erased func(index uint64) (bool, error)) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if len(note) == 0 {
			return
		}
		l := lines{from: from, erased: erased}
		err := l.open(note)
		for l.more() && err == nil {
			var b Bundle
			if b, err = l.next(); err == nil && !yield(b, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
			return
		}
		yield(Checkpoint{Note: note}, nil)
	}
}

// lines reads a ledger in pieces that fit into an archive.
type lines struct {
	from   ledger.Source
	erased func(index uint64) (bool, error)

	reader            *ledger.Reader
	size, at          uint64
	entries, openings [][]byte // from at to the end of its bundle
}

func (l *lines) open(note []byte) error {
	c, err := checkpoint.Peek(note)
	if err != nil {
		return err
	}
	tree, err := ledger.Open(context.Background(), l.from, c.Tree)
	l.reader, l.size = ledger.NewReader(tree, l.from), c.Size
	return err
}

func (l *lines) more() bool { return l.at < l.size }

func (l *lines) next() (b Bundle, err error) {
	if len(l.entries) == 0 {
		if l.entries, err = l.reader.Entries(context.Background(), l.at/ledger.Full); err != nil {
			return b, err
		}
		if l.openings, err = l.reader.Openings(context.Background(), l.at/ledger.Full); err != nil {
			return b, err
		}
	}
	b.First = l.at
	for size := 0; size < bundleBytes && len(l.entries) > 0; {
		gone, err := l.erased(l.at)
		if err != nil {
			return b, err
		}
		if gone {
			b.Erased = append(b.Erased, l.at)
		}
		b.Entries = append(b.Entries, ledger.Entry{Data: l.entries[0], Opening: l.openings[0]})
		size += len(l.entries[0]) + len(l.openings[0])
		l.entries, l.openings, l.at = l.entries[1:], l.openings[1:], l.at+1
	}
	return b, nil
}
