package certification

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/store/disk"
	"ringfence/store/disk/internal/slots/torn"
	"ringfence/store/keys"
	"ringfence/store/wire"
)

const dir = "/dir"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func key(n byte) keys.Public { return keys.FromSeed([keys.SeedSize]byte{n}).Public() }

// tornDisk is a file system in memory.
func tornDisk(fs *torn.FS) system {
	return system{fs, func(path string) (bool, error) { return fs.Has(path), nil }}
}

func openOn(t testing.TB, fs *torn.FS, key keys.Public) *Keeper {
	t.Helper()
	k, err := open(tornDisk(fs), dir, key)
	must(t, err)
	return k
}

func want(t testing.TB, k *Keeper, condition Condition, text string) {
	t.Helper()
	got, why := k.Condition()
	switch {
	case got != condition:
		t.Fatalf("the state is %s (%s), want %s", got, why, condition)
	case condition == Lost && !strings.Contains(why, text):
		t.Fatalf("lost because %q, want %q", why, text)
	case condition != Lost && string(k.State()) != text:
		t.Fatalf("the state is %q, want %q", k.State(), text)
	}
}

// TestConditions on a real disk, over openings: new, held, lost, and never back.
func TestConditions(t *testing.T) {
	dir := t.TempDir()
	again := func() *Keeper {
		t.Helper()
		k, err := Open(dir, key(1))
		must(t, err)
		t.Cleanup(func() { _ = k.Close() })
		return k
	}
	k := again()
	want(t, k, Lost, "there is no file")
	if err := k.Keep([]byte("state")); !errors.Is(err, ErrLost) {
		t.Errorf("kept where no state is: %v", err)
	}
	must(t, Create(dir, key(1)))
	if err := Create(dir, key(1)); !errors.Is(err, ErrExists) {
		t.Errorf("created twice: %v", err)
	}
	k = again()
	want(t, k, New, "")
	if err := errors.Join(k.Keep(nil), k.Keep(make([]byte, MaxState+1))); err == nil || errors.Is(err, ErrFailed) {
		t.Errorf("states of no size: %v", err)
	}
	for i := range 3 {
		state := fmt.Sprint("state ", i)
		must(t, k.Keep([]byte(state)))
		want(t, k, Held, state)
		want(t, again(), Held, state)
	}
	must(t, k.Keep(bytes.Repeat([]byte{1}, MaxState)))
	if k.Adopt([]byte("another")) == nil {
		t.Error("adopted while a state is held")
	}
	if k.Lose("") == nil {
		t.Error("lost for no reason")
	}
	must(t, k.Lose(strings.Repeat("shown 9:ab ", 1000)))
	must(t, k.Lose("another reason"))
	for _, k := range []*Keeper{k, again()} {
		want(t, k, Lost, "shown 9:ab")
		if err := k.Keep([]byte("state")); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "shown 9:ab") {
			t.Errorf("kept although it is lost: %v", err)
		}
	}
	if err := Create(dir, key(1)); !errors.Is(err, ErrExists) {
		t.Errorf("a lost state was created anew: %v", err)
	}
	info, err := os.Stat(pathOf(dir, key(1)))
	must(t, err)
	if info.Mode().Perm() != 0o600 || info.Size() != 256<<10 {
		t.Errorf("the file has mode %v and %d bytes", info.Mode(), info.Size())
	}
}

// TestAnotherKey: a regulator that is re-keyed has a new state, beside the old one,
// and neither is taken for the other.
func TestAnotherKey(t *testing.T) {
	fs := &torn.FS{}
	must(t, create(tornDisk(fs), dir, key(1)))
	old := openOn(t, fs, key(1))
	must(t, old.Keep([]byte("old")))
	want(t, openOn(t, fs, key(2)), Lost, "there is no file")
	must(t, old.Lose("shown"))
	must(t, create(tornDisk(fs), dir, key(2)))
	k := openOn(t, fs, key(2))
	want(t, k, New, "")
	must(t, k.Keep([]byte("new")))
	want(t, openOn(t, fs, key(2)), Held, "new")
	want(t, openOn(t, fs, key(1)), Lost, "shown")
	if k.Key() != key(2) {
		t.Error("of another key")
	}
	must(t, fs.Rename(pathOf(dir, key(2)), pathOf(dir, key(1))))
	want(t, openOn(t, fs, key(1)), Lost, "another key, "+key(2).Short())
}

