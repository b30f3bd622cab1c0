//go:build soak

package crowd

import "testing"

// Twenty honest among eighty, each connected to about half of all: F28.
func TestFourDroppersToOneSoak(t *testing.T) {
	withDroppers(t, crowdOfDroppers{honest: 20, droppers: 80, flags: 40})
}
