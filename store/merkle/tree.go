package merkle

import (
	"iter"
	"math/bits"
)

// maxFree is the greatest count of free digits that a look-up asks for; no
// telephone number has more digits than that.
const maxFree = 15

// Tree is a list: a map from keys to values with one hash over all of it. It
// never changes; Apply returns another. Trees share what they have in common,
// so keeping an old one costs what has changed since. All methods may be called
// by any number of goroutines at once. The zero Tree and the nil Tree are the
// empty list.
type Tree struct {
	root *node

	// The same entries once more, for look-ups alone. A longest match asks for
	// a key of each count of free digits; the few ranges of 1 to maxFree of them
	// stand apart, where they stay in the caches.
	numbers, ranges *index
	filter          *filter // over the keys in ranges; nil when there are none
}

// Build returns the list of the given entries. They are best given strictly
// ascending by key; else they are sorted first, and of several with one key the
// last stands.
func Build(entries []Entry) *Tree {
	return Collect(func(yield func(Key, Value) bool) {
		for _, e := range entries {
			if !yield(e.Key(), e.Value()) {
				return
			}
		}
	})
}

// collectChunk is how many entries Collect holds outside the tree: enough to
// make joining chunks cheap, and little memory.
const collectChunk = 1 << 14

// Collect returns the list of the entries of seq, as Build does, without
// holding them twice.
func Collect(seq iter.Seq2[Key, Value]) *Tree {
	var m merger
	var root *node
	chunk := make([]Change, 0, collectChunk)
	for key, value := range seq {
		chunk = append(chunk, Change{Key: key, Value: value})
		if len(chunk) == cap(chunk) {
			root = m.apply(root, ascending(chunk))
			chunk = chunk[:0]
		}
	}
	t := &Tree{root: m.apply(root, ascending(chunk))}
	t.numbers = newIndex(t.Len())
	var ofRanges []Change
	for key, value := range t.All() {
		if isRange(key) {
			ofRanges = append(ofRanges, Change{Key: key, Value: value})
		} else {
			t.numbers.set(key, value)
		}
	}
	t.numbers.made = nil
	t.ranges = t.ranges.apply(ofRanges)
	t.filter = t.filter.after(ofRanges, t.ranges)
	return t
}

// Apply returns the list as changes leave it, and t itself when they change
// nothing. Deleting what is not there changes nothing. Changes are best given
// strictly ascending by key; else they are sorted in a copy first, and of
// several with one key the last stands. The cost is that of the blocks and pages
// touched and of the paths to them, and now and then that of a new index (see
// index); nothing is hashed.
func (t *Tree) Apply(changes []Change) *Tree {
	if t == nil {
		t = new(Tree)
	}
	changes = ascending(changes)
	var m merger
	root := m.apply(t.root, changes)
	if root == t.root {
		return t
	}
	var ofNumbers, ofRanges []Change
	for _, c := range changes {
		if isRange(c.Key) {
			ofRanges = append(ofRanges, c)
		} else {
			ofNumbers = append(ofNumbers, c)
		}
	}
	next := &Tree{root: root, numbers: t.numbers.apply(ofNumbers), ranges: t.ranges.apply(ofRanges)}
	next.filter = t.filter.after(ofRanges, next.ranges)
	return next
}

// isRange reports whether key belongs into the index of ranges.
func isRange(key Key) bool { return key.Free > 0 && key.Free <= maxFree }

// Len returns the number of entries.
func (t *Tree) Len() int {
	if t == nil || t.root == nil {
		return 0
	}
	return t.root.size()
}

// Frees returns the counts of free digits that occur: bit i is set when some
// entry has i, for i from 1 to 15, and bit 0 when there are any others. A
// longest match need ask only for keys of these counts.
func (t *Tree) Frees() uint16 {
	if t == nil {
		return 0
	}
	return t.numbers.occurring() | t.ranges.occurring()
}

// Get returns what the list says of key. It does not allocate and does not
// look at hashes.
func (t *Tree) Get(key Key) (Value, bool) {
	switch {
	case t == nil:
		return Value{}, false
	case !isRange(key):
		return t.numbers.get(key)
	case t.filter.mayHave(key):
		return t.ranges.get(key)
	}
	return Value{}, false
}

// Root returns the list root: 32 zero bytes for the empty list. The first call
// hashes what is new since the Trees that this one came from were asked; after
// that it costs nothing. It may be called at any time, also while others read.
func (t *Tree) Root() Hash {
	if t == nil || t.root == nil {
		return Hash{}
	}
	return t.root.sum()
}

// All yields every entry, ascending by key.
func (t *Tree) All() iter.Seq2[Key, Value] { return t.From(Key{}) }

// From yields the entries whose key is not less than start, ascending.
func (t *Tree) From(start Key) iter.Seq2[Key, Value] {
	return func(yield func(Key, Value) bool) {
		if t != nil && t.root != nil {
			t.root.each(start, yield)
		}
	}
}

// each yields the entries of n from start on and reports whether to go on.
func (n *node) each(start Key, yield func(Key, Value) bool) bool {
	if n.last() < start.First {
		return true
	}
	if !n.isBlock() {
		return n.kids[0].each(start, yield) && n.kids[1].each(start, yield)
	}
	i, _ := n.find(start)
	for ; i < n.size(); i++ {
		if !yield(n.items[i].key(), n.items[i].value) {
			return false
		}
	}
	return true
}

// under returns the subtree of all keys whose first number begins with the
// given bits of prefix, which may be a part of a block cut out for the purpose;
// nil when there is none.
func (t *Tree) under(prefix uint64, length int) *node {
	if t == nil || t.root == nil {
		return nil
	}
	n := t.root
	for !n.isBlock() && int(n.bits) < length {
		n = n.kids[n.side(prefix)]
	}
	if int(n.bits) >= length {
		if bits.LeadingZeros64(n.prefix^prefix) < length {
			return nil
		}
		return n
	}
	mask := prefixMask(length)
	from := lowerBound(n.items, prefix&mask)
	to := n.size()
	if end := prefix | ^mask; end != ^uint64(0) {
		to = lowerBound(n.items, end+1)
	}
	return build(n.items[from:to])
}
