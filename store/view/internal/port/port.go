// Package port tells who serves a number that was ported.
//
// The gaining operator says that it took a number over; the losing one, or the allocatee,
// says the same. From the anchor that covers both, and not before the date they name, the
// gaining operator serves the number, if the losing one did so until then.
//
// Floor 5, a room of store/view.
package port

import (
	"bytes"
	"cmp"
	"slices"

	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
)

// Terms are what a port statement says.
type Terms struct {
	From, To charter.MemberIndex
	Date     taxonomy.Day
}

// Said is a port statement of a number that an anchor covers and that stands.
type Said struct {
	Terms
	Ref   taxonomy.Ref
	By    charter.MemberIndex
	Cover anchors.Cover
	// State is the constitution at the ledger size that the anchor names.
	State *charter.State
}

// step is a port that was confirmed.
type step struct {
	*Said
	since anchors.Cover // the anchor that covers it and its confirmation
}

// Server returns who serves a number by what was said of it, as of an anchor (0: as of
// now) and a day; false where nobody does and the grants tell.
func Server(n number.Number, all []Said, as anchors.Cover, day taxonomy.Day) (server charter.MemberIndex, ported bool) {
	for _, s := range confirmed(n, all) {
		if as != 0 && s.since > as || s.Date > day {
			continue
		}
		losing := server
		if !ported {
			losing, _ = s.State.Server(n)
		}
		if s.From == losing {
			server, ported = s.To, true
		}
	}
	return server, ported
}

// confirmed returns the ports that were confirmed, in the order in which they took the
// number over.
func confirmed(n number.Number, all []Said) (steps []step) {
	for i := range all {
		s := &all[i]
		if s.By != s.To {
			continue
		}
		since := anchors.Cover(0)
		for k := range all {
			c := &all[k]
			allocatee, known := c.State.Allocatee(n)
			if c.Terms == s.Terms && c.By != s.By && (c.By == s.From || known && c.By == allocatee) && (since == 0 || c.Cover < since) {
				since = c.Cover
			}
		}
		if since != 0 {
			steps = append(steps, step{s, max(since, s.Cover)})
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.since, b.since), bytes.Compare(a.Ref.Bytes(), b.Ref.Bytes()))
	})
	return steps
}
