package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"sync/atomic"
)

// MaxBlock is the greatest number of entries in a block whose first numbers
// differ. A block whose entries share the first number has at most 256.
const MaxBlock = 128

// keyBits is the length of the radix: the bits of a first number.
const keyBits = 64

// tail is what an entry has after its first number: free digits and value.
type tail struct {
	free  uint8
	value Value
}

// node is a subtree that is never empty: a block, or a node proper with two
// children. It never changes once another goroutine can see it, but for the
// hash, which is filled in when first asked for.
//
// The fields are in the order in which a look-up reads them, and a node is 96
// bytes, so that a step down touches one cache line.
type node struct {
	kids   [2]*node // of a block, the block itself twice: see descend
	shift  uint8    // 63 − bits: brings the deciding bit of a number to the right
	height uint8    // steps down to the deepest block, 0 in a block
	bits   uint8    // length of the longest common prefix; 64 when all is shared
	count  uint32   // of entries
	slots  *slots   // of a block: where its numbers stand
	firsts []uint64 // of a block, ascending, apart from the rest for the search
	tails  []tail   // of a block, beside firsts

	prefix uint64 // the common prefix, padded with zero bits

	hash atomic.Pointer[Hash] // nil until somebody asked
}

func (n *node) isBlock() bool { return n.height == 0 }

func (n *node) size() int { return int(n.count) }

// last returns the greatest first number that can stand under n.
func (n *node) last() uint64 { return n.prefix | ^prefixMask(int(n.bits)) }

// prefixMask has its first n bits set; n is 0 to 64.
func prefixMask(n int) uint64 { return ^uint64(0) << (keyBits - uint(n)) }

// slots is a block's hash table: open addressing, at most half full, of places
// counted from 1; 0 is empty. It holds the first entry of each first number. A
// look-up reads one line of it where a binary search reads four or five of the
// numbers, each waiting for the one before.
type slots [2 * MaxBlock]uint8

func slotOf(first uint64) uint8 {
	// Multiplying by 2^64/φ spreads neighbours over the top eight bits.
	return uint8(first * 0x9E3779B97F4A7C15 >> 56)
}

func newSlots(firsts []uint64) *slots {
	s := new(slots)
	for i, first := range firsts {
		if i > 0 && first == firsts[i-1] {
			continue
		}
		at := slotOf(first)
		for s[at] != 0 {
			at++
		}
		s[at] = uint8(i + 1)
	}
	return s
}

// lookup returns the place of the first entry with the given first number.
func (n *node) lookup(first uint64) (int, bool) {
	for at := slotOf(first); ; at++ {
		i := int(n.slots[at]) - 1
		if i < 0 {
			return 0, false
		}
		if n.firsts[i] == first {
			return i, true
		}
	}
}

// newBlock takes ownership of both slices, which are not empty.
func newBlock(firsts []uint64, tails []tail) *node {
	low, high := firsts[0], firsts[len(firsts)-1]
	shared := bits.LeadingZeros64(low ^ high)
	n := &node{
		firsts: firsts,
		tails:  tails,
		slots:  newSlots(firsts),
		bits:   uint8(shared),
		prefix: low & prefixMask(shared),
		count:  uint32(len(firsts)),
	}
	n.kids = [2]*node{n, n}
	return n
}

// build returns the subtree of sorted entries, nil of none. It copies what it
// keeps.
func build(firsts []uint64, tails []tail) *node {
	if len(firsts) == 0 {
		return nil
	}
	low, high := firsts[0], firsts[len(firsts)-1]
	shared := bits.LeadingZeros64(low ^ high)
	if len(firsts) <= MaxBlock || shared == keyBits {
		return newBlock(slices.Clone(firsts), slices.Clone(tails))
	}
	mid, _ := slices.BinarySearch(firsts, high&prefixMask(shared+1))
	return newNode(shared, build(firsts[:mid], tails[:mid]), build(firsts[mid:], tails[mid:]))
}

// newNode returns the node over two subtrees that differ in bit first and
// share all before it.
func newNode(first int, zero, one *node) *node {
	return &node{
		kids:   [2]*node{zero, one},
		shift:  uint8(keyBits - 1 - first),
		bits:   uint8(first),
		prefix: zero.prefix & prefixMask(first),
		height: 1 + max(zero.height, one.height),
		count:  zero.count + one.count,
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
		return newBlock(slices.Concat(a.firsts, b.firsts), slices.Concat(a.tails, b.tails))
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
	mid := lowerBound(n.firsts, n.prefix|1<<(keyBits-1-bit))
	return build(n.firsts[:mid], n.tails[:mid]), build(n.firsts[mid:], n.tails[mid:])
}

// lowerBound returns the place of the first number that is not less than x. It
// has no branch that depends on the data: a look-up of a random number would
// mispredict half of them.
func lowerBound(sorted []uint64, x uint64) int {
	base := 0
	for n := len(sorted); n > 0; {
		half := (n + 1) / 2
		_, less := bits.Sub64(sorted[base+half-1], x, 0)
		base += half & -int(less)
		n -= half
	}
	return base
}

// find returns the place of key in a block, or the one where it would stand.
func (n *node) find(key Key) (int, bool) {
	i := lowerBound(n.firsts, key.First)
	for i < len(n.firsts) && n.firsts[i] == key.First && n.tails[i].free < key.Free {
		i++
	}
	return i, i < len(n.firsts) && n.firsts[i] == key.First && n.tails[i].free == key.Free
}

func (n *node) entry(i int) Entry {
	return NewEntry(Key{n.firsts[i], n.tails[i].free}, n.tails[i].value)
}

// sum returns the hash of n. Several goroutines may compute one hash at the
// same time; they find the same.
func (n *node) sum() Hash {
	if known := n.hash.Load(); known != nil {
		return *known
	}
	var h Hash
	if n.isBlock() {
		h = blockHash(n.firsts, n.tails)
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
func blockHash(firsts []uint64, tails []tail) Hash {
	var a accumulator
	for i, first := range firsts {
		a.add(entryHash(NewEntry(Key{first, tails[i].free}, tails[i].value)))
	}
	return wrapBlock(len(firsts), a.root())
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
