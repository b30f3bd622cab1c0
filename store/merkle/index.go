package merkle

import (
	"math/bits"
	"math/rand/v2"
)

// index finds values by key. It is a hash table made for memory that is slow: a
// key's hash chooses a page, by way of a shelf that stays in the processor's
// caches, and a cell of the page at which a search begins, so that nearly every
// search goes to memory once.
//
// An index never changes once a Tree holds it. The next one shares with it
// every shelf and page in which nothing changed; it has a list of shelves of its
// own, a pointer for some thousands of keys. When its pages are too full all of
// it is made anew with twice as many, which over time costs a change no more
// than another.
type index struct {
	shelves []*shelf // a power of two
	shift   uint8    // 64 − log2 of the pages
	total   int
	seed    uint64           // see spread
	frees   [maxFree + 1]int // keys by free digits; those of more count as 0

	made []bool // while the index is made: shelves that no other index has
}

const (
	shelfPages = 64
	pageCells  = 128

	// pageKeys is how many keys pages have on average when they are doubled,
	// and pageFull how many one may have: more than five standard deviations
	// above, and always an empty cell at which a search ends.
	pageKeys = 72
	pageFull = 120
)

// shelf is pages that are listed, and copied, together.
type shelf struct {
	pages [shelfPages]page
	keys  [shelfPages]uint8 // how many each page has
	made  uint64            // while the index is made: pages that no other index has, a bit each
}

// page is a table of its own with open addressing, of pageCells cells.
type page []cell

// cell is 16 bytes, so that none lies across two lines of a cache.
type cell struct {
	first uint64
	free  uint8
	taken bool
	value Value
}

func (c *cell) key() Key { return Key{c.first, c.free} }

// spread hashes a key. The top bits choose the page, the low ones the cell. The
// seed is drawn for each index, so that nobody can choose numbers that share a
// page; nothing that leaves the process depends on it.
func (x *index) spread(key Key) uint64 {
	high, low := bits.Mul64(key.First^uint64(key.Free)<<56^x.seed, 0x9E3779B97F4A7C15)
	return high ^ low
}

// newIndex returns an empty index with room for n keys, still to be filled.
func newIndex(n int) *index {
	log := bits.Len(uint(max(n-1, 0) / (pageKeys * shelfPages)))
	x := &index{
		shelves: make([]*shelf, 1<<log),
		made:    make([]bool, 1<<log),
		shift:   uint8(64 - log - bits.Len(shelfPages-1)),
		seed:    rand.Uint64(),
	}
	for i := range x.shelves {
		x.shelves[i], x.made[i] = new(shelf), true
	}
	return x
}

// room returns how many keys x has pages for.
func (x *index) room() int { return len(x.shelves) * shelfPages * pageKeys }

// place tells the shelf of a key with hash h, and the page on it.
func (x *index) place(h uint64) (shelf, page uint64) {
	at := h >> (x.shift & 63)
	return at / shelfPages, at % shelfPages
}

// get returns the value of key.
func (x *index) get(key Key) (Value, bool) {
	if x == nil {
		return Value{}, false
	}
	h := x.spread(key)
	i, j := x.place(h)
	if c := x.shelves[i].pages[j].find(h, key); c != nil {
		return c.value, c.taken
	}
	return Value{}, false
}

// find returns the cell of key, whose hash is h, or the empty one in which it
// would stand; nil in a page that was never used.
func (p page) find(h uint64, key Key) *cell {
	if len(p) == 0 {
		return nil
	}
	for ; ; h++ {
		c := &p[h%pageCells]
		if !c.taken || c.first == key.First && c.free == key.Free {
			return c
		}
	}
}

// each calls fn for every key, in no order.
func (x *index) each(fn func(*cell)) {
	for _, s := range x.shelves {
		for _, p := range s.pages {
			for i := range p {
				if p[i].taken {
					fn(&p[i])
				}
			}
		}
	}
}

// occurring returns the counts of free digits of the keys, a bit each.
func (x *index) occurring() uint16 {
	if x == nil {
		return 0
	}
	var set uint16
	for free, n := range x.frees {
		if n > 0 {
			set |= 1 << free
		}
	}
	return set
}

// apply returns x as changes leave it, nil when no key is left.
func (x *index) apply(changes []Change) *index {
	if len(changes) == 0 {
		return x
	}
	if x == nil {
		x = newIndex(0)
	}
	var next *index
	if most := x.total + len(changes); most > x.room() {
		next = x.grown(most)
	} else {
		copied := *x
		next = &copied
		next.shelves = append([]*shelf(nil), x.shelves...)
		next.made = make([]bool, len(x.shelves))
	}
	for _, c := range changes {
		if c.Delete {
			next.remove(c.Key)
		} else {
			next.set(c.Key, c.Value)
		}
	}
	if next.total == 0 {
		return nil
	}
	next.made = nil
	return next
}

// grown returns a copy with room for n keys, still to be changed.
func (x *index) grown(n int) *index {
	next := newIndex(n)
	x.each(func(c *cell) { next.set(c.key(), c.value) })
	return next
}

// mine returns a shelf and one of its pages, made so that they can be changed.
func (x *index) mine(i, j uint64) (*shelf, page) {
	if !x.made[i] {
		copied := *x.shelves[i]
		copied.made = 0
		x.shelves[i], x.made[i] = &copied, true
	}
	s := x.shelves[i]
	if s.made>>j&1 == 0 {
		p := make(page, pageCells)
		copy(p, s.pages[j])
		s.pages[j] = p
		s.made |= 1 << j
	}
	return s, s.pages[j]
}

func (x *index) set(key Key, value Value) {
	h := x.spread(key)
	i, j := x.place(h)
	s, p := x.mine(i, j)
	c := p.find(h, key)
	if c.taken {
		c.value = value
		return
	}
	if s.keys[j] == pageFull {
		// The keys fell very unevenly on the pages.
		*x = *x.grown(x.room() + 1)
		x.set(key, value)
		return
	}
	*c = cell{first: key.First, free: key.Free, taken: true, value: value}
	s.keys[j]++
	x.count(key, 1)
}

func (x *index) remove(key Key) {
	h := x.spread(key)
	if _, ok := x.get(key); !ok {
		return
	}
	i, j := x.place(h)
	s, p := x.mine(i, j)
	gap := h % pageCells
	for p[gap].key() != key {
		gap = (gap + 1) % pageCells
	}
	// What stands behind the gap and was kept from it by what stood there moves
	// up, so that searches go on to end at the first empty cell.
	for at := (gap + 1) % pageCells; p[at].taken; at = (at + 1) % pageCells {
		if home := x.spread(p[at].key()); (at-home)%pageCells >= (at-gap)%pageCells {
			p[gap] = p[at]
			gap = at
		}
	}
	p[gap] = cell{}
	s.keys[j]--
	x.count(key, -1)
}

// count notes that there is a key more or less.
func (x *index) count(key Key, by int) {
	x.total += by
	if key.Free > maxFree {
		key.Free = 0
	}
	x.frees[key.Free] += by
}
