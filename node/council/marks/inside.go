package marks

import (
	"cmp"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Inside adds what lies inside the ranges among the entries: numbers and narrower ranges
// that are no entries themselves. Each counts once, however many of the ranges it is in.
// It goes through all that was said inside them.
func (a *Sum) Inside() {
	wide := a.wide()
	if len(wide) == 0 {
		return
	}
	e, in := a.effect, &a.effect.Inside
	for _, protected := range a.list.State().Charter().Protected {
		r, err := number.RangeFromBytes([number.KeySize]byte(protected))
		if err != nil {
			continue // the charter was founded without it
		}
		for key := range r.Keys() {
			mark(a.inside(wide, key), key, &e.Protected, &in.Protected)
		}
	}
	for _, r := range wide {
		a.list.Table.Within(r, func(key number.Range, entry taxonomy.Entry, rows []view.Row) {
			if a.own[key] {
				return
			}
			mark(entry.Contested, key, &e.Contested, &in.Contested)
			mark(reassigned(a.list, rows), key, &e.Reassigned, &in.Reassigned)
		})
	}
	a.list.Ratified.EachKey(func(key number.Range) {
		mark(a.inside(wide, key) && InForce(a.list, key), key, &e.Ratified, &in.Ratified)
	})
}

// wide returns the ranges among the entries that lie in no other, in order.
func (a *Sum) wide() (all []number.Range) {
	for key := range a.own {
		if key.Free() > 0 {
			all = append(all, key)
		}
	}
	slices.SortFunc(all, func(x, y number.Range) int {
		return cmp.Or(x.First().Compare(y.First()), cmp.Compare(y.Free(), x.Free()))
	})
	n := 0
	for _, r := range all {
		if n == 0 || !all[n-1].Covers(r) {
			all[n], n = r, n+1
		}
	}
	return all[:n]
}

// inside reports whether a key that is no entry's lies in one of the wide ranges.
func (a *Sum) inside(wide []number.Range, key number.Range) bool {
	at, found := slices.BinarySearchFunc(wide, key.First(), func(r number.Range, n number.Number) int { return r.First().Compare(n) })
	if !found {
		at--
	}
	return at >= 0 && wide[at].Covers(key) && !a.own[key]
}

// reassigned reports whether rows say that their number changed hands.
func reassigned(l *view.List, rows []view.Row) bool {
	return slices.ContainsFunc(rows, func(r view.Row) bool {
		return r.Kind == assertion.KindReassign && !r.Void() && !l.Undone(&r)
	})
}
