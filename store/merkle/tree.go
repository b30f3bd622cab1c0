package merkle

import (
	"iter"
	"math/bits"
)

// maxFree is the greatest count of free digits with a look-up index of its own;
// no telephone number has more digits than that.
const maxFree = 15

// Tree is a list: a map from keys to values with one hash over all of it. It
// never changes; Apply returns another. Trees share what they have in common,
// so keeping an old one costs what has changed since. All methods may be called
// by any number of goroutines at once. The zero Tree and the nil Tree are the
// empty list.
type Tree struct {
	root *node

	// ranges holds the entries with i free digits once more, apart by i, for
	// look-ups alone: a longest match asks for one key of each count, and the
	// few ranges of one count are found in a tree that stays in the cache.
	ranges [maxFree + 1]*node
	filter *filter // over the keys in ranges; nil when there are none
	frees  uint16  // see Frees
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
	t := new(Tree)
	chunk := make([]Change, 0, collectChunk)
	for key, value := range seq {
		chunk = append(chunk, Change{Key: key, Value: value})
		if len(chunk) == cap(chunk) {
			t = t.Apply(chunk)
			chunk = chunk[:0]
		}
	}
	return t.Apply(chunk)
}

// Apply returns the list as changes leave it, and t itself when they change
// nothing. Deleting what is not there changes nothing. Changes are best given
// strictly ascending by key; else they are sorted in a copy first, and of
// several with one key the last stands. The cost is that of the blocks touched
// and of the paths to them; nothing is hashed.
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
	next := &Tree{root: root, ranges: t.ranges}
	var ofRanges []Change
	var byFree [maxFree + 1][]Change
	for _, c := range changes {
		if c.Free > 0 && c.Free <= maxFree {
			ofRanges = append(ofRanges, c)
			byFree[c.Free] = append(byFree[c.Free], c)
		}
	}
	for free, part := range byFree {
		next.ranges[free] = m.apply(next.ranges[free], part)
	}
	next.filter = next.filterAfter(t.filter, ofRanges)
	next.frees = next.countFrees()
	return next
}

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
	return t.frees
}

// countFrees returns what Frees does.
func (t *Tree) countFrees() uint16 {
	var set uint16
	others := t.Len()
	for free, n := range t.ranges {
		if n != nil {
			set |= 1 << free
			others -= n.size()
		}
	}
	if others > 0 {
		set |= 1
	}
	return set
}

// Get returns what the list says of key. It does not allocate and does not
// look at hashes.
func (t *Tree) Get(key Key) (Value, bool) {
	if t == nil {
		return Value{}, false
	}
	n := t.root
	if key.Free > 0 && key.Free <= maxFree {
		if t.filter == nil || !t.filter.mayHave(key) {
			return Value{}, false
		}
		n = t.ranges[key.Free]
	}
	if n == nil {
		return Value{}, false
	}
	n = n.descend(key.First)
	i, found := n.lookup(key.First)
	if found && n.items[i].free != key.Free {
		// The number has no entry of its own, or a range of more free digits
		// than any number has is meant.
		i, found = n.find(key)
	}
	if !found {
		return Value{}, false
	}
	return n.items[i].value, true
}

// descend returns the only block in which first can stand. It looks at the bits
// alone that tell children apart; whether the prefixes on the way fit is seen
// from the block. A block leads to itself, so that the count of steps is that
// of the deepest block for every number: the processor mispredicts nothing,
// and that is worth more than the steps saved.
func (n *node) descend(first uint64) *node {
	for range n.height {
		n = n.kids[first>>(n.shift&63)&1]
	}
	return n
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
		n = n.kids[prefix>>n.shift&1]
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
