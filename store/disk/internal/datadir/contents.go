package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// RefuseUsed refuses a directory that holds more than a lock.
func RefuseUsed(dir string) error {
	names, err := Contents(dir)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("disk: restore: %s is not empty: a backup is restored into an empty directory only", dir)
	}
	return nil
}

// Empty removes all that a directory holds but the lock, which stays for
// whoever waits.
func Empty(dir string) error {
	names, err := Contents(dir)
	for _, name := range names {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return err
}
