package view

import (
	"maps"

	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// hold decides anew which retractions wait, of one issuer or of all, and adds the keys
// about which that makes a difference to edits.
func (w *writer) hold(accounts []*undo.Account, edits []table.Edit) []table.Edit {
	if len(w.list.Anchors) == 0 {
		return edits
	}
	holds := make(map[uint32]undo.Hold)
	for _, a := range accounts {
		maps.Copy(holds, undo.Share(w.claims(a)))
	}
	changed := w.list.Undo.SetHolds(holds)
	if len(changed) == 0 {
		return edits
	}
	w.list.Table.Each(func(p *table.Place, r *table.Row) {
		w.list.Undo.Each(r.UndoneBy, func(place uint32) bool {
			_, ok := changed[place]
			if ok {
				edits = append(edits, table.Edit{Key: p.Key, Op: table.Touch})
			}
			return !ok
		})
	})
	return edits
}

// claims returns what is open of an account, from the first of a day on, and notes what
// is decided for good: all of a day that is over, anchored and dated.
func (w *writer) claims(a *undo.Account) []undo.Claim {
	l := w.list
	var claims []undo.Claim
	open := false
	settled := 0
	for i, place := range a.Open() {
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
		if !open && len(claims) > 0 && claims[len(claims)-1].Day != c.Day {
			settled = i
		}
		open = open || !ticked || c.Day >= l.Mark.Day
		claims = append(claims, c)
	}
	a.Settle(settled)
	return claims
}
