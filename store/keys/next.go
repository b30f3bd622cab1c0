package keys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Directories of a ring beside its keys. A key that is to take the place of another waits
// in one, a ring of its own with its own lock, until somebody has decided that it does;
// what was replaced is kept in the other.
const (
	nextDir  = "next"
	endedDir = "ended"
)

// CreateNext is Create for a key that is to take the place of the one of its purpose, or
// to fill it, once Promote says so. One that waits there already is returned as it is:
// what was asked for by its name must be what comes.
func CreateNext(dir string, p Purpose, unlock Unlock, random io.Reader) (Private, error) {
	next := filepath.Join(dir, nextDir)
	waits, _, err := Next(dir, p)
	if err != nil {
		return Private{}, err
	}
	if held, err := readHalf(dir, p); err == nil && held.Public == waits { // Promote was cut short
		if err := forget(next, p); err != nil {
			return Private{}, err
		}
	}
	if _, err := Create(next, p, unlock, random); err != nil && !errors.Is(err, ErrExists) {
		return Private{}, err
	}
	ring, err := Open(next, unlock)
	if err != nil {
		return Private{}, err
	}
	return ring.Private(p)
}

// Next returns the public half of the key that waits to take the place of the one of a
// purpose; false when none does. Nothing is unlocked.
func Next(dir string, p Purpose) (Public, bool, error) {
	h, err := readHalf(filepath.Join(dir, nextDir), p)
	if errors.Is(err, fs.ErrNotExist) {
		return Public{}, false, nil
	}
	return h.Public, err == nil, err
}

// Promote puts the key that waits in the place of the one of its purpose, which is kept
// aside. Cut short, it is done when it is called again.
func Promote(dir string, p Purpose, unlock Unlock, random io.Reader) error {
	next := filepath.Join(dir, nextDir)
	if _, err := Open(dir, unlock); err != nil { // writes the public half that a stop kept from it
		return err
	}
	waits, known, err := Next(dir, p)
	if err != nil {
		return err
	}
	held, err := readHalf(dir, p)
	none := errors.Is(err, fs.ErrNotExist) // it was moved aside, and no more; or there was none
	switch {
	case err != nil && !none:
		return err
	case !none && known && held.Public == waits:
		return forget(next, p)
	}
	ring, err := Open(next, unlock)
	if err != nil {
		return err
	}
	key, err := ring.Private(p)
	if err != nil {
		return err
	}
	if !none {
		if err := setAside(dir, held); err != nil {
			return err
		}
	}
	if _, err := Import(dir, p, key, unlock, random); err != nil {
		return err
	}
	return forget(next, p)
}

// forget removes a key that waited and is in its place now: its public half last, by which
// it is known to be left over.
func forget(next string, p Purpose) error {
	for _, suffix := range [...]string{keySuffix, publicSuffix} {
		if err := os.Remove(filepath.Join(next, string(p)+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keys: remove what was put in its place: %w", err)
		}
	}
	return syncDir(next)
}

// setAside moves a key and its public half out of the way.
func setAside(dir string, h Half) error {
	ended := filepath.Join(dir, endedDir)
	if err := makeDir(ended); err != nil {
		return err
	}
	for _, suffix := range [...]string{keySuffix, publicSuffix} {
		name := string(h.Purpose) + suffix
		err := os.Rename(filepath.Join(dir, name), filepath.Join(ended, h.Public.Short()+"-"+name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keys: set the %s key aside: %w", h.Purpose, err)
		}
	}
	return errors.Join(syncDir(ended), syncDir(dir))
}
