// Package damage is how the rooms of store/disk say that the disk does not hold
// what was written, so that callers can tell it from every other failure.
//
// Floor 6, a room of store/disk.
package damage

import (
	"errors"
	"fmt"
)

// Err is what every such error is.
var Err = errors.New("disk: damaged")

// Errorf says what does not hold what was written.
func Errorf(format string, args ...any) error {
	return fmt.Errorf("%w: %w", Err, fmt.Errorf(format, args...))
}
