package heads

import (
	"testing"

	"ringfence/store/motion"
)

// What becomes of a head where another was fixed before it: by entry 20, at sequence 5.
func TestThen(t *testing.T) {
	head := func(sequence uint64, branch byte) motion.AnchoredHead {
		return motion.AnchoredHead{Issuer: 1, Epoch: 2, Sequence: sequence, Digest: [32]byte{branch}}
	}
	fixed := Fixed{Head: head(5, 'a'), At: 20}
	for name, c := range map[string]struct {
		head         motion.AnchoredHead
		at, buildsOn uint64
		want         Fixed
		moved        bool
	}{
		"a higher one":  {head(7, 'a'), 30, 21, Fixed{head(7, 'a'), 30}, true},
		"the same anew": {head(5, 'a'), 30, 21, Fixed{head(5, 'a'), 30}, false},
		"a higher one of an ending, anchored since":   {head(7, 'a'), 30, 20, fixed, false},
		"a lower one of an ending, anchored since":    {head(3, 'a'), 30, 20, fixed, false},
		"a higher one of the same motion":             {head(7, 'a'), 20, 9, Fixed{head(7, 'a'), 20}, true},
		"a lower one of the same motion":              {head(3, 'a'), 20, 9, fixed, false},
		"one beside it of the same motion: the first": {head(5, 'b'), 20, 9, fixed, false},
	} {
		if got, moved := fixed.Then(c.head, c.at, c.buildsOn); got != c.want || moved != c.moved {
			t.Errorf("%s: %+v (%t), want %+v (%t)", name, got, moved, c.want, c.moved)
		}
	}
}
