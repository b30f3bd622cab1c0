package undo

import (
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// HeldFor is how long a retraction beyond its issuer's share waits from the tick of its
// anchor, in seconds.
const HeldFor = 24 * 3600

// Claim is an undoing of an issuer with what decides whether it must wait.
type Claim struct {
	Place uint32 // in Book.All
	Undoing
	// Day is the ledger's on which its anchor was enacted, or the current one.
	Day taxonomy.Day
	// Free says that it never waits: the ledger's first anchor covers it.
	Free bool
	// Works is the time, in Unix seconds, from which it works if it must wait; Never
	// while it has no anchor that has a tick.
	Works int64
	// Policy is that of the ledger size at which it is judged.
	Policy *policy.Policy
}

// Share is what an issuer has used up of a day. Each day it may undo a share of its own
// live flags, and a number of single statements of its member's other feeds; what is
// beyond waits and uses nothing up. Batches and publications of other feeds always wait.
type Share struct {
	day    taxonomy.Day
	own    uint64
	across uint32
}

// Hold returns when an undoing works. Undoings come in the order of the issuer's feed, and
// begin with the first of a day.
func (s *Share) Hold(c *Claim) Placed {
	if c.Day != s.day {
		*s = Share{day: c.Day}
	}
	if c.Free {
		return Placed{Place: c.Place}
	}
	p := c.Policy
	h := Hold{Own: c.Works, Across: c.Works}
	if most := max(uint64(p.RetractShareMin), uint64(c.Live)*uint64(p.RetractShare)/1000); s.own+uint64(c.Own) <= most {
		s.own += uint64(c.Own)
		h.Own = 0
	}
	if c.Alone && s.across < p.RetractAcross {
		s.across++
		h.Across = 0
	}
	return Placed{c.Place, h}
}
