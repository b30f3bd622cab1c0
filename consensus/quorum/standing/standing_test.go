package standing

import (
	"math"
	"testing"
)

// A cosignature is a sign of life for two minutes, and one dated further ahead is none. This
// is the one rule, for what regulators tell of themselves and for what pages show.
func TestAtWork(t *testing.T) {
	const now = 1_000_000
	for last, works := range map[int64]bool{now: true, now - 120: true, now - 121: false, now + 120: true, now + 121: false, 0: false, math.MaxInt64: false} {
		if AtWork(last, now) != works {
			t.Errorf("who cosigned at %d is at work at %d: %t", last, now, !works)
		}
	}
	if AtWork(0, 60) {
		t.Error("who never cosigned is at work")
	}
}
