package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"ringfence/store/disk/internal/datadir"
)

// barrier makes durable what Badger has accepted: its value-log files first,
// because the log of the memtable points into them, then that log, then the
// names in the directory when there are new ones.
//
// It syncs by files and not through Badger, whose Sync leaves out a file that
// was full and put aside during the same call, and whose SyncWrites syncs each
// transaction and reports a failure of the value log only to its logger. A log
// of a memtable that is gone meanwhile has become a table, which Badger syncs
// before it removes the log. Measured: one call of 58
// bodies of 390 kB takes 0.12 to 0.18 s this way and with SyncWrites alike,
// and 0.19 to 0.25 s with the bodies in the tree.
type barrier struct {
	dir    string
	oldest uint64 // value-log file that was being written at the last sync
	names  string // of the files at the last sync
}

const (
	valueSuffix = ".vlog"
	logSuffix   = ".mem"
)

func (b *barrier) sync() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return fmt.Errorf("disk: sync: %w", err)
	}
	var values, logs []string
	newest := b.oldest
	for _, e := range entries {
		switch name := e.Name(); filepath.Ext(name) {
		case valueSuffix:
			number, err := strconv.ParseUint(strings.TrimSuffix(name, valueSuffix), 10, 64)
			if err != nil {
				return fmt.Errorf("disk: sync: %s is not numbered as Badger numbers its value logs", name)
			}
			if number >= b.oldest {
				values = append(values, name)
			}
			newest = max(newest, number)
		case logSuffix:
			logs = append(logs, name)
		}
	}
	if len(values) == 0 || len(logs) == 0 {
		return fmt.Errorf("disk: sync: %s holds %d value logs and %d memtable logs in use, at least one of each is expected", b.dir, len(values), len(logs))
	}
	files := append(values, logs...)
	for _, name := range files {
		err := datadir.Sync(filepath.Join(b.dir, name))
		if err != nil && !(errors.Is(err, os.ErrNotExist) && filepath.Ext(name) == logSuffix) {
			return fmt.Errorf("disk: sync: %w", err)
		}
	}
	if names := strings.Join(files, " "); names != b.names {
		if err := datadir.Sync(b.dir); err != nil {
			return fmt.Errorf("disk: sync: %w", err)
		}
		b.names = names
	}
	b.oldest = newest
	return nil
}
