package retract

import (
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/undo"
)

// Hold decides which retractions of issuers wait: those that were added since, or anew all
// that may be decided otherwise than they were. It returns the places of those of which
// that changed.
func Hold(l *list.List, accounts []*undo.Account, anew bool) (changed []uint32) {
	if len(l.Anchors) == 0 {
		return nil
	}
	var holds []undo.Placed
	for _, a := range accounts {
		holds = append(holds, Claims(l, a, anew)...)
	}
	return l.Undo.SetHolds(holds)
}

// Claims decides about what is open of an account, and notes what is decided for good: all
// of a day that is over, anchored and dated.
func Claims(l *list.List, a *undo.Account, anew bool) []undo.Placed {
	places, share := a.Open(anew)
	holds := make([]undo.Placed, 0, len(places))
	open := !anew // what comes later does not settle what was not settled
	settled := 0
	var last undo.Claim
	for i, place := range places {
		u := l.Undo.All[place]
		b := &l.Batches[u.Batch]
		c := undo.Claim{Place: place, Undoing: u, Day: l.Mark.Day, Free: b.Cover == 1, Works: undo.Never, Policy: l.StateOf(b).Policy()}
		if b.Cover != 0 {
			c.Day = l.Anchors[b.Cover-1].Day
		}
		tick, ticked := l.TickOf(b)
		if ticked {
			c.Works = tick + undo.HeldFor
		}
		if !open && i > 0 && last.Day != c.Day {
			settled = i
		}
		open = open || !ticked || c.Day >= l.Mark.Day
		holds, last = append(holds, share.Hold(&c)), c
	}
	a.Counted(settled)
	return holds
}
