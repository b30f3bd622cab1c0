//go:build soak

package crowd

import "testing"

func TestFourDroppersToOneSoak(t *testing.T) { withDroppers(t, 5, 20, 50) }
