package disk

import (
	"bytes"
	"path/filepath"
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

// TestRewindIsKept changes a feed to another branch, of an own issuer too: whatever of that a
// crash leaves is a store that opens, with the feed as far as it had come, and so is what a
// backup restores. What was promised is still known, so nothing bars signing.
func TestRewindIsKept(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0 <- A1' <- A2'")
	dir, owner := t.TempDir(), feedtest.Key("A").Public()
	s := openDir(t, dir)
	for _, name := range []string{"A0", "A1", "A2"} {
		must(t, s.Reserve(owner, reservations(t, d, name)))
		must(t, s.Append([]feed.Record{d.Batch(name).Record()}))
	}
	ends := func(when, dir, tip string, arrivals int) *Store {
		t.Helper()
		s := openDir(t, dir)
		if got, held, err := s.Tip(owner, 0); err != nil || !held || got != d.Batch(tip).Tip() {
			t.Errorf("%s: the feed ends at %v, %v, %v, want %s", when, got, held, err, tip)
		}
		n := 0
		must(t, s.Since(0, func(uint64, feed.Record) error { n++; return nil }))
		if n != arrivals {
			t.Errorf("%s: %d batches arrived, want %d", when, n, arrivals)
		}
		return s
	}
	must(t, s.Rewind(owner, 0, 1))
	killed := ends("killed in between", copyDir(t, dir), "A0", 3)
	if bar, barred, _ := killed.Barred(owner); barred {
		t.Errorf("what is held beside its feed is taken to be lost: %v", bar)
	}
	must(t, s.Append([]feed.Record{d.Batch("A1'").Record(), d.Batch("A2'").Record()}))
	ends("killed after the change", copyDir(t, dir), "A2'", 5)

	var b bytes.Buffer
	must(t, s.Backup(&b))
	restored := filepath.Join(t.TempDir(), "restored")
	must(t, Restore(&b, Config{Dir: restored, FreeFloor: 1}))
	ends("restored", restored, "A2'", 3)
}
