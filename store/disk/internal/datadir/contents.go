package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// unfinished marks a directory in which a restore was begun and not finished.
// Nobody knows what its issuers published, so it must not be taken for a new
// store, in which they would sign from the beginning.
const unfinished = "restore-unfinished"

// MarkUnfinished writes the mark, durably.
func MarkUnfinished(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, unfinished), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("disk: restore: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close(), Sync(dir)); err != nil {
		return fmt.Errorf("disk: restore: %w", err)
	}
	return nil
}

// MarkFinished takes the mark away.
func MarkFinished(dir string) error {
	if err := errors.Join(os.Remove(filepath.Join(dir, unfinished)), Sync(dir)); err != nil {
		return fmt.Errorf("disk: restore: %w", err)
	}
	return nil
}

// refuseUnfinished refuses a directory with the mark.
func refuseUnfinished(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, unfinished)); err == nil {
		return fmt.Errorf("disk: a restore into %s was not finished, and nobody here knows what was published since the backup: restore a sound backup into it", dir)
	}
	return nil
}

// ErrUsed says that a directory holds something already.
var ErrUsed = errors.New("is not empty")

// RefuseUsed refuses a directory that holds more than a lock and the mark of a
// restore that was not finished.
func RefuseUsed(dir string) error {
	names, err := Contents(dir)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == unfinished })
	if len(names) > 0 {
		return fmt.Errorf("disk: restore: %s %w: a backup is restored into an empty directory only", dir, ErrUsed)
	}
	return nil
}

// Empty removes all that a directory holds but the lock, which stays for
// whoever waits, and the mark of a restore that was not finished.
func Empty(dir string) error {
	names, err := Contents(dir)
	for _, name := range names {
		if name == unfinished {
			continue
		}
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return err
}
