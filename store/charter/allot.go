package charter

import "ringfence/store/number"

// Allotted returns the grants that tell who holds the numbers of a key of the list: the
// longest around it, none if nobody holds all of it, and those inside it.
func (s *State) Allotted(key number.Range) (around number.Range, inside []number.Range) {
	around, _, _ = s.grants.covering(key)
	return around, s.grants.inside(key)
}
