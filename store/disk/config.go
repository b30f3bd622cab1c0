package disk

import (
	"fmt"
	"log/slog"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/datadir"
	"ringfence/store/disk/internal/engine"
)

// Config tells where a store lies and when it stops writing.
type Config struct {
	// Dir is the directory of the store and of nothing else. It is made when
	// it is missing, for the owner alone.
	Dir string

	// FreeFloor is how many bytes must stay free on Dir's file system; below
	// it writes are refused. 0 stands for 1 GiB or 5 % of the file system,
	// whichever is less. A write needs 32 MiB more than its own size, for what
	// the database writes behind it.
	FreeFloor uint64

	// Free returns the free and the total bytes of the file system of dir; nil
	// asks the operating system.
	Free func(dir string) (free, total uint64, err error)

	// Federation is whose batches Restore takes; undefined takes any.
	Federation cid.Cid

	// Bar is why nobody may sign from a store that Open makes; empty lets
	// everybody. Whoever cannot tell a first start from a lost store sets it.
	Bar string

	// Logger is told what a person must know: losses, quarantine, Badger's
	// warnings. Nil discards.
	Logger *slog.Logger
}

func (c Config) complete() (Config, error) {
	if c.Free == nil {
		c.Free = datadir.Free
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.FreeFloor == 0 {
		_, total, err := c.Free(c.Dir)
		if err != nil {
			return c, fmt.Errorf("disk: open %s: %w", c.Dir, err)
		}
		c.FreeFloor = min(1<<30, total/20)
	}
	return c, nil
}

// What callers may want to tell apart, with errors.Is.
var (
	// ErrLocked: another process owns the directory; a LockedError.
	ErrLocked = datadir.ErrLocked
	// ErrUsed: Restore was given a directory that is not empty.
	ErrUsed = datadir.ErrUsed
	// ErrNewer: the directory was made by a newer version.
	ErrNewer = datadir.ErrNewer
	// ErrDiskFull: a write was refused because too little space is free; a
	// DiskFullError. It passes by itself when there is room again.
	ErrDiskFull = engine.ErrDiskFull
	// ErrDamaged: the disk does not hold what was written.
	ErrDamaged = damage.Err
	// ErrFailed: an earlier write could not be made durable; open the store
	// again.
	ErrFailed = engine.ErrFailed
	// ErrClosed: the store was closed.
	ErrClosed = engine.ErrClosed
)

// LockedError tells who owns a directory.
type LockedError = datadir.LockedError

// DiskFullError tells how much is free and how much must stay so, in bytes.
type DiskFullError = engine.DiskFullError
