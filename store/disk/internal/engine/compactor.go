package engine

import (
	"log/slog"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

const (
	// shallow is how many tables may lie on level 0 of the tree. Each costs a
	// look-up that finds nothing below it, and writes wait once there are deep.
	shallow = 5
	deep    = 15

	lookEvery  = 250 * time.Millisecond // after a write, for the memtables it fills become tables later
	looksAfter = 8                      // that find nothing to do, before it rests
	afterError = 5 * time.Second        // until it tries again
)

// compactor merges the tables of level 0 into the level below while the database
// is written, and sleeps while it is not. Badger's own compactors, of which it
// wants none or two, wake forty times a second for as long as the database is
// open: measured, that is all but a fortieth of what an open Badger costs at
// rest, 0.7 to 1 % of a core. What Badger offers beside them is Flatten, which
// merges all into one level; as large values are in the value log, the tree is
// so small that this is cheap.
type compactor struct {
	db    *badger.DB
	log   *slog.Logger
	wrote chan struct{} // holds one
	end   chan struct{}
	ended chan struct{}
}

func compact(db *badger.DB, log *slog.Logger) *compactor {
	c := &compactor{db: db, log: log, wrote: make(chan struct{}, 1), end: make(chan struct{}), ended: make(chan struct{})}
	c.wake() // for what an earlier process left
	go c.run()
	return c
}

// wake tells that something is being written. A writer calls it first: one that
// waits for level 0 is helped by the looks that follow.
func (c *compactor) wake() {
	select {
	case c.wrote <- struct{}{}:
	default:
	}
}

// close waits for what is being merged.
func (c *compactor) close() {
	close(c.end)
	<-c.ended
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
			if c.db.Levels()[0].NumTables > shallow {
				quiet = 0
				if err := c.db.Flatten(1); err != nil {
					c.log.Warn("the tables of the database could not be merged; tried again", "in", afterError, "error", err)
					pause = afterError
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
