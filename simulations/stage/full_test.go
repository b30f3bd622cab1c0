package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/node/api"
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

// A node that runs, on a disk that runs full: it refuses before the disk is
// full, answers all the while, and writes again by itself once there is room.
func TestSoakNodeOnAFullDisk(t *testing.T) {
	text := lines(t, 0, 60_000)
	want := undisturbed(t, text)
	d := newSmall(t)
	h := newHome(t, filepath.Join(d.dir, "home"), noon)
	n := h.open(diskFloor, d.config().Free)
	defer func() { must(t, n.Close()) }()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	defer func() { stop(); must(t, <-ended) }()
	<-n.Ready()
	c := h.client()
	defer func() { must(t, c.Close()) }()

	d.fill(diskFloor + behind + 3<<20)
	acknowledged, drafts := 0, h.drafts(text)
	for range 2 { // and once more while it is full
		_, err := h.publish(c, text, func(at api.Progress) {
			if at.Phase == "publishing" {
				acknowledged = max(acknowledged, int(at.Done))
			}
		})
		if api.KindOf(err) != api.Refused || !strings.Contains(err.Error(), "look-ups go on") {
			t.Fatalf("on a full disk: %v", err)
		}
	}
	if acknowledged == 0 || acknowledged >= len(drafts) {
		t.Fatalf("%d of %d flags were said; the disk was to run full in the middle", acknowledged, len(drafts))
	}
	d.fill(diskFloor + behind - 1<<20) // others fill the disk, too
	if free, err := d.free(); err != nil || free < diskFloor {
		t.Errorf("%d bytes are free, %v; the floor is %d", free, err, diskFloor)
	}
	stand(t, n, drafts[:acknowledged])
	found, err := c.Lookup(ctx, api.Query{Number: drafts[0].Number.String()})
	if err != nil || !found.Listed {
		t.Errorf("a look-up on a full disk: %+v, %v", found, err)
	}
	if s, err := c.Status(ctx); err != nil || len(s.Problems) == 0 {
		t.Errorf("the status tells the problems %v, %v", s.Problems, err)
	}
	d.relieve()
	if _, err := h.publish(c, text, nil); err != nil {
		t.Fatal(err)
	}
	want.checkNode(t, n)
	if s, err := c.Status(ctx); err != nil || len(s.Problems) > 0 {
		t.Errorf("with room again the status tells the problems %v, %v", s.Problems, err)
	}
}
