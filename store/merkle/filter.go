package merkle

import "math/bits"

// filter is a Bloom filter of one bit a key over the keys with free digits. A
// longest match asks for a range of each length and nearly always finds none;
// the filter answers that from one word, without a branch that the processor
// cannot foresee. A filter never changes once a Tree holds it.
type filter struct {
	words []uint64
	shift uint8 // 64 − log2 of the bits
	keys  int   // added so far, those deleted or added twice since included
}

// filterBits is how many bits a key gets: at most one in so many answers is
// "maybe" for a key that is not there.
const filterBits = 32

// minFilterKeys is the least number of keys that a filter has room for.
const minFilterKeys = 256

// newFilter returns an empty filter with room for at least n keys.
func newFilter(n int) *filter {
	log := bits.Len(uint(max(n, minFilterKeys)*filterBits - 1))
	return &filter{words: make([]uint64, 1<<log/64), shift: uint8(64 - log)}
}

func (f *filter) bit(key Key) uint64 {
	return (key.First ^ uint64(key.Free)<<56) * 0x9E3779B97F4A7C15 >> (f.shift & 63)
}

// mayHave is true of every key that was added and of few others.
func (f *filter) mayHave(key Key) bool {
	if f == nil {
		return false
	}
	bit := f.bit(key)
	return f.words[bit/64]>>(bit%64)&1 == 1
}

func (f *filter) add(key Key) {
	bit := f.bit(key)
	f.words[bit/64] |= 1 << (bit % 64)
	f.keys++
}

// full reports that n more keys would make the filter answer "maybe" too often.
func (f *filter) full(n int) bool { return (f.keys+n)*filterBits > len(f.words)*64 }

// after returns the filter over ranges, which are those that f is over as
// changed. Keys that are gone stay in a filter until it is full and made anew
// from what is there; so the cost for a change is constant over time, but for
// copying four bytes a range.
func (f *filter) after(changed []Change, ranges *index) *filter {
	switch {
	case ranges == nil:
		return nil
	case len(changed) == 0:
		return f
	case f == nil || f.full(len(changed)):
		fresh := newFilter(2 * ranges.total)
		ranges.each(func(c *cell) { fresh.add(Key{c.first, c.free}) })
		return fresh
	}
	next := &filter{words: append([]uint64(nil), f.words...), shift: f.shift, keys: f.keys}
	for _, c := range changed {
		if !c.Delete {
			next.add(c.Key)
		}
	}
	return next
}
