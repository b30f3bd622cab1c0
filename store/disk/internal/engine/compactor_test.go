package engine

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

// TestNothingWakesAtRest: an open database that is not written has no goroutine
// of Badger's that looks for something to compact.
func TestNothingWakesAtRest(t *testing.T) {
	d := open(t, t.TempDir())
	put(t, d, "key", "value")
	var stacks bytes.Buffer
	must(t, pprof.Lookup("goroutine").WriteTo(&stacks, 2))
	if s := stacks.String(); strings.Contains(s, "runCompactor") || !strings.Contains(s, "flushMemtable") {
		t.Errorf("who looks for work at rest:\n%s", s)
	}
}

// TestLevelZeroStaysShort wakes a database from rest and writes more tables than
// level 0 is left with: a few are left, and what was written is there, also after
// opening anew.
func TestLevelZeroStaysShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := open(t, dir)
		time.Sleep(time.Minute) // it rests
		must(t, fill(d))
		time.Sleep(time.Minute)
		if left := d.db.Levels()[0].NumTables; left > shallow {
			t.Errorf("%d tables stay on level 0", left)
		}
		for range 2 {
			n := 0
			must(t, d.View(func(txn Txn) error {
				return txn.Each(nil, func(_, _ []byte) error { n++; return nil })
			}))
			if n != fillCommits*fillItems {
				t.Fatalf("%d values of %d", n, fillCommits*fillItems)
			}
			must(t, d.Close())
			d = open(t, dir)
		}
	})
}

// TestMergingWaitsForRoom: without room for what merging writes, writes are refused
// and do not wait; they go on once there is room.
func TestMergingWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var free atomic.Uint64
		free.Store(1 << 40)
		var log strings.Builder
		cfg := config(t.TempDir())
		cfg.Free, cfg.Logger = func() (uint64, error) { return free.Load(), nil }, slog.New(slog.NewTextHandler(&log, nil))
		d, err := Open(cfg)
		must(t, err)
		free.Store(behind + fillValue)
		must(t, fill(d))
		time.Sleep(time.Minute)
		if err := d.Writable(); !errors.Is(err, ErrDiskFull) {
			t.Errorf("writable: %v", err)
		}
		free.Store(1 << 40)
		time.Sleep(time.Minute)
		if err := d.Writable(); err != nil || d.db.Levels()[0].NumTables > shallow {
			t.Errorf("with room, writable: %v, %d tables on level 0", err, d.db.Levels()[0].NumTables)
		}
		must(t, d.Close())
		if n := strings.Count(log.String(), "too little free space to merge"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log.String())
		}
	})
}

// fill writes five memtables more than level 0 is left with, each with keys of the
// whole range.
const (
	fillValue   = 3 << 10
	fillItems   = 64
	fillCommits = (shallow + 5) * memTable / (fillValue * fillItems)
)

func fill(d *DB) error {
	for i := range fillCommits {
		err := d.Write(0, func() error {
			return d.Commit(func(txn Txn) error {
				for j := range fillItems {
					if err := txn.Set(fmt.Appendf(nil, "%05d", j*fillCommits+i), make([]byte, fillValue, fillValue+sealSize)); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return d.Always(d.Settle)
}

// TestOpensAfterACrashInAStall leaves what a process leaves that was killed while
// writes waited: more memtables than are ever queued, and a level 0 that takes no more.
func TestOpensAfterACrashInAStall(t *testing.T) {
	dir := t.TempDir()
	full := func(l left) badger.Options {
		return tuned(dir, l, logger{slog.New(slog.DiscardHandler)}).WithNumLevelZeroTables(1).WithNumLevelZeroTablesStall(2)
	}
	const waiting = memTables + 3
	stalled, err := badger.Open(full(left{logs: waiting}))
	must(t, err)
	for i := 0; ; i++ {
		must(t, stalled.Update(func(txn *badger.Txn) error { return txn.Set(fmt.Appendf(nil, "%09d", i), make([]byte, fillValue)) }))
		if i%100 == 0 {
			if l, err := look(dir); err != nil || stalled.Levels()[0].NumTables == 2 && l.logs >= waiting {
				must(t, err)
				break
			}
		}
	}
	killed := t.TempDir()
	must(t, os.CopyFS(killed, os.DirFS(dir)))
	must(t, stalled.Close())
	dir = killed
	l, err := look(dir)
	must(t, err)
	opened := make(chan error, 1)
	go func() {
		d, err := badger.Open(full(l))
		if err == nil {
			err = d.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		must(t, err)
	case <-time.After(time.Minute):
		t.Fatalf("Badger does not open with %d memtables", l.logs)
	}
}

// TestALargeTreeIsLeftToBadger: merging the whole of it would take too long.
func TestALargeTreeIsLeftToBadger(t *testing.T) {
	for tables, compactors := range map[int64]int{0: 0, small: 0, small + 1: 2} {
		if o := tuned(t.TempDir(), left{tables: tables}, logger{}); o.NumCompactors != compactors {
			t.Errorf("with %d bytes of tables Badger has %d compactors, want %d", tables, o.NumCompactors, compactors)
		}
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "000001"+tableSuffix), make([]byte, 5), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "000002"+tableSuffix), make([]byte, 6), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "00001"+logSuffix), make([]byte, 7), 0o600))
	if l, err := look(dir); err != nil || l != (left{tables: 11, logs: 1}) {
		t.Errorf("found %+v, %v", l, err)
	}
}

func TestDue(t *testing.T) {
	const table = memTable
	for name, c := range map[string]struct {
		tables int
		rest   int64
		want   bool
	}{
		"nothing":                             {0, 0, false},
		"few tables":                          {shallow, 0, false},
		"enough, and a small tree":            {shallow + 1, 60 * table, true},
		"enough, and a large tree":            {shallow + 1, 61 * table, false},
		"more, and a large tree":              {shallow + 2, 61 * table, true},
		"too many, and however large a tree":  {crowded + 1, 1 << 50, true},
		"as many as may be, and a large tree": {crowded, 1 << 50, false},
	} {
		levels := []badger.LevelInfo{{NumTables: c.tables, Size: int64(c.tables) * table}, {Size: c.rest / 2}, {Size: c.rest - c.rest/2}}
		if got := due(levels); got != c.want {
			t.Errorf("%s: due %v", name, got)
		}
	}
}
