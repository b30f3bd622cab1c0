package engine

import (
	"fmt"
	"os"
	"path/filepath"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

const (
	// memTable bounds what one memtable holds, and so what a restart after a
	// crash replays. Large values do not pass through it: the records of 4,096
	// statements put about 1 KiB into it.
	memTable  = 8 << 20
	memTables = 3 // one that is written, and those that wait to be flushed
	// valueThreshold is the size from which a value goes to the value log.
	// Headers and named values stay below it, bodies of some forty statements
	// and more lie above. Nothing here reclaims the value log: Badger collects
	// a file by reading it up to the first damaged entry and removing the rest
	// unread, and removes it before what it moved is durable.
	valueThreshold = 4 << 10
	// valueFile is where Badger begins another value-log file; it maps twice
	// that. A crash costs reading one such file at the next start.
	valueFile = 64 << 20
	// behind is what Badger may still write after a transaction was accepted:
	// the logs of its memtables, the tables they become, and a compaction of
	// these.
	behind = 4 * memTable
)

// MaxInTree is the size in bytes of the largest value that Set keeps in the tree and
// not in the value log, from which nothing goes when it is replaced or deleted.
const MaxInTree = valueThreshold - sealSize - 1

// One transaction takes at most MaxValues bytes of values, well within what a
// value-log file leaves of its mapping, and at most MaxItems items of five
// keys, whose share of the tree stays below the 15 % of a memtable that Badger
// allows.
const (
	MaxValues = 32 << 20
	MaxItems  = 128
)

// small is how large the tables of a tree may be, in bytes, that the compactor of this
// package takes on when it is opened.
const small = 256 << 20

// left is what earlier processes left in a directory.
type left struct {
	tables int64 // bytes
	logs   int   // of memtables
}

func look(dir string) (l left, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return l, fmt.Errorf("disk: open: %w", err)
	}
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case tableSuffix:
			info, err := e.Info()
			if err != nil {
				return l, fmt.Errorf("disk: open: %w", err)
			}
			l.tables += info.Size()
		case logSuffix:
			l.logs++
		}
	}
	return l, nil
}

// tuned returns how Badger is opened. Without compression a table's block is
// read where it is mapped, so the block cache is small: it only saves repeated
// checksums. Conflicts cannot happen, because one goroutine writes at a time.
//
// Each log of a memtable becomes a memtable that waits to be flushed, and Badger
// does not open before it has queued them all; a full level 0, which nobody makes
// shorter yet, must not keep them from it.
func tuned(dir string, l left, to logger) badger.Options {
	o := badger.DefaultOptions(dir).
		WithMemTableSize(memTable).
		WithNumMemtables(max(memTables, l.logs)).
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
		WithLogger(to)
	if l.tables > small {
		return o
	}
	return o.WithNumCompactors(0).WithNumLevelZeroTables(shallow).WithNumLevelZeroTablesStall(deep) // see compactor
}
