//go:build soak

package cosign

import "testing"

// TestSoakEveryMoment searches larger worlds whole: minutes, and some gigabytes.
func TestSoakEveryMoment(t *testing.T) {
	searchAll(t, map[string]world{
		"a rewritten log, settling":  {regulators: 4, quorum: 3, sizes: 2, generations: 1, rewrites: true, settles: true},
		"two realignments, one size": {regulators: 4, quorum: 3, sizes: 1, generations: 3},
		"one realignment, two sizes": {regulators: 4, quorum: 3, sizes: 2, generations: 2},
	})
}

func TestSoakWhatMakesNoDifference(t *testing.T) {
	searchPlainly(t, map[string]world{
		"a rewritten log": {regulators: 4, quorum: 3, sizes: 2, generations: 1, rewrites: true},
	})
}
