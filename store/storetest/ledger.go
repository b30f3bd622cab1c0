package storetest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"testing"

	"ringfence/store/archive"
	"ringfence/store/checkpoint"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
)

// Ledger is everything that a store can do with the ledger that it follows.
type Ledger interface {
	ledger.Store

	// Checkpoint returns the newest checkpoint that was kept, nil for none.
	Checkpoint() []byte
	// Keep keeps the note of a checkpoint, durable when it returns, whose tree the
	// store holds. Its size never falls: a smaller one is refused, another tree of
	// the same size is ledger.ErrForked.
	Keep(note checkpoint.Note) error
	// Erase erases openings of entries that the checkpoint covers, for good: they
	// do not come back with a bundle that is written again.
	Erase(indexes ...uint64) error
	Erased(index uint64) (bool, error)
}

// RunLedger tests the ledgers of the stores that open makes, each of them empty.
func RunLedger(t *testing.T, open func(t *testing.T) (Store, Ledger)) {
	empty := func(t *testing.T) Ledger {
		_, l := open(t)
		return l
	}
	ledgertest.Run(t, func(t *testing.T) ledger.Store { return empty(t) })
	t.Run("checkpoint", func(t *testing.T) { testCheckpoint(t, empty(t)) })
	t.Run("a checkpoint comes after its tree", func(t *testing.T) { testCheckpointWithoutTree(t, empty(t)) })
	t.Run("erased openings stay away", func(t *testing.T) { testErased(t, empty(t)) })
	t.Run("rows of large entries", func(t *testing.T) { testLargeRows(t, empty(t)) })
	t.Run("readers of a ledger beside its writer", func(t *testing.T) { testLedgerReaders(t, empty(t)) })
	t.Run("a backup holds the ledger", func(t *testing.T) {
		s, l := open(t)
		testLedgerBackup(t, s, l)
	})
}

