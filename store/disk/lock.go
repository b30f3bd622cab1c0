package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const lockFile = "lock"

// dirLock is a process's ownership of a directory. The operating system gives
// it up when the process ends, however it ends; the process ID in the file is
// for people.
type dirLock struct{ f *os.File }

func lockDir(dir string) (*dirLock, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("disk: lock %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer func() { _ = f.Close() }()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &LockedError{Dir: dir, PID: ownerOf(path)}
		}
		return nil, fmt.Errorf("disk: lock %s: %w", dir, err)
	}
	l := &dirLock{f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(fmt.Errorf("disk: lock %s: %w", dir, err), l.release())
	}
	return l, nil
}

func (l *dirLock) sign() error {
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err := l.f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func ownerOf(path string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return pid
}

// release leaves the file: removing it would let two processes each lock a
// file of that name.
func (l *dirLock) release() error { return l.f.Close() }
