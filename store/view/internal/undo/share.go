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

// Share returns the holds of an issuer's undoings, which come in the order of its feed
// and begin with the first of a day. Each day the issuer may undo a share of its own live
// flags, and a number of single statements of its member's other feeds; what is beyond
// waits and uses nothing up. Batches and publications of other feeds always wait.
func Share(claims []Claim) map[uint32]Hold {
	holds := make(map[uint32]Hold, len(claims))
	var day taxonomy.Day
	var own uint64
	var across uint32
	for i := range claims {
		c := &claims[i]
		if i == 0 || c.Day != day {
			day, own, across = c.Day, 0, 0
		}
		if c.Free {
			holds[c.Place] = Hold{}
			continue
		}
		p := c.Policy
		h := Hold{Own: c.Works, Across: c.Works}
		if most := max(uint64(p.RetractShareMin), uint64(c.Live)*uint64(p.RetractShare)/1000); own+uint64(c.Own) <= most {
			own += uint64(c.Own)
			h.Own = 0
		}
		if c.Alone && across < p.RetractAcross {
			across++
			h.Across = 0
		}
		holds[c.Place] = h
	}
	return holds
}
