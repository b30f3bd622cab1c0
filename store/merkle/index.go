package merkle

import (
	"math/bits"
	"math/rand/v2"
)

// index finds values by key. It is a hash table made for memory that is slow: a
// key's hash chooses a page from an array that stays in the processor's caches
// and a cell of the page at which a search begins, so that nearly every search
// goes to memory once.
//
// An index never changes once a Tree holds it. The next one shares with it
// every page in which nothing changed, and has an array of pages of its own:
// two tenths of a byte to copy for each key.
type index struct {
	pages []page  // a power of two
	keys  []uint8 // how many each page has
	shift uint8   // 64 − log2 of the pages
	total int
	seed  uint64           // see spread
	frees [maxFree + 1]int // keys by free digits; those of more count as 0

	made []bool // while the index is made: pages that no other index has
}

const (
	pageCells = 128

	// pageKeys is how many keys pages have on average when they are doubled,
	// and pageFull how many one may have: more than five standard deviations
	// above, and always an empty cell at which a search ends.
	pageKeys = 72
	pageFull = 120
)

// page is a table of its own with open addressing.
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
	log := max(bits.Len(uint(max(n-1, 0)/pageKeys)), 1)
	x := &index{
		pages: make([]page, 1<<log),
		keys:  make([]uint8, 1<<log),
		made:  make([]bool, 1<<log),
		shift: uint8(64 - log),
		seed:  rand.Uint64(),
	}
	for i := range x.pages {
		x.pages[i], x.made[i] = make(page, pageCells), true
	}
	return x
}

// get returns the value of key.
func (x *index) get(key Key) (Value, bool) {
	if x == nil {
		return Value{}, false
	}
	h := x.spread(key)
	c := x.pages[h>>(x.shift&63)].find(h, key)
	return c.value, c.taken
}

// find returns the cell of key, whose hash is h, or the empty one in which it
// would stand.
func (p page) find(h uint64, key Key) *cell {
	for ; ; h++ {
		c := &p[h%pageCells]
		if !c.taken || c.first == key.First && c.free == key.Free {
			return c
		}
	}
}

// each calls fn for every key, in no order.
func (x *index) each(fn func(*cell)) {
	for _, p := range x.pages {
		for i := range p {
			if p[i].taken {
				fn(&p[i])
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
	if most := x.total + len(changes); most > len(x.pages)*pageKeys {
		next = x.grown(most)
	} else {
		copied := *x
		next = &copied
		next.pages = append([]page(nil), x.pages...)
		next.keys = append([]uint8(nil), x.keys...)
		next.made = make([]bool, len(x.pages))
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

// mine returns page i, made so that it can be changed.
func (x *index) mine(i uint64) page {
	if !x.made[i] {
		x.pages[i], x.made[i] = append(page(nil), x.pages[i]...), true
	}
	return x.pages[i]
}

func (x *index) set(key Key, value Value) {
	h := x.spread(key)
	i := h >> x.shift
	c := x.mine(i).find(h, key)
	if c.taken {
		c.value = value
		return
	}
	if x.keys[i] == pageFull {
		// The keys fell very unevenly on the pages.
		*x = *x.grown(len(x.pages)*pageKeys + 1)
		x.set(key, value)
		return
	}
	*c = cell{first: key.First, free: key.Free, taken: true, value: value}
	x.count(i, key, 1)
}

func (x *index) remove(key Key) {
	h := x.spread(key)
	i := h >> x.shift
	if !x.pages[i].find(h, key).taken {
		return
	}
	p := x.mine(i)
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
	x.count(i, key, -1)
}

// count notes that page i has a key more or less.
func (x *index) count(i uint64, key Key, by int) {
	x.keys[i] += uint8(by)
	x.total += by
	if key.Free > maxFree {
		key.Free = 0
	}
	x.frees[key.Free] += by
}
