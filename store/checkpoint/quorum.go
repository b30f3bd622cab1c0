package checkpoint

import (
	"slices"

	"golang.org/x/mod/sumdb/note"
)

// Quorum returns how many of n regulators decide together, and how many liars
// that survives: f = ⌊(n−1)/3⌋ and q = ⌊(n+f)/2⌋ + 1, or all of them when
// there are fewer than four. It is 0 of 0 for no regulators.
func Quorum(n int) (q, f int) {
	switch {
	case n <= 0:
		return 0, 0
	case n < 4:
		return n, 0
	}
	f = (n - 1) / 3
	return (n+f)/2 + 1, f
}

// Set is the cosigners of the regulators in force, one each, of distinct keys.
type Set []Verifier

// Quorum returns how many of the set decide together; 0 of nobody, who never do.
func (s Set) Quorum() int {
	q, _ := Quorum(len(s))
	return q
}

// Cosignatures returns who of the set cosigned, by place in it, and nothing for
// the others. Each is checked apart, so that a bad line under one name takes no
// other with it.
func (s Set) Cosignatures(n Note) []*Cosignature {
	found := make([]*Cosignature, len(s))
	for i, v := range s {
		opened, err := note.Open(n.raw, note.VerifierList(v))
		if err != nil {
			continue
		}
		if c, ok := cosignature(blobOf(opened.Sigs[0])); ok {
			found[i] = &c
		}
	}
	return found
}

// Certified reports whether q of the set cosigned, and if so since when the
// checkpoint is known to stand: the latest time that q of them gave or passed, in
// Unix seconds.
func (s Set) Certified(n Note) (fresh int64, ok bool) {
	var times []int64
	for _, c := range s.Cosignatures(n) {
		if c != nil {
			times = append(times, c.Time)
		}
	}
	q := s.Quorum()
	if q == 0 || len(times) < q {
		return 0, false
	}
	slices.Sort(times)
	return times[len(times)-q], true
}
