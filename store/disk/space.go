package disk

import (
	"fmt"
	"syscall"
)

// behind is what Badger may still write after a transaction was accepted: the
// logs of its memtables, the tables they become, and a compaction of these.
const behind = 4 * memTable

func statfs(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	block := uint64(st.Bsize)
	return st.Bavail * block, st.Blocks * block, nil
}

// room refuses when size more bytes would leave less than the floor. It asks
// before each write, because others fill the disk too.
func (s *Store) room(size int) error {
	free, _, err := s.cfg.Free(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	need := uint64(size) + behind
	if free < s.cfg.FreeFloor+need {
		return &DiskFullError{Dir: s.cfg.Dir, Free: free, Need: need, Floor: s.cfg.FreeFloor}
	}
	return nil
}

// Writable returns nil when a small write would be accepted now, else why not:
// ErrDiskFull, ErrFailed or ErrClosed.
func (s *Store) Writable() error {
	s.life.RLock()
	defer s.life.RUnlock()
	if err := s.usable(); err != nil {
		return err
	}
	return s.room(0)
}