// TestCrashes is a power cut while a state is kept (F05): what was kept last is
// held, or what was being kept, whatever sectors reached the disk.
func TestCrashes(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 4))
	for range 200 {
		fs := &torn.FS{}
		must(t, create(tornDisk(fs), dir, key(1)))
		k := openOn(t, fs, key(1))
		last := ""
		for n := range random.IntN(4) {
			last = strings.Repeat(fmt.Sprintf("state %d;", n), 700)
			must(t, k.Keep([]byte(last)))
		}
		next := strings.Repeat("the next;", 700)
		losing := random.IntN(3) == 0
		fs.FailAt = fs.Syncs + 1
		var err error
		if losing {
			err = k.Lose("shown")
		} else {
			err = k.Keep([]byte(next))
		}
		if !errors.Is(err, ErrFailed) {
			t.Fatalf("a sync failed, and the answer is %v", err)
		}
		if condition, why := k.Condition(); losing && condition != Lost {
			t.Fatalf("what could not be written down is forgotten: %s %s", condition, why)
		}
		after := openOn(t, fs.Crash(random), key(1))
		condition, why := after.Condition()
		switch now := string(after.State()); {
		case losing && condition == Lost && why == "shown":
		case now == last && condition == map[bool]Condition{true: New, false: Held}[last == ""]:
		case !losing && now == next && condition == Held:
		default:
			t.Fatalf("after %d bytes: %s (%s) of %d bytes", len(last), condition, why, len(now))
		}
	}
}

// TestFailedSyncIsFinal (F04): after it nothing is kept until the file is opened anew.
func TestFailedSyncIsFinal(t *testing.T) {
	fs := &torn.FS{}
	must(t, create(tornDisk(fs), dir, key(1)))
	k := openOn(t, fs, key(1))
	must(t, k.Keep([]byte("first")))
	fs.FailAt = fs.Syncs + 1
	if err := k.Keep([]byte("second")); !errors.Is(err, ErrFailed) || !errors.Is(err, torn.ErrIO) {
		t.Fatalf("the sync failed: %v", err)
	}
	for range 2 {
		if err := k.Keep([]byte("third")); !errors.Is(err, ErrFailed) {
			t.Errorf("after a failed sync: %v", err)
		}
	}
	want(t, k, Held, "first")
	fs = &torn.FS{FailAt: 1}
	if err := create(tornDisk(fs), dir, key(1)); !errors.Is(err, torn.ErrIO) {
		t.Errorf("created without a sync: %v", err)
	}
	if fs.Has(pathOf(dir, key(1))) {
		t.Error("a file that is not durable has its name")
	}
}

// TestDamage: one flipped bit changes nothing, and where no slot is whole the state
// is lost; it is not taken for new.
func TestDamage(t *testing.T) {
	path := pathOf(dir, key(1))
	made := func() *torn.FS {
		fs := &torn.FS{}
		must(t, create(tornDisk(fs), dir, key(1)))
		k := openOn(t, fs, key(1))
		must(t, k.Keep([]byte("first")))
		must(t, k.Keep([]byte("second")))
		return fs
	}
	size := made().Len(path)
	for place := range 4 {
		for byteAt := 0; byteAt < 140; byteAt += 3 {
			fs := made()
			fs.Flip(path, 8*(place*size/4+byteAt)+byteAt%8)
			want(t, openOn(t, fs, key(1)), Held, "second")
		}
	}
	fs := made()
	for place := range 4 {
		fs.Flip(path, 8*(place*size/4+30))
	}
	k := openOn(t, fs, key(1))
	want(t, k, Lost, "neither slot is whole")
	if err := create(tornDisk(fs), dir, key(1)); !errors.Is(err, ErrExists) {
		t.Errorf("created over a damaged file: %v", err)
	}
	if err := k.Lose("shown"); err != nil {
		t.Error(err)
	}
	must(t, k.Adopt([]byte("adopted")))
	want(t, k, Held, "adopted")
	want(t, openOn(t, fs, key(1)), Held, "adopted")

	fs = &torn.FS{}
	_, err := fs.Create(path)
	must(t, err)
	want(t, openOn(t, fs, key(1)), Lost, "is empty")
}