// Note signs the checkpoint of a tree as a log's key does, and nobody cosigns it.
func Note(t testing.TB, tree checkpoint.Tree) checkpoint.Note {
	t.Helper()
	c := checkpoint.Checkpoint{Origin: checkpoint.Origin(feedtest.Federation()), Tree: tree}
	note, err := checkpoint.Sign(c, keys.FromSeed([keys.SeedSize]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func testCheckpoint(t *testing.T, l Ledger) {
	if held := l.Checkpoint(); held != nil {
		t.Fatalf("an empty store has the checkpoint %q", held)
	}
	first := ledgertest.Grow(t, l, ledger.Tree{}, ledgertest.Entries(0, 300))
	must(t, l.Keep(Note(t, first.Head())))
	second := ledgertest.Grow(t, l, first, ledgertest.Entries(300, 301))
	note := Note(t, second.Head())
	must(t, l.Keep(note))
	if err := l.Keep(Note(t, first.Head())); err == nil {
		t.Error("the checkpoint went back")
	}
	other := ledgertest.Grow(t, l, first, ledgertest.Entries(1300, 1301))
	if err := l.Keep(Note(t, other.Head())); !errors.Is(err, ledger.ErrForked) {
		t.Errorf("another tree of that size: %v", err)
	}
	ledgertest.Grow(t, l, first, ledgertest.Entries(300, 301))
	if got := l.Checkpoint(); !bytes.Equal(got, note.Bytes()) {
		t.Errorf("the checkpoint is %q, want %q", got, note.Bytes())
	}
	c := checkpoint.Checkpoint{Origin: note.Origin, Tree: second.Head()}
	key := keys.FromSeed([keys.SeedSize]byte{2})
	fresh, err := note.With(checkpoint.Cosigner("regulator", key.Public()), c.Cosign(key, 1_700_000_000))
	must(t, err)
	must(t, l.Keep(fresh))
	if got := l.Checkpoint(); !bytes.Equal(got, fresh.Bytes()) {
		t.Errorf("the checkpoint is %q, want the one cosigned anew", got)
	}
}

func testCheckpointWithoutTree(t *testing.T, l Ledger) {
	held := ledgertest.Grow(t, l, ledger.Tree{}, ledgertest.Entries(0, 300))
	ahead, _, err := held.Append(ledgertest.Entries(300, 310))
	must(t, err)
	if err := l.Keep(Note(t, ahead.Head())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a tree that is not held: %v", err)
	}
	elsewhere, _, err := ledger.Tree{}.Append(ledgertest.Entries(7, 307))
	must(t, err)
	if err := l.Keep(Note(t, elsewhere.Head())); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("another tree than the one that is held: %v", err)
	}
	if note := l.Checkpoint(); note != nil {
		t.Errorf("kept is %q", note)
	}
}

// openings returns all openings of a tree.
func openings(t *testing.T, l Ledger, tree ledger.Tree) (all [][]byte) {
	t.Helper()
	for bundle := uint64(0); bundle*ledger.Full < tree.Size(); bundle++ {
		some, err := ledger.NewReader(tree, l).Openings(t.Context(), bundle)
		must(t, err)
		all = append(all, some...)
	}
	return all
}

func testErased(t *testing.T, l Ledger) {
	whole, additions, err := ledger.Tree{}.Append(ledgertest.Entries(0, 600))
	must(t, err)
	must(t, l.Write(additions))
	if err := l.Erase(1); err == nil {
		t.Error("erased what no checkpoint covers")
	}
	must(t, l.Keep(Note(t, whole.Head())))
	tree := ledgertest.Grow(t, l, whole, ledgertest.Entries(600, 610))
	if err := l.Erase(600); err == nil {
		t.Error("erased beyond the checkpoint")
	}
	gone := []uint64{1, 255, 256, 599}
	must(t, l.Erase(gone...))
	must(t, l.Erase())
	check := func(what string, tree ledger.Tree) {
		t.Helper()
		for i, got := range openings(t, l, tree) {
			want := ledgertest.Entry(uint64(i)).Opening
			isGone := i == 1 || i == 255 || i == 256 || i == 599
			if isGone {
				want = nil
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: opening %d is %q, want %q", what, i, got, want)
			}
			if erased, err := l.Erased(uint64(i)); err != nil || erased != isGone {
				t.Errorf("%s: opening %d: erased %v, %v", what, i, erased, err)
			}
		}
		must(t, ledger.NewReader(tree, l).Check(t.Context(), 0))
	}
	check("at once", tree)
	must(t, l.Write(additions)) // as a peer that erased nothing gives it
	check("written again", whole)
}

// testLargeRows grows rows to 256 entries of 60,000 bytes, in steps of all sizes,
// and drops some of it again.
func testLargeRows(t *testing.T, l Ledger) {
	large := func(from, to uint64) []ledger.Entry {
		entries := ledgertest.Entries(from, to)
		for i := range entries {
			entries[i].Data = append(bytes.Repeat([]byte{byte(i), 1}, 30_000), entries[i].Data...)
			if i%2 == 0 {
				entries[i].Opening = bytes.Repeat([]byte{byte(i), 2}, 1000*(i%32))
			}
		}
		return entries
	}
	var tree ledger.Tree
	for _, size := range []uint64{1, 2, 40, 41, 256, 600} {
		tree = ledgertest.Grow(t, l, tree, large(tree.Size(), size))
	}
	must(t, ledger.NewReader(tree, l).Check(t.Context(), 0))
	then, err := ledger.NewReader(tree, l).At(t.Context(), 37)
	must(t, err)
	tree = ledgertest.Grow(t, l, then, large(37, 256))
	must(t, ledger.NewReader(tree, l).Check(t.Context(), 0))
	if got, want := openings(t, l, tree), large(37, 256); !bytes.Equal(got[255], want[255-37].Opening) {
		t.Errorf("the last opening has %d bytes, want %d", len(got[255]), len(want[255-37].Opening))
	}
}

// testLedgerReaders reads a certified tree while its tail is written and dropped.
func testLedgerReaders(t *testing.T, l Ledger) {
	tree := ledgertest.Grow(t, l, ledger.Tree{}, ledgertest.Entries(0, 700))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for round := range uint64(20) {
			_, additions, err := tree.Append(ledgertest.Entries(1000*round, 1000*round+900))
			if err == nil {
				err = l.Write(additions)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		opened, err := ledger.Open(t.Context(), l, tree.Head())
		must(t, err)
		must(t, ledger.NewReader(opened, l).Check(t.Context(), 0))
	}
}

func testLedgerBackup(t *testing.T, s Store, l Ledger) {
	tree := ledgertest.Grow(t, l, ledger.Tree{}, ledgertest.Entries(0, 600))
	note := Note(t, tree.Head())
	must(t, l.Keep(note))
	must(t, l.Erase(5, 300))
	ledgertest.Grow(t, l, tree, ledgertest.Entries(600, 900)) // which nobody certified
	var b bytes.Buffer
	must(t, s.Backup(&b))
	in, err := archive.NewReader(&b)
	must(t, err)
	var entries []ledger.Entry
	var erased []uint64
	var kept []byte
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		switch e := e.(type) {
		case archive.Bundle:
			if e.First != uint64(len(entries)) || kept != nil {
				t.Fatalf("entries from %d on follow %d", e.First, len(entries))
			}
			entries, erased = append(entries, e.Entries...), append(erased, e.Erased...)
		case archive.Checkpoint:
			kept = e.Note
		}
	}
	again, _, err := ledger.Tree{}.Append(entries)
	must(t, err)
	if again.Head() != tree.Head() || !bytes.Equal(kept, note.Bytes()) {
		t.Errorf("the backup has the ledger %s with the checkpoint %q", again.Head(), kept)
	}
	if len(erased) != 2 || erased[0] != 5 || erased[1] != 300 || len(entries[5].Opening) > 0 || len(entries[4].Opening) == 0 {
		t.Errorf("erased in the backup: %v", erased)
	}
}
