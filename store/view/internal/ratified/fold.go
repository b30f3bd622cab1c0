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

// KeptDays is for how many ledger days an entry is told that is over or revoked. Its opening
// may be erased from then on, so whoever replays the ledger later cannot tell it either.
const KeptDays = 7

// Fold follows the ledger's motions and keeps a Book of what they ratified, but for what is
// long dead.
type Fold struct {
	book    Book
	more    []Record // not in book yet
	motions []entered
	waiting []wait
	dead    map[taxonomy.Day][]entries // to be forgotten on that day
}

// entries are neighbours in the ledger.
type entries struct{ first, last uint64 }

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

// Motions returns how many motions are held some of whose entries are.
func (f *Fold) Motions() int { return len(f.motions) }

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
	f.forget(terms.Until, entries{first + 1, first + uint64(len(items))})
	if delayed {
		n := uint64(len(items))
		f.waiting = append(f.waiting, wait{size: first + 1 + n, first: first + 1, last: first + n, seconds: terms.Delay})
	}
	return keys, nil
}

// Revoke ends the entry of a ledger index on a day of the ledger and returns its keys.
func (f *Fold) Revoke(index uint64, day taxonomy.Day) []number.Range {
	f.forget(day, entries{index, index})
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

// forget notes that entries are dead from a day on.
func (f *Fold) forget(day taxonomy.Day, these entries) {
	if day >= taxonomy.NeverDay-KeptDays {
		return
	}
	if f.dead == nil {
		f.dead = make(map[taxonomy.Day][]entries)
	}
	f.dead[day+KeptDays] = append(f.dead[day+KeptDays], these)
}

// Turn forgets what is dead for long by a day of the ledger. That is in force nowhere, so
// it changes what no key comes to.
func (f *Fold) Turn(day taxonomy.Day) {
	var gone []Record
	for on, all := range f.dead {
		if on > day {
			continue
		}
		delete(f.dead, on)
		for _, these := range all {
			for index := these.first; index <= these.last; index++ {
				if subject := f.subject(index); subject != nil {
					for key := range subject.Keys() {
						gone = append(gone, Record{Key: key, Index: index})
					}
					*subject = number.Range{}
				}
			}
		}
	}
	if len(gone) == 0 {
		return
	}
	f.book = f.Book()
	f.book = f.book.Without(gone)
	f.motions = slices.DeleteFunc(f.motions, func(m entered) bool {
		return !slices.ContainsFunc(m.subjects, func(s number.Range) bool { return !s.IsZero() })
	})
}

// subject returns where the subject of a ledger index stands; nil if nowhere.
func (f *Fold) subject(index uint64) *number.Range {
	at := sort.Search(len(f.motions), func(i int) bool { return f.motions[i].first >= index }) - 1
	if at < 0 || index-f.motions[at].first > uint64(len(f.motions[at].subjects)) {
		return nil
	}
	if subject := &f.motions[at].subjects[index-f.motions[at].first-1]; !subject.IsZero() {
		return subject
	}
	return nil
}

// change makes the records of a ledger index others.
func (f *Fold) change(index uint64, fn func(*Record)) []number.Range {
	subject := f.subject(index)
	if subject == nil {
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
