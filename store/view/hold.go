package view

import (
	"maps"
	"slices"

	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// account is what an issuer's share of retractions is counted on. It follows the issuer's
// own feed and nothing else, so it is the same in every order of arrival.
type account struct {
	places  []uint32 // of its undoings, in the order of its feed
	settled int      // so many of them are decided for good
	ends    map[taxonomy.Day]int
	live    int          // flags and asking blocks that are neither undone by the feed itself nor expired
	day     taxonomy.Day // by which those are counted
}

func (w *writer) account(speaker uint32) *account {
	a := w.accounts[speaker]
	if a == nil {
		a = &account{ends: make(map[taxonomy.Day]int)}
		w.accounts[speaker] = a
	}
	return a
}

// turn drops from the account what has expired by a day, which never goes back.
func (a *account) turn(day taxonomy.Day) {
	if day <= a.day {
		return
	}
	a.day = day
	for end, n := range a.ends {
		if end <= day {
			a.live -= n
			delete(a.ends, end)
		}
	}
}

func (a *account) add(until taxonomy.Day, n int) {
	if until > a.day {
		a.ends[until] += n
		a.live += n
	}
}

// keepAccount enters what a batch said and undid into its issuer's account.
func (w *writer) keepAccount(j *judge) {
	if j.batch.Speaker == list.Nobody {
		return
	}
	a := w.account(j.batch.Speaker)
	for until, n := range j.ends {
		a.add(until, n)
	}
	first := len(w.list.Undo.All) - len(j.undoings)
	for i := range j.undoings {
		a.places = append(a.places, uint32(first+i))
	}
}

// hold decides anew which retractions wait, of one issuer or of all, and adds the keys
// about which that makes a difference to edits.
func (w *writer) hold(accounts []*account, edits []table.Edit) []table.Edit {
	if len(w.list.Anchors) == 0 {
		return edits
	}
	holds := make(map[uint32]undo.Hold)
	for _, a := range accounts {
		if a.settled < len(a.places) {
			maps.Copy(holds, undo.Share(w.claims(a)))
		}
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

// allAccounts returns the accounts of all issuers in the order of the roster.
func (w *writer) allAccounts() (all []*account) {
	for _, speaker := range slices.Sorted(maps.Keys(w.accounts)) {
		all = append(all, w.accounts[speaker])
	}
	return all
}

// claims returns what is open of an account, from the first of a day on, and notes what
// is decided for good: all of a day that is over, anchored and dated.
func (w *writer) claims(a *account) []undo.Claim {
	l := w.list
	var claims []undo.Claim
	open := false
	from := a.settled
	for i, place := range a.places[from:] {
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
			a.settled = from + i
		}
		open = open || !ticked || c.Day >= l.Mark.Day
		claims = append(claims, c)
	}
	return claims
}
