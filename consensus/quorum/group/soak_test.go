//go:build soak

package group_test

import (
	"fmt"
	"testing"
)

// TestSoakHistories looks at hundreds of histories; about three minutes.
func TestSoakHistories(t *testing.T) {
	for seed := uint64(1000); seed < 1400; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { linearizable(t, seed) })
	}
}

// TestSoakFailpoints kills the leader twenty times at each point.
func TestSoakFailpoints(t *testing.T) { killAmid(t, 20) }
