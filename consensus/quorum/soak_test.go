//go:build soak

package quorum_test

import (
	"fmt"
	"testing"
	"time"
)

// TestSoakDecisions looks at hundreds of histories.
func TestSoakDecisions(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { linearizable(t, 1000+seed) })
	}
}

// TestSoakRealign restarts regulators at every step of a realignment.
func TestSoakRealign(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { bubble(t, func(t *testing.T) { realignUnderRestarts(t, 1000+seed) }) })
	}
}

// TestSoakThreeDays lets every virtual second of 72 hours pass.
func TestSoakThreeDays(t *testing.T) { threeDays(t, func(*council) { time.Sleep(72 * time.Hour) }) }

// TestSoakFailpoints kills the leader twenty times at each point.
func TestSoakFailpoints(t *testing.T) { killAtPoints(t, 20) }
