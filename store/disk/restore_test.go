package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ringfence/store/archive"
	"ringfence/store/disk/internal/datadir"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/restore"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

// filled returns an open store with something of every kind, the batches it
// serves, and the drawing behind A, B and C.
func filled(t *testing.T) (*Store, []feed.Record, *feedtest.Drawing) {
	t.Helper()
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3; A0 <- A1'; B0; C0")
	long := chain(t, "L", 2, 60)
	s := openDir(t, t.TempDir())
	must(t, s.Reserve(issuer("A"), reservations(t, d, "A0", "A1", "A2")))
	must(t, s.Append(records(d, "A0", "B0", "C0", "A1")))
	must(t, s.Append(long))
	must(t, s.Quarantine(d.Batch("A0").CID, "broken"))
	must(t, s.Append(records(d, "A0"))) // number 1 names no batch any more
	must(t, s.Quarantine(d.Batch("C0").CID, "broken"))
	must(t, s.Bar(issuer("B"), feed.Bar{Kind: feed.Stolen, Reason: "foreign"}))
	proof, err := feed.NewForkProof(d.Verified("A1"), d.Verified("A1'"))
	must(t, err)
	must(t, s.PutFork(proof))
	must(t, s.Put("space", "key", []byte("value")))
	served := append(records(d, "B0", "A1"), long...)
	return s, append(served, records(d, "A0")...), d
}

func backup(t *testing.T, s *Store) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, s.Backup(&out))
	return out.Bytes()
}

func entries(t *testing.T, b []byte) []archive.Entry {
	t.Helper()
	r, err := archive.NewReader(bytes.NewReader(b))
	must(t, err)
	var out []archive.Entry
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		must(t, err)
		out = append(out, e)
	}
}

func archiveOf(t *testing.T, entries []archive.Entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := archive.NewWriter(&out)
	must(t, err)
	for _, e := range entries {
		must(t, w.Write(e))
	}
	must(t, w.Close())
	return out.Bytes()
}

func TestRestore(t *testing.T) {
	s, served, d := filled(t)
	numbers := wantServed(t, s, served)
	b := backup(t, s)
	dir := filepath.Join(t.TempDir(), "made", "by", "restore")
	must(t, Restore(bytes.NewReader(b), Config{Dir: dir, FreeFloor: 1}))

	restored := openDir(t, dir)
	again := wantServed(t, restored, served)
	for i := range again {
		if again[i] != numbers[i] {
			t.Errorf("batch %d has the number %d, had %d", i, again[i], numbers[i])
		}
	}
	aside, err := restored.Quarantined()
	must(t, err)
	if len(aside) != 1 || aside[0] != (feed.Quarantined{Batch: d.Batch("C0").CID, Reason: "broken"}) {
		t.Errorf("in quarantine are %v", aside)
	}
	drafts, err := restored.Reserved(issuer("A"))
	must(t, err)
	if len(drafts) != 1 || drafts[0].Tip != d.Batch("A2").Tip() {
		t.Errorf("%d reservations wait, want A2", len(drafts))
	}
	if highest, _, _ := restored.HighestReserved(issuer("A")); highest != d.Batch("A2").Tip() {
		t.Errorf("the highest reservation is %v", highest)
	}
	// Nobody may sign, not even an issuer of which the backup knows nothing.
	older := feed.Bar{Kind: feed.Restored, Reason: restore.Reason}
	for letter, want := range map[string]feed.Bar{"A": older, "B": {Kind: feed.Stolen, Reason: "foreign"}, "Z": older} {
		if got, _, err := restored.Barred(issuer(letter)); err != nil || got != want {
			t.Errorf("%s is barred by %+v, %v", letter, got, err)
		}
	}
	if err := restored.Reserve(issuer("A"), reservations(t, d, "A3")); !errors.Is(err, feed.ErrBarred) {
		t.Errorf("reserve: %v", err)
	}
	must(t, restored.Lift(issuer("A"), feed.Restored))
	must(t, restored.Reserve(issuer("A"), reservations(t, d, "A3")))
	must(t, restored.Append(records(d, "A2", "C0")))

	// A backup of what was restored says the same, but for who is barred.
	second := t.TempDir()
	must(t, Restore(bytes.NewReader(b), Config{Dir: second, FreeFloor: 1}))
	was, is := entries(t, b), entries(t, backup(t, openDir(t, second)))
	for i := range was {
		if s, ok := was[i].(archive.Signer); ok {
			other, ok := is[i].(archive.Signer)
			if !ok || other.Highest != s.Highest || other.Bar.Kind == 0 {
				t.Errorf("signer %d is %+v, was %+v", i, is[i], s)
			}
			was[i] = is[i]
		}
	}
	if !bytes.Equal(archiveOf(t, was), archiveOf(t, is)) {
		t.Error("a backup of what was restored differs")
	}
}

