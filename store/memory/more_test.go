package memory_test

import (
	"bytes"
	"slices"
	"testing"

	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/memory"
)

// TestBackupRestoresOnDisk: what a store in memory writes is a backup like any
// other.
func TestBackupRestoresOnDisk(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; B0")
	s := memory.New()
	for _, b := range d.All() {
		if err := s.Append([]feed.Record{b.Record()}); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := s.Backup(&out); err != nil {
		t.Fatal(err)
	}
	cfg := disk.Config{Dir: t.TempDir(), FreeFloor: 1}
	if err := disk.Restore(&out, cfg); err != nil {
		t.Fatal(err)
	}
	restored, err := disk.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := restored.Close(); err != nil {
			t.Error(err)
		}
	}()
	want, err := s.Tips()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := restored.Tips(); err != nil || !slices.Equal(got, want) {
		t.Fatalf("tips are %v, want %v: %v", got, want, err)
	}
	for _, b := range d.All() {
		got, ok, err := restored.Batch(b.CID)
		if err != nil || !ok || !bytes.Equal(got.Body, b.Body) {
			t.Errorf("batch %s: %v, %v", b.CID, ok, err)
		}
	}
}
