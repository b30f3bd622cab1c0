// Package marks tells what people look at before they ratify an entry: whose number it
// is, and whether it is protected, contested, reassigned or ratified already.
//
// Floor 12, a room of node/council. It asks the list.
package marks

import (
	"cmp"
	"slices"

	"ringfence/node/api"
	"ringfence/store/charter"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// maxMarked is how many keys of each mark an effect names.
const maxMarked = 20

// Holder returns the member in whose range a key lies, "" for nobody.
func Holder(s *charter.State, key number.Range) string {
	m, ok := s.Allocatee(key.First())
	if !ok {
		return ""
	}
	return s.Member(m).ID
}

// Reassigned reports whether a number is known to have changed hands.
func Reassigned(l *view.List, key number.Range) bool {
	_, rows := l.Table.Find(key)
	return reassigned(l, rows)
}

// InForce reports whether an entry of the ledger stands on a key.
func InForce(l *view.List, key number.Range) bool {
	for _, r := range l.Ratified.At(key) {
		if !r.Revoked && r.Until > l.Stamp().Day {
			return true
		}
	}
	return false
}

// Contested reports whether the list says so of a key.
func Contested(l *view.List, key number.Range) bool {
	p, _ := l.Table.Find(key)
	return p != nil && p.Entry != (taxonomy.Entry{}) && p.Entry.Contested
}

// Sum adds up entries that are to be ratified.
type Sum struct {
	effect *api.MotionEffect
	list   *view.List
	held   map[string]api.HolderShare
	own    map[number.Range]bool // the keys of all entries
}

// NewSum returns a Sum into an effect, of what a list says.
func NewSum(into *api.MotionEffect, l *view.List) *Sum {
	return &Sum{effect: into, list: l, held: make(map[string]api.HolderShare), own: make(map[number.Range]bool)}
}

// Holders returns whose ranges they are in, the most numbers first.
func (a *Sum) Holders() []api.HolderShare {
	all := make([]api.HolderShare, 0, len(a.held))
	for _, h := range a.held {
		all = append(all, h)
	}
	slices.SortFunc(all, func(x, y api.HolderShare) int {
		return cmp.Or(cmp.Compare(y.Numbers, x.Numbers), cmp.Compare(x.Member, y.Member))
	})
	return all
}

// Add adds one.
func (a *Sum) Add(r *motion.Ratification) {
	e, s := a.effect, a.list.State()
	switch r.Action {
	case taxonomy.Block:
		e.Blocked++
	case taxonomy.Label:
		e.Labelled++
	default:
		e.Allowed++
	}
	var size uint64
	marks := struct{ protected, contested, reassigned, ratified bool }{}
	for key := range r.Subject.Keys() {
		size += key.Size()
		a.own[key] = true
		marks.protected = marks.protected || s.Protected(key)
		marks.contested = marks.contested || Contested(a.list, key)
		marks.reassigned = marks.reassigned || Reassigned(a.list, key)
		marks.ratified = marks.ratified || InForce(a.list, key)
	}
	e.Numbers += size
	share := a.held[Holder(s, r.Subject)]
	share.Member = Holder(s, r.Subject)
	share.Items, share.Numbers = share.Items+1, share.Numbers+size
	a.held[share.Member] = share
	mark(marks.protected, r.Subject, &e.Protected, &e.Counts.Protected)
	mark(marks.contested, r.Subject, &e.Contested, &e.Counts.Contested)
	mark(marks.reassigned, r.Subject, &e.Reassigned, &e.Counts.Reassigned)
	mark(marks.ratified, r.Subject, &e.Ratified, &e.Counts.Ratified)
}

func mark(is bool, key number.Range, some *[]string, count *int) {
	if !is {
		return
	}
	*count++
	if len(*some) < maxMarked {
		*some = append(*some, key.String())
	}
}
