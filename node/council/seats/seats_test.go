package seats

import (
	"math"
	"testing"
)

// A cosignature is a sign of life for a while, and one dated ahead is none.
func TestIsFresh(t *testing.T) {
	const now = 1_000_000
	for last, fresh := range map[int64]bool{now: true, now - 120: true, now - 121: false, now + 120: true, now + 121: false, 0: false, math.MaxInt64: false} {
		if isFresh(last, now) != fresh {
			t.Errorf("one of %d at %d is fresh: %t", last, now, !fresh)
		}
	}
}
