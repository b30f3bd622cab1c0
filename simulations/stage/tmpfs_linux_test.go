package stage

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

// mount makes dir a file system of its own of so many bytes, until the test
// ends. It returns false where this user may not.
func mount(t testing.TB, dir string, size int64) bool {
	t.Helper()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", size))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENODEV) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return true
}

// freeOf returns the free bytes of a file system.
func freeOf(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// allocated returns the bytes that a file takes on its file system.
func allocated(path string) (int64, error) {
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		return 0, err
	}
	return s.Blocks * 512, nil
}
