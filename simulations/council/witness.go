package council

import (
	"context"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/follow"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/disk"
	"ringfence/store/ledger"
)

// witness is a follower that is no regulator.
type witness struct {
	*follow.Follower
	store *disk.Store
	newer chan checkpoint.Note
	done  chan struct{}
}

// follow has a follower begin in a directory.
func (c *Council) follow(dir string) *witness {
	c.Helper()
	store, err := disk.Open(disk.Config{Dir: dir})
	c.must(err)
	w := &witness{store: store, newer: make(chan checkpoint.Note, 1), done: make(chan struct{})}
	w.Follower, err = follow.Open(context.Background(), follow.Config{
		Genesis: c.Genesis, Ledger: store.Ledger(), From: others{c, nil}, Enacted: func([]charter.Enacted) error { return nil },
	})
	c.must(err)
	go w.listen()
	return w
}

// hear takes the newest checkpoint; an older one that waits goes.
func (w *witness) hear(n checkpoint.Note) {
	for {
		select {
		case w.newer <- n:
			return
		default:
		}
		select {
		case old := <-w.newer:
			if old.Size > n.Size {
				n = old
			}
		default:
		}
	}
}

// listen follows what is heard. A checkpoint is there before anybody has written down
// what it covers, so it is tried again.
func (w *witness) listen() {
	defer close(w.done)
	for n := range w.newer {
		for n.Size > w.Standing().Size() && w.Offer(context.Background(), n.Bytes()) != nil {
			time.Sleep(time.Millisecond)
			select {
			case newer, more := <-w.newer:
				if !more {
					return
				}
				n = newer
			default:
			}
		}
	}
}

// close ends it, once nobody tells it anything any more.
func (w *witness) close() error {
	close(w.newer)
	<-w.done
	return w.store.Close()
}

// others is what the regulators but one have on their disks, as peers serve it.
type others struct {
	c    *Council
	self *member
}

// Read implements ledger.Source.
func (o others) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	err := fmt.Errorf("council: nobody has %s: %w", t, fs.ErrNotExist)
	for _, m := range o.c.members {
		if m == o.self || m.regulator.Load() == nil {
			continue
		}
		var b []byte
		if b, err = m.store.Ledger().Read(ctx, t); err == nil {
			return b, nil
		}
	}
	return nil, err
}

// Numbers makes items, each of another number.
type Numbers struct{ made int }

func (l *Numbers) next(t testing.TB, n int) [][]byte {
	subjects := make([]string, n)
	for i := range subjects {
		subjects[i] = fmt.Sprintf("+86138%08d", l.made+i)
	}
	l.made += n
	return ballottest.Label(t, subjects...)
}
