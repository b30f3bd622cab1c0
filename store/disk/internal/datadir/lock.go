package datadir

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

// ErrLocked: another process owns the directory.
var ErrLocked = errors.New("disk: the directory is in use")

// LockedError tells who owns a directory. It is ErrLocked.
type LockedError struct {
	Dir string
	PID int // 0 when the owner did not say
}

// Error names the directory, the owner and what to do.
func (e *LockedError) Error() string {
	owner := "another process"
	if e.PID > 0 {
		owner = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("disk: %s is in use by %s: talk to the running node, or stop it first", e.Dir, owner)
}

// Is reports whether target is ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// Lock is a process's ownership of a directory. The operating system gives
// it up when the process ends, however it ends; the process ID in the file is
// for people.
type Lock struct{ f *os.File }

// Take makes dir this process's own, or answers a LockedError.
func Take(dir string) (*Lock, error) {
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
	l := &Lock{f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(fmt.Errorf("disk: lock %s: %w", dir, err), l.Release())
	}
	return l, nil
}

func (l *Lock) sign() error {
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

// Release gives the directory up. It leaves the file: removing it would let two processes each lock a
// file of that name.
func (l *Lock) Release() error { return l.f.Close() }
