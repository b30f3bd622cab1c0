// Package ratified keeps the entries that the regulators ratified, by their keys.
//
// Each is told from all others by its ledger index. Whether one is in force is read off
// its record at any moment: a block waits for its delay, a stay ends by itself, a
// revocation never does. Of several on one key the one with the highest index decides
// among those in force.
//
// A Book never changes; With makes another one that shares what it does not touch.
//
// Floor 5, a room of store/view.
package ratified

import (
	"cmp"
	"slices"
	"sort"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Unknown is a moment that the ledger has no tick for yet.
const Unknown = 1<<63 - 1

// Record is one ratified entry on one key. Times are Unix seconds of ledger ticks.
type Record struct {
	Key      number.Range
	Index    uint64       // of its ledger entry
	From     int64        // it is in force from then on
	Stayed   int64        // it is suspended until then; 0 when it is not
	Until    taxonomy.Day // the first day on which it is not in force any more
	Category taxonomy.Category
	Action   taxonomy.Action
	Hand     bool // a quorum voted for it by hand
	Revoked  bool
}

// Moment is when the question is asked.
type Moment struct {
	Day taxonomy.Day
	Now int64 // the last tick, in Unix seconds
}

// InForce reports whether r is in force, protection and reviews apart, and the next
// tick, in Unix seconds, from which that is otherwise by the clock alone; 0 if none. The
// day of Until is not among them.
func (r *Record) InForce(at Moment) (in bool, next int64) {
	switch {
	case r.Revoked || at.Day >= r.Until:
		return false, 0
	case at.Now < r.From:
		return false, known(r.From)
	case at.Now < r.Stayed:
		return false, known(r.Stayed)
	}
	return true, 0
}

func known(moment int64) int64 {
	if moment == Unknown {
		return 0
	}
	return moment
}

// Entry returns what the list says when r decides.
func (r *Record) Entry() taxonomy.Entry {
	return taxonomy.Entry{Action: r.Action, Class: r.Category.Class(), Category: r.Category, Ratified: true}
}

// most bounds the records of a run: a random change copies one.
const most = 64

// Book is all ratified entries by key, then index. The zero Book has none.
type Book struct {
	runs [][]Record
	n    int
}

// Len returns how many records there are.
func (b *Book) Len() int { return b.n }

func compare(a, c *Record) int {
	return cmp.Or(a.Key.Compare(c.Key), cmp.Compare(a.Index, c.Index))
}

// runOf returns the run in which r is or would be.
func (b *Book) runOf(r *Record) int {
	return max(0, sort.Search(len(b.runs), func(i int) bool { return compare(&b.runs[i][0], r) > 0 })-1)
}

// At returns the records on a key by rising index. They are not to be changed.
func (b *Book) At(key number.Range) []Record {
	if b.n == 0 {
		return nil
	}
	first := Record{Key: key}
	i := b.runOf(&first)
	from := b.in(i, &first)
	if from == len(b.runs[i]) && i+1 < len(b.runs) {
		i, from = i+1, 0
	}
	run := b.runs[i]
	to := from
	for to < len(run) && run[to].Key == key {
		to++
	}
	found := run[from:to:to]
	for i++; i < len(b.runs) && b.runs[i][0].Key == key; i++ { // a key's records may cross runs
		for k := range b.runs[i] {
			if b.runs[i][k].Key != key {
				break
			}
			found = append(found, b.runs[i][k])
		}
	}
	return found
}

// in returns the place of the first record in a run that is not before r.
func (b *Book) in(run int, r *Record) int {
	at, _ := slices.BinarySearchFunc(b.runs[run], r, func(a Record, c *Record) int { return compare(&a, c) })
	return at
}

// Each calls fn for all records in order.
func (b *Book) Each(fn func(*Record)) {
	for _, run := range b.runs {
		for i := range run {
			fn(&run[i])
		}
	}
}

// EachKey calls fn once for every key, in order.
func (b *Book) EachKey(fn func(number.Range)) {
	var last number.Range
	b.Each(func(r *Record) {
		if r.Key != last {
			fn(r.Key)
		}
		last = r.Key
	})
}

// With returns a book with more records; one of a key and index that are there already
// takes the place of what was. It sorts them.
func (b *Book) With(more []Record) Book {
	slices.SortStableFunc(more, func(a, c Record) int { return compare(&a, &c) })
	out := Book{runs: make([][]Record, 0, len(b.runs)+len(more)/most+1), n: b.n}
	next := 0
	for len(more) > 0 {
		at := b.runOf(&more[0])
		out.runs = append(out.runs, b.runs[next:min(at, len(b.runs))]...)
		n := len(more)
		if at+1 < len(b.runs) {
			border := &b.runs[at+1][0]
			n = sort.Search(len(more), func(i int) bool { return compare(&more[i], border) >= 0 })
		}
		var old []Record
		if at < len(b.runs) {
			old = b.runs[at]
		}
		out.cut(merge(old, more[:n]), len(old))
		more, next = more[n:], min(at+1, len(b.runs))
	}
	out.runs = append(out.runs, b.runs[next:]...)
	return out
}

// Without returns a book without the records of these keys and indexes. It sorts them.
func (b *Book) Without(gone []Record) Book {
	slices.SortFunc(gone, func(a, c Record) int { return compare(&a, &c) })
	out := Book{runs: make([][]Record, 0, len(b.runs)), n: b.n}
	for _, run := range b.runs {
		n := sort.Search(len(gone), func(i int) bool { return compare(&gone[i], &run[len(run)-1]) > 0 })
		left := run
		if n > 0 {
			left = subtract(run, gone[:n])
		}
		out.n -= len(run) - len(left)
		if gone = gone[n:]; len(left) > 0 {
			out.runs = append(out.runs, left)
		}
	}
	return out
}

// subtract returns an ordered list without what another one has.
func subtract(from, gone []Record) (left []Record) {
	for i := range from {
		for len(gone) > 0 && compare(&gone[0], &from[i]) < 0 {
			gone = gone[1:]
		}
		if len(gone) == 0 || compare(&gone[0], &from[i]) != 0 {
			left = append(left, from[i])
		}
	}
	return left
}

// merge puts two ordered lists into one; of equals the last of more stays.
func merge(old, more []Record) []Record {
	all := make([]Record, 0, len(old)+len(more))
	for len(old) > 0 || len(more) > 0 {
		switch {
		case len(more) == 0 || len(old) > 0 && compare(&old[0], &more[0]) < 0:
			all, old = append(all, old[0]), old[1:]
			continue
		case len(old) > 0 && compare(&old[0], &more[0]) == 0:
			old = old[1:]
		}
		if n := len(all); n > 0 && compare(&all[n-1], &more[0]) == 0 {
			all[n-1] = more[0]
		} else {
			all = append(all, more[0])
		}
		more = more[1:]
	}
	return all
}

// cut appends records as runs of about equal size, in place of so many old ones.
func (b *Book) cut(all []Record, instead int) {
	b.n += len(all) - instead
	for pieces := (len(all) + most - 1) / most; pieces > 0; pieces-- {
		n := len(all) / pieces
		b.runs = append(b.runs, all[:n:n])
		all = all[n:]
	}
}
