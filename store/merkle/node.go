package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"
	"sync/atomic"
)

// MaxBlock is the greatest number of entries in a block whose first numbers
// differ. A block whose entries share the first number has at most 256.
const MaxBlock = 128

// keyBits is the length of the radix: the bits of a first number.
const keyBits = 64

// item is an entry as a block holds it.
type item struct {
	first uint64
	free  uint8
	value Value
}

func (e *item) key() Key { return Key{e.first, e.free} }

func itemOf(key Key, value Value) item { return item{key.First, key.Free, value} }

// node is a subtree that is never empty: a block, or a node proper with two
// children. It never changes once another goroutine can see it, but for the
// hash, which is filled in when first asked for.
type node struct {
	bits   uint8    // length of the longest common prefix; 64 when all is shared
	count  uint32   // of entries
	prefix uint64   // the common prefix, padded with zero bits
	kids   [2]*node // nil in a block
	items  []item   // of a block, ascending

	hash atomic.Pointer[Hash] // nil until somebody asked
}

func (n *node) isBlock() bool { return n.kids[0] == nil }

// side returns the child in which first can stand, 0 or 1. n is no block.
func (n *node) side(first uint64) uint64 { return first >> (keyBits - 1 - n.bits) & 1 }

func (n *node) size() int { return int(n.count) }

// last returns the greatest first number that can stand under n.
func (n *node) last() uint64 { return n.prefix | ^prefixMask(int(n.bits)) }

// prefixMask has its first n bits set; n is 0 to 64.
func prefixMask(n int) uint64 { return ^uint64(0) << (keyBits - uint(n)) }

// newBlock takes ownership of items, which are not empty.
func newBlock(items []item) *node {
	low, high := items[0].first, items[len(items)-1].first
	shared := bits.LeadingZeros64(low ^ high)
	return &node{
		bits:   uint8(shared),
		count:  uint32(len(items)),
		prefix: low & prefixMask(shared),
		items:  items,
	}
}

// build returns the subtree of sorted entries, nil of none. It copies what it
// keeps.
func build(items []item) *node {
	if len(items) == 0 {
		return nil
	}
	low, high := items[0].first, items[len(items)-1].first
	shared := bits.LeadingZeros64(low ^ high)
	if len(items) <= MaxBlock || shared == keyBits {
		return newBlock(slices.Clone(items))
	}
	mid := lowerBound(items, high&prefixMask(shared+1))
	return newNode(shared, build(items[:mid]), build(items[mid:]))
}

// newNode returns the node over two subtrees that differ in bit first and
// share all before it.
func newNode(first int, zero, one *node) *node {
	return &node{
		bits:   uint8(first),
		count:  zero.count + one.count,
		prefix: zero.prefix & prefixMask(first),
		kids:   [2]*node{zero, one},
	}
}

// join returns the subtree of all entries of a and b, either of which may be
// nil. Every key of a is less than every key of b.
//
// This is the one place where shape is decided after a change: small results
// become one block, a shorter common prefix becomes a new node, and whatever
// is not on the seam between a and b is kept as it stands.
func join(a, b *node) *node {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	shared := min(bits.LeadingZeros64(a.prefix^b.prefix), int(a.bits), int(b.bits))
	if a.count+b.count <= MaxBlock || shared == keyBits {
		// A subtree of so few entries, or of one first number, is a block.
		return newBlock(slices.Concat(a.items, b.items))
	}
	a0, a1 := a.split(shared)
	b0, b1 := b.split(shared)
	return newNode(shared, join(a0, b0), join(a1, b1))
}

// split divides n by a bit that is not beyond the first in which its numbers
// differ. Either part may be nil.
func (n *node) split(bit int) (zero, one *node) {
	switch {
	case bit < int(n.bits):
		if n.prefix>>(keyBits-1-bit)&1 == 0 {
			return n, nil
		}
		return nil, n
	case !n.isBlock():
		return n.kids[0], n.kids[1]
	}
	mid := lowerBound(n.items, n.prefix|1<<(keyBits-1-bit))
	return build(n.items[:mid]), build(n.items[mid:])
}

// lowerBound returns the place of the first item whose number is not less than
// x.
func lowerBound(sorted []item, x uint64) int {
	return sort.Search(len(sorted), func(i int) bool { return sorted[i].first >= x })
}

// find returns the place of key in a block, or the one where it would stand.
func (n *node) find(key Key) (int, bool) {
	i := lowerBound(n.items, key.First)
	for i < len(n.items) && n.items[i].first == key.First && n.items[i].free < key.Free {
		i++
	}
	return i, i < len(n.items) && n.items[i].key() == key
}

func (n *node) entry(i int) Entry {
	return NewEntry(n.items[i].key(), n.items[i].value)
}

// sum returns the hash of n. Several goroutines may compute one hash at the
// same time; they find the same.
func (n *node) sum() Hash {
	if known := n.hash.Load(); known != nil {
		return *known
	}
	var h Hash
	if n.isBlock() {
		h = blockHash(n.items)
	} else {
		h = nodeHash(n.bits, n.prefix, n.kids[0].sum(), n.kids[1].sum())
	}
	n.hash.Store(&h)
	return h
}

// nodeHash returns SHA-256(0x01 ‖ prefix length ‖ prefix ‖ left ‖ right).
func nodeHash(length uint8, prefix uint64, left, right Hash) Hash {
	var buf [2 + 8 + 2*HashSize]byte
	buf[0], buf[1] = nodePrefix, length
	binary.BigEndian.PutUint64(buf[2:], prefix)
	copy(buf[10:], left[:])
	copy(buf[10+HashSize:], right[:])
	return sha256.Sum256(buf[:])
}

// blockHash returns SHA-256(0x02 ‖ count ‖ RFC 6962 root of the entries).
func blockHash(items []item) Hash {
	var a accumulator
	for i := range items {
		a.add(entryHash(NewEntry(items[i].key(), items[i].value)))
	}
	return wrapBlock(len(items), a.root())
}

func wrapBlock(count int, root Hash) Hash {
	var buf [3 + HashSize]byte
	buf[0] = blockPrefix
	binary.BigEndian.PutUint16(buf[1:], uint16(count))
	copy(buf[3:], root[:])
	return sha256.Sum256(buf[:])
}

// entryHash returns the RFC 6962 leaf hash of an entry.
func entryHash(e Entry) Hash {
	var buf [1 + EntrySize]byte
	buf[0] = leafPrefix
	copy(buf[1:], e[:])
	return sha256.Sum256(buf[:])
}
