package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringfence/store/disk/internal/damage"
)

const (
	formatFile = "FORMAT"
	formatLine = "ringfence store %d\n"
)

// ErrNewer: the directory was made by a newer version.
var ErrNewer = errors.New("disk: the directory was made by a newer version")

// Migration brings a directory from one version to the next. It must be safe
// to run again after it was interrupted: the new version is written only when
// it has returned.
type Migration func(dir string) error

// Prepare makes dir a store of the current version: it writes the version into
// an empty directory, brings an older one up to date, and refuses a newer one
// and a directory that is no store. The first step brings version 1 to 2; with
// no steps the current version is 1.
func Prepare(dir string, steps []Migration) error {
	if err := refuseUnfinished(dir); err != nil {
		return err
	}
	current := 1 + len(steps)
	version, err := readFormat(dir)
	if errors.Is(err, os.ErrNotExist) {
		if err := refuseOccupied(dir); err != nil {
			return err
		}
		return WriteFormat(dir, current)
	}
	if err != nil {
		return err
	}
	if version > current {
		return fmt.Errorf("%w: %s has format %d, this version knows up to %d: upgrade", ErrNewer, dir, version, current)
	}
	for ; version < current; version++ {
		if err := steps[version-1](dir); err != nil {
			return fmt.Errorf("disk: migrate %s from format %d to %d: %w", dir, version, version+1, err)
		}
		if err := WriteFormat(dir, version+1); err != nil {
			return err
		}
	}
	return nil
}

func readFormat(dir string) (int, error) {
	path := filepath.Join(dir, formatFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("disk: read format: %w", err)
	}
	var version int
	if _, err := fmt.Sscanf(string(b), formatLine, &version); err != nil || version < 1 || string(b) != fmt.Sprintf(formatLine, version) {
		return 0, damage.Errorf("%s holds %q, not the version of a store", path, b)
	}
	return version, nil
}

// WriteFormat writes the version of the store in dir, durably.
func WriteFormat(dir string, version int) error {
	err := replace(filepath.Join(dir, formatFile), fmt.Appendf(nil, formatLine, version))
	if err != nil {
		return fmt.Errorf("disk: write format: %w", err)
	}
	return nil
}

// refuseOccupied refuses a directory without a version that holds more than
// the lock: it may be anything, or a restore that did not come to its end.
func refuseOccupied(dir string) error {
	names, err := Contents(dir)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("disk: %s has no file %s but holds %s: it is no store, a restore was interrupted, or a store lost that file: move the directory away and keep it, then restore a backup; docs/operations.md says how",
			dir, formatFile, strings.Join(names[:min(3, len(names))], ", "))
	}
	return nil
}

// Contents lists what is in dir besides the lock and what an interrupted
// WriteFormat left.
func Contents(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("disk: read %s: %w", dir, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return name == lockFile || name == formatFile+temporary
	}), nil
}

const temporary = ".new"

// replace gives path a new content at once and durably.
func replace(path string, content []byte) error {
	f, err := os.OpenFile(path+temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+temporary, path); err != nil {
		return err
	}
	return Sync(filepath.Dir(path))
}

// Sync makes a file, or the names in a directory, durable.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