// TestAdopt: fewer than four regulators go on from what the others know.
func TestAdopt(t *testing.T) {
	fs := &torn.FS{}
	k := openOn(t, fs, key(1))
	if k.Adopt(nil) == nil {
		t.Error("adopted nothing")
	}
	must(t, k.Adopt([]byte("adopted"))) // where no file was
	must(t, k.Keep([]byte("next")))
	must(t, k.Lose("shown"))
	must(t, k.Adopt([]byte("again")))
	want(t, openOn(t, fs, key(1)), Held, "again")
}

// TestForms holds the form of the value, and what is none.
func TestForms(t *testing.T) {
	k := Keeper{key: keys.Public{1, 2}}
	const value = "\x84\x01\x58\x21\x01\x02" // version 1, key
	if got, wanted := string(k.encode("why", []byte("state"))), value+strings.Repeat("\x00", 31)+"\x63why\x45state"; got != wanted {
		t.Errorf("the value is %x, want %x", got, wanted)
	}
	fs := &torn.FS{}
	must(t, create(tornDisk(fs), dir, key(1)))
	k1 := openOn(t, fs, key(1))
	must(t, k1.file.Keep(wire.Format(content{Version: 2, Key: key(1)})))
	if _, err := open(tornDisk(fs), dir, key(1)); !errors.Is(err, wire.ErrNewer) {
		t.Errorf("a newer version: %v", err)
	}
	must(t, k1.file.Keep([]byte("nonsense")))
	want(t, openOn(t, fs, key(1)), Lost, filepath.Base(pathOf(dir, key(1))))
}

// TestUnreadable: a file system that does not answer is not one without the file.
func TestUnreadable(t *testing.T) {
	d := tornDisk(&torn.FS{})
	d.has = func(string) (bool, error) { return false, torn.ErrIO }
	if _, err := open(d, dir, key(1)); !errors.Is(err, torn.ErrIO) {
		t.Errorf("open: %v", err)
	}
	if err := create(d, dir, key(1)); !errors.Is(err, torn.ErrIO) {
		t.Errorf("create: %v", err)
	}
}

// TestARestoreLosesTheState: a backup never holds it.
func TestARestoreLosesTheState(t *testing.T) {
	from := t.TempDir()
	s, err := disk.Open(disk.Config{Dir: from, FreeFloor: 1})
	must(t, err)
	must(t, Create(from, key(1)))
	k, err := Open(from, key(1))
	must(t, err)
	state := []byte("what this regulator must never forget")
	must(t, k.Keep(state))
	must(t, s.Put("space", "key", []byte("value")))
	var backup bytes.Buffer
	must(t, s.Backup(&backup))
	must(t, errors.Join(k.Close(), s.Close()))
	if bytes.Contains(backup.Bytes(), state) {
		t.Error("the backup holds the certification state")
	}
	to := t.TempDir()
	must(t, disk.Restore(&backup, disk.Config{Dir: to, FreeFloor: 1}))
	s, err = disk.Open(disk.Config{Dir: to, FreeFloor: 1})
	must(t, err)
	restored, err := Open(to, key(1))
	must(t, err)
	want(t, restored, Lost, "there is no file")
	must(t, s.Close())

	// Where it was it is held again, in a directory that is a store.
	s, err = disk.Open(disk.Config{Dir: from, FreeFloor: 1})
	must(t, err)
	k, err = Open(from, key(1))
	must(t, err)
	want(t, k, Held, string(state))
	if err := disk.Restore(bytes.NewReader(nil), disk.Config{Dir: from, FreeFloor: 1}); err == nil {
		t.Error("restored over a state")
	}
	must(t, errors.Join(k.Close(), s.Close()))
}
