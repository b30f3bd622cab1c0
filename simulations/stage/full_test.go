package stage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"ringfence/node/publish"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/number"
)

// A small disk, what must stay free on it, and what the engine wants besides.
const (
	diskSize  = 192 << 20
	diskFloor = 24 << 20
	behind    = 32 << 20
)

// small is a disk that runs full: a file system of its own where this user may
// mount one, else a directory whose free space is reckoned from what lies in it.
type small struct {
	t       testing.TB
	dir     string
	mounted bool
	ballast int // files that only take room
}

func newSmall(t testing.TB) *small {
	t.Helper()
	dir := t.TempDir()
	d := &small{t: t, dir: dir, mounted: mount(t, dir, diskSize)}
	t.Logf("a file system of its own: %t", d.mounted)
	return d
}

// config is that of a store on the disk.
func (d *small) config() disk.Config {
	cfg := disk.Config{Dir: filepath.Join(d.dir, "store"), FreeFloor: diskFloor}
	if !d.mounted {
		cfg.Free = func(string) (uint64, uint64, error) { return d.reckoned(), diskSize, nil }
	}
	return cfg
}

// reckoned returns the free space by the room that files take, as a file
// system counts it: holes are free.
func (d *small) reckoned() uint64 {
	used := int64(0)
	for _, path := range files(d.t, d.dir) {
		if n, err := allocated(path); err == nil { // it may be gone since
			used += n
		}
	}
	return uint64(max(diskSize-used, 0))
}

// fill leaves so many bytes free.
func (d *small) fill(free uint64) {
	d.t.Helper()
	now, err := d.free()
	if err != nil || now < free {
		d.t.Fatalf("%d bytes are free, %v", now, err)
	}
	d.ballast++
	write(d.t, filepath.Join(d.dir, fmt.Sprintf("ballast-%d", d.ballast)), make([]byte, now-free))
}

func (d *small) free() (uint64, error) {
	if !d.mounted {
		return d.reckoned(), nil
	}
	return freeOf(d.dir)
}

// relieve frees what fill took.
func (d *small) relieve() {
	d.t.Helper()
	for ; d.ballast > 0; d.ballast-- {
		if err := os.Remove(filepath.Join(d.dir, fmt.Sprintf("ballast-%d", d.ballast))); err != nil {
			d.t.Fatal(err)
		}
	}
}

// A disk that runs full in the middle of a publication: writing is refused
// before it is full, look-ups go on, and with room again the same delivery
// completes on the same open store.
func TestSoakDiskRunsFull(t *testing.T) {
	text := lines(t, 0, 60_000)
	want := undisturbed(t, text)
	for range max(1, rounds/10) {
		d := newSmall(t)
		store, s := open(t, d.config())
		d.fill(diskFloor + behind + 3<<20)
		var said []publish.Receipt
		_, err := deliver(s, text, publish.Options{Receipt: func(r publish.Receipt) error { said = append(said, r); return nil }})
		if !errors.Is(err, disk.ErrDiskFull) {
			t.Fatalf("want %v, got %v", disk.ErrDiskFull, err)
		}
		free, err := d.free()
		if err != nil || free < diskFloor {
			t.Errorf("%d bytes are free, %v; the floor is %d", free, err, diskFloor)
		}
		if len(said) == 0 || len(said) >= 60_000 {
			t.Fatalf("%d lines were said; the disk was to run full in the middle", len(said))
		}
		answers(t, store, s, said)
		if _, err := deliver(s, text, publish.Options{}); !errors.Is(err, disk.ErrDiskFull) {
			t.Errorf("delivered again while full: %v", err)
		}
		d.fill(diskFloor + behind - 1<<20) // others fill the disk, too
		if err := store.Writable(); !errors.Is(err, disk.ErrDiskFull) {
			t.Errorf("when not even a small write is left, Writable says %v", err)
		}
		answers(t, store, s, said)
		d.relieve()
		if err := store.Writable(); err != nil {
			t.Errorf("with room again Writable says %v", err)
		}
		if _, err := deliver(s, text, publish.Options{}); err != nil {
			t.Fatal(err)
		}
		want.check(t, s)
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// answers looks up what was said while nothing can be written.
func answers(t testing.TB, store *disk.Store, s *Stage, said []publish.Receipt) {
	t.Helper()
	l := s.View.List()
	seen := make(map[number.Number]bool)
	for _, r := range said {
		if seen[r.Number] {
			continue
		}
		seen[r.Number] = true
		if _, _, ok := l.Lookup(r.Number); !ok {
			t.Fatalf("%s was acknowledged and is not listed", r.Number.Masked())
		}
	}
	batches := 0
	if err := store.Since(0, func(uint64, feed.Record) error { batches++; return nil }); err != nil || batches == 0 {
		t.Errorf("%d batches are read back, %v", batches, err)
	}
}
