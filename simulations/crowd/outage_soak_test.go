//go:build soak

package crowd

import (
	"testing"
	"time"
)

// TestSoakThreeDaysWithoutAQuorum lets every virtual second of 72 hours pass.
func TestSoakThreeDaysWithoutAQuorum(t *testing.T) {
	threeDays(t, 10*time.Minute, func(_ *Net, d time.Duration) { time.Sleep(d) })
}
