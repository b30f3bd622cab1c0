package ratified

import (
	"fmt"
	"slices"
	"sort"

	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// StayedFor is how long a stay suspends an entry, in seconds.
const StayedFor = 24 * 3600

// Fold follows the ledger's motions and keeps a Book of what they ratified.
type Fold struct {
	book    Book
	more    []Record // not in book yet
	motions []entered
	waiting []wait
}

// entered is a Ratify motion: the subject of the item behind first, and so on.
type entered struct {
	first    uint64
	subjects []number.Range // zero where the opening was erased
}

// wait is what begins with the tick of a ledger entry.
type wait struct {
	size    uint64 // of the ledger with the entry
	first   uint64 // entries from here
	last    uint64 // to here
	seconds int64
	stay    bool
}

// Terms are what a Ratify motion says of all its entries.
type Terms struct {
	Until taxonomy.Day
	Hand  bool  // a quorum voted for it by hand
	Delay int64 // of a block, in seconds, from the tick of its entry
}

// Book returns what is ratified now.
func (f *Fold) Book() Book {
	if len(f.more) > 0 {
		f.book, f.more = f.book.With(f.more), nil
	}
	return f.book
}

// Ratify enters the items of a motion whose own entry has index first, and returns the
// keys that they are about. What was erased is dead and enters nothing.
func (f *Fold) Ratify(first uint64, items []motion.Opening, terms Terms) ([]number.Range, error) {
	m := entered{first: first, subjects: make([]number.Range, len(items))}
	var keys []number.Range
	delayed := false
	for i := range items {
		if len(items[i].Item) == 0 {
			continue
		}
		r, err := motion.DecodeRatification(items[i].Item)
		if err != nil {
			return nil, fmt.Errorf("ledger entry %d: %w", first+1+uint64(i), err)
		}
		m.subjects[i] = r.Subject
		one := Record{Index: first + 1 + uint64(i), Until: terms.Until, Category: r.Category, Action: r.Action, Hand: terms.Hand}
		if r.Action == taxonomy.Block && terms.Delay > 0 && !(terms.Hand && r.Category.Class() == taxonomy.Crm) {
			one.From, delayed = Unknown, true
		}
		for key := range r.Subject.Keys() {
			one.Key = key
			f.more = append(f.more, one)
			keys = append(keys, key)
		}
	}
	f.motions = append(f.motions, m)
	if delayed {
		n := uint64(len(items))
		f.waiting = append(f.waiting, wait{size: first + 1 + n, first: first + 1, last: first + n, seconds: terms.Delay})
	}
	return keys, nil
}

// Revoke ends the entry of a ledger index and returns its keys.
func (f *Fold) Revoke(index uint64) []number.Range {
	return f.change(index, func(r *Record) { r.Revoked = true })
}

// Stay suspends the entry of a ledger index: it is out of force at once, for StayedFor
// from the tick of the stay, whose entries make the ledger this large.
func (f *Fold) Stay(index, size uint64) []number.Range {
	f.waiting = append(f.waiting, wait{size: size, first: index, last: index, seconds: StayedFor, stay: true})
	return f.change(index, func(r *Record) { r.Stayed = Unknown })
}

// Tick dates what waited for a tick of all entries below a ledger index, and returns the
// keys of it.
func (f *Fold) Tick(below uint64, unix int64) []number.Range {
	var keys []number.Range
	var open []wait // stays without a tick
	for _, w := range f.waiting {
		if w.stay && w.size > below {
			open = append(open, w)
		}
	}
	f.waiting = slices.DeleteFunc(f.waiting, func(w wait) bool {
		if w.size > below {
			return false
		}
		for index := w.first; index <= w.last; index++ {
			keys = append(keys, f.change(index, func(r *Record) {
				switch {
				case !w.stay && r.From == Unknown:
					r.From = unix + w.seconds
				case w.stay && !slices.ContainsFunc(open, func(o wait) bool { return o.first == index }):
					r.Stayed = unix + w.seconds
				}
			})...)
		}
		return true
	})
	return keys
}

// change makes the records of a ledger index others.
func (f *Fold) change(index uint64, fn func(*Record)) []number.Range {
	at := sort.Search(len(f.motions), func(i int) bool { return f.motions[i].first >= index }) - 1
	if at < 0 || index-f.motions[at].first > uint64(len(f.motions[at].subjects)) {
		return nil
	}
	subject := f.motions[at].subjects[index-f.motions[at].first-1]
	if subject.IsZero() {
		return nil
	}
	book := f.Book()
	var keys []number.Range
	for key := range subject.Keys() {
		for _, r := range book.At(key) {
			if r.Index == index {
				fn(&r)
				f.more = append(f.more, r)
				keys = append(keys, key)
			}
		}
	}
	return keys
}
