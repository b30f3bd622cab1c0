package disk

import (
	"errors"
	"fmt"
)

// What callers may want to tell apart, with errors.Is.
var (
	// ErrLocked: another process owns the directory.
	ErrLocked = errors.New("disk: the directory is in use")
	// ErrNewer: the directory was made by a newer version.
	ErrNewer = errors.New("disk: the directory was made by a newer version")
	// ErrDiskFull: a write was refused because too little space is free. It
	// passes by itself when there is room again.
	ErrDiskFull = errors.New("disk: too little free space")
	// ErrDamaged: the disk does not hold what was written.
	ErrDamaged = errors.New("disk: damaged")
	// ErrFailed: an earlier write could not be made durable; open the store
	// again.
	ErrFailed = errors.New("disk: an earlier write failed; the store must be opened again")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("disk: the store is closed")
)

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

// DiskFullError tells how much is free and how much must stay so, in bytes. It
// is ErrDiskFull.
type DiskFullError struct {
	Dir   string
	Free  uint64
	Need  uint64 // by the refused write and what the database writes behind it
	Floor uint64
}

// Error gives the figures and what to do.
func (e *DiskFullError) Error() string {
	return fmt.Sprintf("disk: %s: %d MiB are free, a write of %d MiB would leave less than the floor of %d MiB: free some space; look-ups go on, and writes follow by themselves",
		e.Dir, e.Free>>20, (e.Need+1<<20-1)>>20, e.Floor>>20)
}

// Is reports whether target is ErrDiskFull.
func (e *DiskFullError) Is(target error) bool { return target == ErrDiskFull }

// damaged says what does not hold what was written. It is ErrDamaged.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}
