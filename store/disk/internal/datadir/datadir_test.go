package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/store/disk/internal/damage"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
}

func wantFormat(t *testing.T, dir, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, "FORMAT"))
	must(t, err)
	if string(got) != want {
		t.Fatalf("FORMAT holds %q, want %q", got, want)
	}
}

func TestTake(t *testing.T) {
	dir := t.TempDir()
	l, err := Take(dir)
	must(t, err)
	_, err = Take(dir)
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() || locked.Dir != dir {
		t.Fatalf("a second owner got %v", err)
	}
	if !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("%q does not name the owner", err)
	}
	put(t, dir, "lock", "nobody\n")
	if _, err = Take(dir); !errors.As(err, &locked) || locked.PID != 0 || !strings.Contains(err.Error(), "another process") {
		t.Fatalf("an owner that did not say who it is: %v", err)
	}
	must(t, l.Release())
	l, err = Take(dir)
	must(t, err)
	must(t, l.Release())
	if _, err := Take(filepath.Join(dir, "missing")); err == nil || errors.Is(err, ErrLocked) {
		t.Fatalf("a directory that is missing: %v", err)
	}
}

func TestPrepareNew(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "lock", "1\n")
	put(t, dir, "FORMAT.new", "half") // an interrupted start
	must(t, Prepare(dir, nil))
	wantFormat(t, dir, "ringfence store 1\n")
	must(t, Prepare(dir, nil))
	names, err := Contents(dir)
	must(t, err)
	if len(names) != 1 || names[0] != "FORMAT" {
		t.Fatalf("the directory holds %v", names)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, content string
		want          error
	}{
		"something else": {"letter", "dear", nil},
		"newer":          {"FORMAT", "ringfence store 2\n", ErrNewer},
		"version 0":      {"FORMAT", "ringfence store 0\n", damage.Err},
		"negative":       {"FORMAT", "ringfence store -1\n", damage.Err},
		"cut short":      {"FORMAT", "ringfence store 1", damage.Err},
		"more":           {"FORMAT", "ringfence store 1\n\n", damage.Err},
		"padded":         {"FORMAT", "ringfence store 01\n", damage.Err},
		"empty":          {"FORMAT", "", damage.Err},
	} {
		dir := t.TempDir()
		put(t, dir, c.file, c.content)
		err := Prepare(dir, nil)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if Prepare(filepath.Join(t.TempDir(), "missing"), nil) == nil {
		t.Error("a directory that is missing was prepared")
	}
}

func TestMigrations(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "FORMAT", "ringfence store 1\n")
	var ran []int
	stop := errors.New("power cut")
	fail := true
	step := func(n int) Migration {
		return func(at string) error {
			if at != dir {
				t.Errorf("step %d runs in %s", n, at)
			}
			ran = append(ran, n)
			if n == 3 && fail {
				return stop
			}
			return nil
		}
	}
	steps := []Migration{step(2), step(3), step(4)}
	if err := Prepare(dir, steps); !errors.Is(err, stop) || !strings.Contains(err.Error(), "from format 2 to 3") {
		t.Fatalf("a step that fails: %v", err)
	}
	wantFormat(t, dir, "ringfence store 2\n")
	fail = false
	must(t, Prepare(dir, steps))
	wantFormat(t, dir, "ringfence store 4\n")
	must(t, Prepare(dir, steps))
	if fmt.Sprint(ran) != "[2 3 3 4]" {
		t.Fatalf("steps ran as %v", ran)
	}
	if err := Prepare(dir, steps[:2]); !errors.Is(err, ErrNewer) {
		t.Fatalf("an older version: %v", err)
	}
	// A new directory is of the newest version, and no step runs.
	ran = nil
	fresh := t.TempDir()
	must(t, Prepare(fresh, steps))
	wantFormat(t, fresh, "ringfence store 4\n")
	if len(ran) > 0 {
		t.Fatalf("steps ran as %v in a new directory", ran)
	}
}

func TestFree(t *testing.T) {
	free, total, err := Free(t.TempDir())
	must(t, err)
	if free == 0 || free > total {
		t.Fatalf("%d bytes are free of %d", free, total)
	}
	if _, _, err := Free(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a directory that is missing: %v", err)
	}
}

func TestSync(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "file", "content")
	must(t, Sync(dir))
	must(t, Sync(filepath.Join(dir, "file")))
	if err := Sync(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a file that is missing: %v", err)
	}
}

func TestEmpty(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "lock", "1\n")
	must(t, RefuseUsed(dir))
	must(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700))
	put(t, dir, "file", "content")
	if RefuseUsed(dir) == nil {
		t.Error("a directory in use was not refused")
	}
	must(t, Empty(dir))
	must(t, RefuseUsed(dir))
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
		t.Errorf("the lock is gone: %v", err)
	}
}
