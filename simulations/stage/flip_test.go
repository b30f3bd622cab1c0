package stage

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"ringfence/node/publish"
	"ringfence/store/disk"
	"ringfence/store/feed"
)

// A bit that flips in a stored batch is found by a scrub, named, and the batch
// no longer served; fetched again it is whole, and so is the list.
func TestSoakFlippedBits(t *testing.T) {
	text := lines(t, 0, 20_000)
	want := undisturbed(t, text)
	dir := t.TempDir()
	cfg := disk.Config{Dir: dir, FreeFloor: 1}
	store, s := open(t, cfg)
	if _, err := deliver(s, text, publish.Options{}); err != nil {
		t.Fatal(err)
	}
	var records []feed.Record
	err := store.Since(0, func(_ uint64, r feed.Record) error {
		r.Header, r.Body = bytes.Clone(r.Header), bytes.Clone(r.Body)
		records = append(records, r)
		return nil
	})
	if err != nil || len(records) < 4 {
		t.Fatalf("%d batches, %v", len(records), err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	for range rounds {
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		hit := &records[random.IntN(len(records))]
		flip(t, dir, hit.Body, random)
		if store, err = disk.Open(cfg); err != nil {
			t.Fatal(err)
		}
		report, err := store.Scrub(context.Background(), nil)
		if err != nil || len(report.Quarantined) != 1 || !report.Quarantined[0].Batch.Equals(hit.Tip.CID) || report.Quarantined[0].Reason == "" {
			t.Fatalf("batch %s was changed; the scrub reports %+v, %v", hit.Tip.CID, report, err)
		}
		if _, ok, err := store.Batch(hit.Tip.CID); err != nil || ok {
			t.Errorf("a broken batch is served: %t, %v", ok, err)
		}
		if err := store.Append([]feed.Record{*hit}); err != nil {
			t.Fatal(err)
		}
		if report, err := store.Scrub(context.Background(), nil); err != nil || len(report.Quarantined) != 0 {
			t.Errorf("fetched again: %+v, %v", report, err)
		}
		healed, err := New(config(found(t), store))
		if err != nil {
			t.Fatal(err)
		}
		want.check(t, healed)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// flip changes one bit of a body where it lies on the disk, everywhere that it
// lies.
func flip(t testing.TB, dir string, body []byte, random *rand.Rand) {
	t.Helper()
	at, bit := random.IntN(len(body)), byte(1)<<random.IntN(8)
	places := 0
	for _, path := range files(t, dir) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := false
		for from := 0; ; {
			i := bytes.Index(content[from:], body)
			if i < 0 {
				break
			}
			content[from+i+at] ^= bit
			from += i + len(body)
			places++
			changed = true
		}
		if changed {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if places == 0 {
		t.Fatal("the body lies nowhere on the disk")
	}
}