func TestRestoreRefuses(t *testing.T) {
	s, _, d := filled(t)
	whole := backup(t, s)
	all := entries(t, whole)
	without := func(drop func(archive.Entry) bool) []byte {
		var kept []archive.Entry
		for _, e := range all {
			if !drop(e) {
				kept = append(kept, e)
			}
		}
		return archiveOf(t, kept)
	}
	changed := func(change func(*archive.Record)) []byte {
		kept := bytes.Clone(whole) // entries are made anew from it
		list := entries(t, kept)
		for i, e := range list {
			if r, ok := e.(archive.Record); ok && r.Record.Tip.CID == d.Batch("A1").CID {
				change(&r)
				list[i] = r
			}
		}
		return archiveOf(t, list)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, b := range map[string][]byte{
		"nothing":                  nil,
		"something else":           []byte("ringfence/backup/v2\n and what may follow"),
		"half":                     whole[:len(whole)/2],
		"all but the last byte":    whole[:len(whole)-1],
		"a flipped bit":            flipped,
		"bytes behind":             append(bytes.Clone(whole), 0),
		"the body of another":      changed(func(r *archive.Record) { r.Record.Body = d.Batch("A2").Body }),
		"the place of another":     changed(func(r *archive.Record) { r.Record.Tip.Sequence = 7 }),
		"a signature that is none": changed(func(r *archive.Record) { r.Record.Header[len(r.Record.Header)-1] ^= 1 }),
		"no body":                  changed(func(r *archive.Record) { r.Record.Body = nil }),
		"an endless header":        changed(func(r *archive.Record) { r.Record.Header = make([]byte, 1000) }),
		"a batch left out": without(func(e archive.Entry) bool {
			r, ok := e.(archive.Record)
			return ok && r.Record.Tip.CID == d.Batch("A0").CID
		}),
		"a value without a name": archiveOf(t, append([]archive.Entry{archive.Named{Space: "space"}}, all...)),
		"a reservation of another header": archiveOf(t, []archive.Entry{archive.Reservation{
			Issuer: issuer("A"), Reservation: feed.Reservation{Tip: d.Batch("A0").Tip(), Header: []byte("x"), Body: []byte("x")}}}),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Restore(bytes.NewReader(b), Config{Dir: dir, FreeFloor: 1}); err == nil {
				t.Fatal("restored")
			}
			// The directory is empty again: a good backup goes in.
			must(t, Restore(bytes.NewReader(whole), Config{Dir: dir, FreeFloor: 1}))
		})
	}
}

func TestRestoreIntoEmptyOnly(t *testing.T) {
	s, served, _ := filled(t)
	b := backup(t, s)
	taken := t.TempDir()
	must(t, os.WriteFile(filepath.Join(taken, "letter"), []byte("dear"), 0o600))
	if err := Restore(bytes.NewReader(b), Config{Dir: taken, FreeFloor: 1}); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Fatalf("into a directory in use: %v", err)
	}
	if _, err := os.Stat(filepath.Join(taken, "letter")); err != nil {
		t.Fatalf("what was there is gone: %v", err)
	}
	must(t, s.Close())
	if Restore(bytes.NewReader(b), Config{Dir: s.cfg.Dir, FreeFloor: 1}) == nil {
		t.Fatal("restored over a store")
	}
	wantServed(t, openDir(t, s.cfg.Dir), served)
	if Restore(bytes.NewReader(b), Config{}) == nil {
		t.Fatal("restored into no directory")
	}
}

// A restore that fails owns the directory until that is empty again: whoever
// waits for it finds nothing half removed.
func TestRestoreEmptiesUnderItsLock(t *testing.T) {
	dir := t.TempDir()
	found := make(chan []string, 1)
	waits := func() {
		f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
		if err == nil {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		}
		names, errNames := datadir.Contents(dir)
		if err := errors.Join(err, errNames, f.Close()); err != nil {
			names = append(names, err.Error())
		}
		found <- names
	}
	asked := 0
	full := func(string) (uint64, uint64, error) {
		if asked++; asked == 1 {
			for i := range 2000 { // takes a while to remove
				must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600))
			}
			go waits()
		}
		return 1 << 20, 1 << 40, nil
	}
	if err := Restore(bytes.NewReader(nil), Config{Dir: dir, FreeFloor: 1, Free: full}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("restore: %v", err)
	}
	if names := <-found; len(names) != 1 || names[0] != "restore-unfinished" {
		t.Errorf("whoever came next found %d files, %.200v", len(names), names)
	}
}

