package promise

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// slot returns a slot under a magic.
func slot(t *testing.T, magic string, generation uint64, s State) []byte {
	t.Helper()
	value := encode(s)
	b := binary.BigEndian.AppendUint64([]byte(magic), generation)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)+sha256.Size))
	b = append(b, value...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// first returns a slot as format 1 had it.
func first(t *testing.T, generation uint64, s State) []byte {
	return slot(t, magicFirst, generation, s)
}

// writeSlots makes a file of two slots in a new directory.
func writeSlots(t *testing.T, slots ...[]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var b []byte
	for _, slot := range slots {
		b = append(b, slot...)
		b = append(b, make([]byte, slotSize-len(slot))...)
	}
	must(t, os.WriteFile(filepath.Join(dir, fileName), b, 0o600))
	return dir
}

// readFirst returns which slots a version takes up that knows format 1 alone.
func readFirst(t *testing.T, dir string) (slots []int) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, fileName))
	must(t, err)
	for slot := range 2 {
		if strings.HasPrefix(string(b[slot*slotSize:]), magicFirst) {
			slots = append(slots, slot)
		}
	}
	return slots
}

// TestMigrate: the newer slot of format 1 is what stands, and afterwards neither can
// be taken for what was promised by a version that does not know the second form;
// so also when the first run was interrupted after one slot.
func TestMigrate(t *testing.T) {
	older, newer := sample(), sample()
	newer.Arrivals++
	dir := writeSlots(t, first(t, 8, older), first(t, 9, newer))
	if _, err := Open(dir); !errors.Is(err, damage.Err) {
		t.Fatalf("format 1 is opened as it is: %v", err)
	}
	for _, run := range []string{"once", "again"} {
		must(t, Migrate(dir))
		if got := open(t, dir); !equal(got.Now(), newer) || len(readFirst(t, dir)) != 0 {
			t.Errorf("%s: %+v; slots of format 1: %v", run, got.Now(), readFirst(t, dir))
		}
	}
	dir = writeSlots(t, slot(t, magic, 10, newer), first(t, 9, newer))
	if got := readFirst(t, dir); len(got) != 1 {
		t.Fatalf("half way, slots of format 1: %v", got)
	}
	must(t, Migrate(dir))
	if got := open(t, dir); !equal(got.Now(), newer) || len(readFirst(t, dir)) != 0 {
		t.Errorf("half way: %+v; slots of format 1: %v", got.Now(), readFirst(t, dir))
	}
}

func TestMigrateNothing(t *testing.T) {
	dir := t.TempDir()
	must(t, Migrate(dir))
	if !open(t, dir).IsNew() {
		t.Error("a store that promised nothing promises something")
	}
	dir = writeSlots(t, []byte("RFPROM9\n"), nil)
	before, err := os.ReadFile(filepath.Join(dir, fileName))
	must(t, err)
	if err := Migrate(dir); !errors.Is(err, damage.Err) {
		t.Errorf("damage is migrated: %v", err)
	}
	if after, err := os.ReadFile(filepath.Join(dir, fileName)); err != nil || !bytes.Equal(before, after) {
		t.Errorf("damage is written over: %v", err)
	}
}

// TestMigratedBars: the first versions of format 1 told by the text alone that a key
// may be stolen.
func TestMigratedBars(t *testing.T) {
	const thief = "batch x (0/7) came in under it"
	for n, c := range []struct{ had, want feed.Bar }{
		{feed.Bar{}, feed.Bar{}},
		{feed.Bar{Kind: feed.Restored, Reason: "an older disk"}, feed.Bar{Kind: feed.Restored, Reason: "an older disk"}},
		{feed.Bar{Kind: feed.Restored, Reason: heldElsewhere + thief}, feed.Bar{Kind: feed.Stolen, Reason: thief}},
		{feed.Bar{Kind: feed.Restored, Reason: foreignBatch + "0/7 of the feed"}, feed.Bar{Kind: feed.Stolen, Reason: foreignBatch + "0/7 of the feed"}},
		{feed.Bar{Kind: feed.Restored, Reason: heldElsewhere}, feed.Bar{Kind: feed.Restored, Reason: heldElsewhere}},
		{feed.Bar{Kind: feed.Stolen, Reason: thief}, feed.Bar{Kind: feed.Stolen, Reason: thief}},
	} {
		had := State{Signers: map[keys.Public]Signer{key(1): {Highest: place(4), Bar: c.had}}}
		dir := writeSlots(t, nil, first(t, 1, had))
		must(t, Migrate(dir))
		if got := open(t, dir).Now().Signer(key(1)); got.Bar != c.want || got.Highest != place(4) {
			t.Errorf("%d: %+v becomes %+v", n, c.had, got)
		}
	}
	if !strings.HasPrefix(feed.Bar{Kind: feed.Stolen}.String(), heldElsewhere) {
		t.Error("a bar does not say any more by itself that the key may be stolen")
	}
}
