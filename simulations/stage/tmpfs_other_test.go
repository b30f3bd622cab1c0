//go:build !linux

package stage

import (
	"errors"
	"os"
	"testing"
)

// mount cannot make a small file system here.
func mount(testing.TB, string, int64) bool { return false }

func freeOf(string) (uint64, error) { return 0, errors.ErrUnsupported }

// allocated takes a file's length for what it takes.
func allocated(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
