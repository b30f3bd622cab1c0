package engine

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestNothingWakesAtRest: an open database that is not written has no goroutine
// of Badger's that looks for something to compact.
func TestNothingWakesAtRest(t *testing.T) {
	d := open(t, t.TempDir())
	put(t, d, "key", "value")
	var stacks bytes.Buffer
	must(t, pprof.Lookup("goroutine").WriteTo(&stacks, 2))
	if s := stacks.String(); strings.Contains(s, "runCompactor") || !strings.Contains(s, "(*compactor).run") {
		t.Errorf("who looks for work at rest:\n%s", s)
	}
}

// TestLevelZeroStaysShort wakes a database from rest and writes more tables than
// level 0 may hold before writes wait for ever: they do not wait, what was written
// is there, also after opening anew, and a few tables are left.
func TestLevelZeroStaysShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := open(t, dir)
		time.Sleep(time.Minute) // it rests
		written := make(chan error, 1)
		go func() { written <- fill(d) }()
		select {
		case err := <-written:
			must(t, err)
		case <-time.After(time.Minute):
			t.Fatalf("writes wait, with %d tables on level 0", d.db.Levels()[0].NumTables)
		}
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

// fill writes five memtables more than level 0 may hold, each with keys of the
// whole range.
const (
	fillValue   = 3 << 10
	fillItems   = 64
	fillCommits = (deep + 5) * memTable / (fillValue * fillItems)
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