func TestRestoreDiskFull(t *testing.T) {
	s, _, _ := filled(t)
	b := backup(t, s)
	var disk space
	disk.free.Store(1<<30 + 1<<20)
	cfg := Config{Dir: t.TempDir(), Free: disk.ask}
	if err := Restore(bytes.NewReader(b), cfg); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("restore: %v", err)
	}
	disk.free.Store(1 << 20)
	if err := Restore(bytes.NewReader(b), cfg); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("restore on a full disk: %v", err)
	}
	disk.free.Store(10 << 30)
	must(t, Restore(bytes.NewReader(b), cfg))
}

// TestInterruptedRestore leaves out what Restore writes last.
func TestInterruptedRestore(t *testing.T) {
	s, _, _ := filled(t)
	dir := t.TempDir()
	must(t, Restore(bytes.NewReader(backup(t, s)), Config{Dir: dir, FreeFloor: 1}))
	must(t, os.Remove(filepath.Join(dir, "FORMAT")))
	if _, err := Open(Config{Dir: dir, FreeFloor: 1}); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("open: %v", err)
	}
}

// TestBackupIsOneMoment writes while a backup is read slowly: it holds what was
// there at its start, and nothing of what came later.
func TestBackupIsOneMoment(t *testing.T) {
	s, served, _ := filled(t)
	later := chain(t, "N", 8, 60)
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- errors.Join(s.Backup(writer), writer.Close()) }()
	first := make([]byte, 1)
	_, err := io.ReadFull(reader, first) // now the moment has passed
	must(t, err)
	must(t, s.Append(later))
	must(t, s.Put("space", "key", []byte("changed")))
	rest, err := io.ReadAll(reader)
	must(t, err)
	must(t, <-done)
	dir := t.TempDir()
	must(t, Restore(bytes.NewReader(append(first, rest...)), Config{Dir: dir, FreeFloor: 1}))
	restored := openDir(t, dir)
	wantServed(t, restored, served)
	if value, _, _ := restored.Get("space", "key"); string(value) != "value" {
		t.Fatalf("the value is %q, of a later moment", value)
	}
}

// TestBackupOfDamage: a batch that rotted is backed up as one in quarantine, so
// that its place and all others are kept.
func TestBackupOfDamage(t *testing.T) {
	all := chain(t, "A", 3, 60)
	dir := t.TempDir()
	s := openDir(t, dir)
	must(t, s.Append(all))
	values := files(t, dir, ".vlog")[0]
	b, err := os.ReadFile(values)
	must(t, err)
	flip(t, values, 8*(bytes.Index(b, all[1].Body)+50))
	saved := backup(t, s)
	to := t.TempDir()
	must(t, Restore(bytes.NewReader(saved), Config{Dir: to, FreeFloor: 1}))
	restored := openDir(t, to)
	wantServed(t, restored, []feed.Record{all[0], all[2]})
	must(t, restored.Append(all[1:2]))
	wantServed(t, restored, []feed.Record{all[0], all[2], all[1]})
}

// TestBackupThatFailsIsNotWhole loses a batch in the middle: what was written
// until then must not look like a backup.
func TestBackupThatFailsIsNotWhole(t *testing.T) {
	s := openDir(t, t.TempDir())
	must(t, s.Append(chain(t, "A", 3, 60)))
	must(t, s.db.Always(func() error {
		return s.db.Commit(func(txn engine.Txn) error { return txn.Delete(layout.ArrivalKey(2)) })
	}))
	var out bytes.Buffer
	if err := s.Backup(&out); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a store with a hole was backed up: %v", err)
	}
	if err := Restore(&out, Config{Dir: t.TempDir(), FreeFloor: 1}); err == nil {
		t.Fatal("half a backup was restored")
	}
	if err := s.Since(0, func(uint64, feed.Record) error { return nil }); !errors.Is(err, ErrDamaged) {
		t.Fatalf("the hole was passed over: %v", err)
	}
}

// A restore that fails must not leave a directory that passes for a new store:
// its issuers would sign from the beginning. A sound backup mends it.
func TestFailedRestoreIsNoNewStore(t *testing.T) {
	from := openDir(t, t.TempDir())
	var sound bytes.Buffer
	if err := from.Backup(&sound); err != nil {
		t.Fatal(err)
	}
	broken := bytes.Clone(sound.Bytes())
	broken[len(broken)-1] ^= 1
	cfg := Config{Dir: t.TempDir(), FreeFloor: 1}
	for range 2 {
		if err := Restore(bytes.NewReader(broken), cfg); err == nil {
			t.Fatal("a damaged backup was restored")
		}
		if s, err := Open(cfg); err == nil || !strings.Contains(err.Error(), "was not finished") {
			t.Fatalf("opened after a failed restore: %v, %v", s, err)
		}
	}
	if err := Restore(&sound, cfg); err != nil {
		t.Fatal(err)
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
