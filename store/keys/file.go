package keys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// privacy says who may read a file.
type privacy bool

const (
	publicFile privacy = false // anyone
	secretFile privacy = true  // its owner alone
)

// Bits of a mode by which others than the owner can reach a file, and by which
// they can change it.
const (
	othersAny   fs.FileMode = 0o077
	othersWrite fs.FileMode = 0o022
)

// checkMode refuses what others could read (or, of a public file, change) and
// what belongs to another user than the one who runs this process.
func checkMode(path string, info fs.FileInfo, secret privacy) error {
	forbidden, fix := othersAny, "chmod 600"
	if info.IsDir() {
		fix = "chmod 700"
	}
	if !secret {
		forbidden, fix = othersWrite, "chmod go-w"
	}
	if bits := info.Mode().Perm(); bits&forbidden != 0 {
		return fmt.Errorf("keys: %s has mode %04o: %w: %s %s", path, bits, ErrReachable, fix, path)
	}
	if owner, me, ok := owners(info); ok && owner != me {
		return fmt.Errorf("keys: %s belongs to user %d, but this process runs as user %d: %w: chown it, or run as its owner", path, owner, me, ErrReachable)
	}
	return nil
}

// makeDir makes dir, private and durable, or checks the one that is there.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return checkDir(dir)
	}
	if err != nil {
		return fmt.Errorf("keys: make the directory of keys: %w", err)
	}
	return syncDir(filepath.Dir(dir))
}

func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("keys: look at the directory of keys: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("keys: %s is no directory", dir)
	}
	return checkMode(dir, info, secretFile)
}

// readFile reads a small regular file after checking the very file that it
// opened.
func readFile(path string, secret privacy) (b []byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return nil, fmt.Errorf("keys: %s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err = f.Stat(); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if err := checkMode(path, info, secret); err != nil {
		return nil, err
	}
	b, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("keys: read %s: %w", path, err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("keys: %s is larger than %d bytes, which no file of keys is", path, maxFile)
	}
	return b, nil
}

func checkAbsent(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return existsError(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("keys: %w", err)
}

func existsError(path string) error {
	return fmt.Errorf("keys: %s: %w; move it away first if it is not wanted", path, ErrExists)
}

// writeNew writes a file that was not there, readable by its owner alone, and
// makes its content durable. What it could not finish it removes.
func writeNew(path string, b []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return existsError(path)
	}
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("keys: write %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keys: sync directory: %w", err)
	}
	err = d.Sync()
	if closed := d.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("keys: sync directory %s: %w", dir, err)
	}
	return nil
}
