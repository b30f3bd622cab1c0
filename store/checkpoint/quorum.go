package checkpoint

import (
	"cmp"
	"fmt"
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
func (s Set) Certified(n Note) (fresh int64, ok bool) { return s.Fresh(s.Cosignatures(n)) }

// Fresh is Certified for who has looked who cosigned.
func (s Set) Fresh(given []*Cosignature) (fresh int64, ok bool) {
	var times []int64
	for _, c := range given {
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

// Count is how many cosigned, of what Cosignatures returned.
func Count(given []*Cosignature) (n int) {
	for _, c := range given {
		if c != nil {
			n++
		}
	}
	return n
}

// Least returns a certified note with no more cosignatures than it takes: those of q of
// the set that were given last, so that it is as fresh as before.
func (s Set) Least(n Note) (Note, error) {
	given := s.Cosignatures(n)
	var by []int
	for i, c := range given {
		if c != nil {
			by = append(by, i)
		}
	}
	q := s.Quorum()
	if q == 0 || len(by) < q {
		return Note{}, fmt.Errorf("checkpoint: %d of %d regulators cosigned %s; it takes %d", len(by), len(s), n.Tree, q)
	}
	slices.SortStableFunc(by, func(a, b int) int { return cmp.Compare(given[b].Time, given[a].Time) })
	lines, err := n.lines()
	if err != nil {
		return Note{}, err
	}
	kept := lines[:0]
	for _, l := range lines {
		if l.Name == n.Origin || slices.ContainsFunc(by[:q], func(i int) bool { return s[i].name == l.Name && s[i].KeyHash() == l.Hash }) {
			kept = append(kept, l)
		}
	}
	return n.written(kept...)
}

// Unknown returns the names of those who signed a note, by its lines, that are neither the
// log nor of the set.
func (s Set) Unknown(n Note) ([]string, error) {
	lines, err := n.lines()
	var names []string
	for _, l := range lines {
		if l.Name != n.Origin && !slices.ContainsFunc(s, func(v Verifier) bool { return v.name == l.Name && v.KeyHash() == l.Hash }) {
			names = append(names, l.Name)
		}
	}
	return names, err
}
