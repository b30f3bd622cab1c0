package disk

import (
	"errors"
	"fmt"
	"log/slog"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Config tells where a store lies and when it stops writing.
type Config struct {
	// Dir is the directory of the store and of nothing else. It is made when
	// it is missing, for the owner alone.
	Dir string

	// FreeFloor is how many bytes must stay free on Dir's file system; below
	// it writes are refused. 0 stands for 1 GiB or 5 % of the file system,
	// whichever is less.
	FreeFloor uint64

	// Free returns the free and the total bytes of the file system of dir; nil
	// asks the operating system.
	Free func(dir string) (free, total uint64, err error)

	// Logger is told what a person must know: losses, quarantine, Badger's
	// warnings. Nil discards.
	Logger *slog.Logger
}

func (c Config) complete() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("disk: open: no directory given")
	}
	if c.Free == nil {
		c.Free = statfs
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

const (
	// memTable bounds what one memtable holds, and so what a restart after a
	// crash replays. Bodies do not pass through it: the records of 4,096
	// statements put about 1 KiB into it.
	memTable = 8 << 20
	// valueThreshold is the size from which a value goes to the value log.
	// Headers and named values stay below it, bodies of some forty statements and
	// more lie above. Nothing here reclaims the value log: Badger collects a file
	// by reading it up to the first damaged entry and removing the rest unread,
	// and removes it before what it moved is durable.
	valueThreshold = 4 << 10
	// valueFile is where Badger begins another value-log file; it maps twice
	// that. A crash costs reading one such file at the next start.
	valueFile = 64 << 20
	// valueChunk is how many bytes of bodies one transaction brings at most,
	// well within what valueFile leaves of the mapping.
	valueChunk = 32 << 20
	// chunkRecords bounds the records of one transaction, whose share of the
	// tree must stay below 15 % of a memtable.
	chunkRecords = 128
)

// options returns how Badger is opened. Without compression a table's block is
// read where it is mapped, so the block cache is small: it only saves repeated
// checksums. Conflicts cannot happen, because one goroutine writes at a time.
func (c Config) options(dir string) badger.Options {
	return badger.DefaultOptions(dir).
		WithMemTableSize(memTable).
		WithNumMemtables(3).
		WithNumCompactors(2).
		WithNumGoroutines(2).
		WithBlockCacheSize(16 << 20).
		WithIndexCacheSize(0).
		WithCompression(options.None).
		WithValueThreshold(valueThreshold).
		WithValueLogFileSize(valueFile).
		WithVerifyValueChecksum(true).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithDetectConflicts(false).
		WithSyncWrites(false). // see barrier
		WithMetricsEnabled(false).
		WithLogger(logger{c.Logger})
}
