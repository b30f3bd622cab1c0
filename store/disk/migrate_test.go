package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

// firstFormat turns a closed store back into what format 1 was.
func firstFormat(t *testing.T, dir string) {
	t.Helper()
	name := filepath.Join(dir, "promises")
	b, err := os.ReadFile(name)
	must(t, err)
	const head, slotSize = 20, 64 << 10 // magic 8, generation 8, size of the rest 4
	for slot := 0; slot+head < len(b); slot += slotSize {
		if !bytes.HasPrefix(b[slot:], []byte("RFPROM2\n")) {
			continue
		}
		b[slot+6] = '1'
		end := slot + head + int(binary.BigEndian.Uint32(b[slot+head-4:])) - sha256.Size
		sum := sha256.Sum256(b[slot:end])
		copy(b[end:], sum[:])
	}
	must(t, os.WriteFile(name, b, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("ringfence store 1\n"), 0o600))
}

// A store of format 1 keeps what it promised, and is refused from then on by a
// version that would take its bars for something else.
func TestPromisesOfTheFirstFormat(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	want := map[string]feed.Bar{"A": {Kind: feed.Stolen, Reason: "a thief"}, "B": {Kind: feed.Restored, Reason: "an older disk"}}
	for letter, bar := range want {
		must(t, s.Bar(feedtest.Key(letter).Public(), bar))
	}
	must(t, s.Close())
	firstFormat(t, dir)
	for range 2 {
		s = openDir(t, dir)
		for letter, bar := range want {
			if got, _, err := s.Barred(feedtest.Key(letter).Public()); err != nil || got != bar {
				t.Errorf("%s is barred by %+v, %v", letter, got, err)
			}
		}
		must(t, s.Close())
		if format, err := os.ReadFile(filepath.Join(dir, "FORMAT")); err != nil || string(format) != "ringfence store 2\n" {
			t.Errorf("the store has %q, %v", format, err)
		}
	}
}
