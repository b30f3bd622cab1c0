package assertion

import (
	"errors"
	"fmt"
)

// ErrNewer marks what is written in a version that this release does not know.
// Whoever cannot read it cannot judge it: it may be sound for a node that was
// upgraded, so it is never a reason to refuse for good.
var ErrNewer = errors.New("upgrade needed: a newer version than this release knows")

// Newer looks at the version that leads every array on its own, before its other
// fields are expected to be those of a version. It returns ErrNewer for one above
// what is known.
func Newer(what string, b []byte, known uint64) error {
	const (
		arrayOfFew = 0x80 // an array's head with its count in the same byte
		mostFew    = arrayOfFew + 23
		byteUint   = 0x18 // an integer of 24 to 255 follows in one byte
	)
	if len(b) < 3 || b[0] < arrayOfFew || b[0] > mostFew {
		return nil
	}
	version := uint64(b[1])
	switch {
	case b[1] == byteUint:
		version = uint64(b[2])
	case b[1] > byteUint:
		return nil
	}
	if version > known {
		return fmt.Errorf("assertion: %s of version %d: %w", what, version, ErrNewer)
	}
	return nil
}
