package archive_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"ringfence/store/archive"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
)

func note(t testing.TB, tree ledger.Tree) []byte {
	t.Helper()
	n, err := checkpoint.Sign(checkpoint.Checkpoint{Origin: "ledger", Tree: tree.Head()}, keys.FromSeed([keys.SeedSize]byte{1}))
	must(t, err)
	return n.Bytes()
}

func withLedger(t testing.TB) []archive.Entry {
	t.Helper()
	entries := ledgertest.Entries(0, 3)
	tree, _, err := ledger.Tree{}.Append(entries)
	must(t, err)
	return append(sample(t), archive.Bundle{Entries: entries[:2], Erased: []uint64{0}},
		archive.Bundle{First: 2, Entries: entries[2:]}, archive.Checkpoint{Note: note(t, tree)})
}

// TestBundlesAreCarried holds their form: a backup of today must be readable for ever.
func TestBundlesAreCarried(t *testing.T) {
	b := write(t, withLedger(t))
	got, err := read(b)
	must(t, err)
	if !bytes.Equal(write(t, got), b) {
		t.Error("written again it differs")
	}
	const bundle = "07" + "00000017" + // kind, length
		"83" + "02" + "81" + "82" + "47" + "656e7472792032" + "49" + "6f70656e696e672032" + "80"
	if !strings.Contains(hex.EncodeToString(b), bundle) {
		t.Errorf("a bundle is written otherwise: %x", b[len(b)-400:])
	}
}

func TestReaderRefusesBundles(t *testing.T) {
	entries := ledgertest.Entries(0, 257)
	for name, e := range map[string]archive.Entry{
		"of nothing":             archive.Bundle{},
		"of too many":            archive.Bundle{Entries: entries},
		"beyond all ledgers":     archive.Bundle{First: ledger.MaxSize, Entries: entries[:1]},
		"beyond all numbers":     archive.Bundle{First: 1<<64 - 1, Entries: entries[:2]},
		"erased and there":       archive.Bundle{Entries: entries[:2], Erased: []uint64{1}},
		"erased behind it":       archive.Bundle{Entries: entries[:1], Erased: []uint64{1}},
		"erased before it":       archive.Bundle{First: 9, Entries: entries[:1], Erased: []uint64{8}},
		"erased twice":           archive.Bundle{Entries: entries[:1], Erased: []uint64{0, 0}},
		"a checkpoint of no log": archive.Checkpoint{Note: []byte("note")},
	} {
		if _, err := read(write(t, []archive.Entry{e})); err == nil || errors.Is(err, archive.ErrTruncated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLedger: what is read of a ledger is compared with its checkpoint, which ends
// it, and comes in pieces that fit into a frame.
func TestLedger(t *testing.T) {
	large := ledgertest.Entries(0, 300)
	for i := range large {
		large[i].Data = append(large[i].Data, make([]byte, 30_000)...)
		large[i].Opening = append(large[i].Opening, make([]byte, 30_000)...)
	}
	var store ledgertest.Memory
	tree := ledgertest.Grow(t, &store, ledger.Tree{}, large)
	none := func(uint64) (bool, error) { return false, nil }
	var kinds []archive.Kind
	for e, err := range archive.Ledger(&store, note(t, tree), none) {
		must(t, err)
		kinds = append(kinds, e.Kind())
		if b := write(t, []archive.Entry{e}); len(b) > archive.MaxPayload {
			t.Errorf("a piece of %d bytes", len(b))
		}
	}
	if n := len(kinds); n < 10 || kinds[n-1] != archive.KindCheckpoint {
		t.Errorf("the pieces are %v", kinds)
	}
	for e, err := range archive.Ledger(&store, nil, none) {
		t.Errorf("of no ledger: %v, %v", e, err)
	}
	failed := errors.New("cannot tell")
	unknown := func(i uint64) (bool, error) { return false, map[bool]error{true: failed}[i == 299] }
	other, _, err := ledger.Tree{}.Append(ledgertest.Entries(1, 301))
	must(t, err)
	for name, c := range map[string]struct {
		note   []byte
		erased func(uint64) (bool, error)
		want   error
	}{
		"another tree":      {note(t, other), none, ledger.ErrDamaged},
		"erasures unknown":  {note(t, tree), unknown, failed},
		"no checkpoint":     {[]byte("note"), none, nil},
		"a bundle damaged":  {note(t, tree), none, ledger.ErrDamaged},
		"openings not such": {note(t, tree), none, ledger.ErrDamaged},
	} {
		at := &damaged{&store, ledger.Entries}
		switch name {
		case "openings not such":
			at.kind = ledger.Openings
		case "a bundle damaged":
		default:
			at.kind = ledger.Hashes + 9
		}
		var last error
		for e, err := range archive.Ledger(at, c.note, c.erased) {
			if last = err; err == nil && e.Kind() == archive.KindCheckpoint {
				t.Errorf("%s: it ends with its checkpoint", name)
			}
		}
		if last == nil || c.want != nil && !errors.Is(last, c.want) {
			t.Errorf("%s: %v", name, last)
		}
	}
}

// damaged gives the second bundle of a kind without its last byte.
type damaged struct {
	*ledgertest.Memory
	kind ledger.Kind
}

func (d *damaged) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	b, err := d.Memory.Read(ctx, t)
	if err == nil && t.Kind == d.kind && t.Index == 1 {
		b = b[:len(b)-1]
	}
	return b, err
}
