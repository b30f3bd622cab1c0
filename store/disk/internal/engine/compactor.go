package engine

import (
	"log/slog"
	"sync/atomic"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

const (
	// shallow is how many tables may lie on level 0 of the tree without being merged.
	// Each is one more to look into for what is not there.
	shallow = 5
	// crowded is how many are merged however large the rest of the tree is, and deep
	// from how many on writes wait.
	crowded = 30
	deep    = 60
	// portion is by how much level 0 must be smaller than the rest to be left alone:
	// each merging writes the whole tree anew.
	portion = 10

	// atOnce is how much of the lower levels one step of merging writes anew at most,
	// before it removes the old, in bytes.
	atOnce = 1 << 30

	lookEvery  = 250 * time.Millisecond // after a write, for the memtables it fills become tables later
	looksAfter = 8                      // that find nothing to do, before it rests
	afterwards = 5 * time.Second        // it tries again what did not work
)

// compactor merges the tables of level 0 into the level below while the database
// is written, and sleeps while it is not. Badger's own compactors, of which it
// wants none or two, wake forty times a second for as long as the database is
// open: measured, that is all but a fortieth of what an open Badger costs at
// rest, 0.7 to 1 % of a core. What Badger offers beside them is Flatten, which
// merges the whole tree into one level and cannot be interrupted. As large values
// are in the value log most trees are small enough for that; one that is not when
// it is opened is left to Badger's own. A nil compactor is theirs.
type compactor struct {
	db    *badger.DB
	free  func() (uint64, error)
	log   *slog.Logger
	wrote chan struct{} // holds one
	end   chan struct{}
	ended chan struct{}

	failing bool // as the log was told; it belongs to run

	// lacking is how many free bytes merging waits for, 0 when it does not. Writes are
	// refused meanwhile, which otherwise would wait for level 0.
	lacking atomic.Uint64
}

func compact(db *badger.DB, free func() (uint64, error), log *slog.Logger) *compactor {
	c := &compactor{db: db, free: free, log: log, wrote: make(chan struct{}, 1), end: make(chan struct{}), ended: make(chan struct{})}
	go c.run()
	return c
}

// wake tells that something is being written. A writer calls it first: one that
// waits for level 0 is helped by the looks that follow.
func (c *compactor) wake() {
	if c == nil {
		return
	}
	select {
	case c.wrote <- struct{}{}:
	default:
	}
}

// close waits for what is being merged.
func (c *compactor) close() {
	if c == nil {
		return
	}
	close(c.end)
	select {
	case <-c.ended:
	case <-time.After(time.Second):
		c.log.Info("closing waits until the tables of the database are merged, which cannot be interrupted")
		<-c.ended
	}
}

// due reports whether the tables of level 0 are to be merged.
func due(levels []badger.LevelInfo) bool {
	var rest int64
	for _, l := range levels[1:] {
		rest += l.Size
	}
	first := levels[0]
	return first.NumTables > crowded || first.NumTables > shallow && first.Size*portion >= rest
}

// lacks returns how many free bytes merging waits for.
func (c *compactor) lacks() uint64 {
	if c == nil {
		return 0
	}
	return c.lacking.Load()
}

// room returns how many free bytes merging needs.
func room(levels []badger.LevelInfo) uint64 {
	var all int64
	for _, l := range levels {
		all += l.Size
	}
	return uint64(min(all, levels[0].Size+atOnce))
}

func (c *compactor) run() {
	defer close(c.ended)
	for {
		select {
		case <-c.wrote:
		case <-c.end:
			return
		}
		for quiet := 0; quiet < looksAfter; quiet++ {
			pause := lookEvery
			if levels := c.db.Levels(); due(levels) {
				quiet = 0
				if !c.merge(room(levels)) {
					pause = afterwards
				}
			}
			select {
			case <-time.After(pause):
			case <-c.end:
				return
			}
		}
	}
}

// merge merges level 0 away, and reports whether it could.
func (c *compactor) merge(need uint64) bool {
	free, err := c.free()
	if err == nil && free < need {
		if c.lacking.Swap(need) == 0 {
			c.log.Warn("too little free space to merge the tables of the database; writes are refused until there is room", "free_bytes", free, "needed_bytes", need)
		}
		return false
	}
	c.lacking.Store(0)
	if err == nil {
		err = c.db.Flatten(1)
	}
	switch {
	case err != nil && !c.failing:
		c.log.Error("the tables of the database cannot be merged; it is tried again, and once there are too many writes wait", "every", afterwards, "error", err)
	case err == nil && c.failing:
		c.log.Info("the tables of the database are merged again")
	}
	c.failing = err != nil
	return err == nil
}
