package merkle

import (
	"slices"
	"sort"
)

// merger applies changes to subtrees. Its items are scratch space for one block
// at a time, kept from block to block.
type merger struct{ items []item }

// apply returns n as changes leave it, n itself when they change nothing.
// Changes are strictly ascending; n may be nil, and so may the result.
func (m *merger) apply(n *node, changes []Change) *node {
	switch {
	case len(changes) == 0:
		return n
	case n == nil:
		return m.merge(nil, changes)
	case n.isBlock():
		return m.merge(n, changes)
	}
	// Changes before and after the numbers that can stand under n shorten the
	// prefix: they become subtrees beside it.
	from := changesBefore(changes, n.prefix)
	to := len(changes)
	if end := n.last() + 1; end != 0 {
		to = changesBefore(changes, end)
	}
	mid := from + changesBefore(changes[from:to], n.prefix|1<<(keyBits-1-n.bits))

	zero := m.apply(n.kids[0], changes[from:mid])
	one := m.apply(n.kids[1], changes[mid:to])
	if zero != n.kids[0] || one != n.kids[1] {
		n = join(zero, one)
	}
	below := m.merge(nil, changes[:from])
	above := m.merge(nil, changes[to:])
	return join(join(below, n), above)
}

// changesBefore counts the changes whose first number is less than first.
func changesBefore(changes []Change, first uint64) int {
	return sort.Search(len(changes), func(i int) bool { return changes[i].First >= first })
}

// merge returns the subtree of a block as changes leave it, or of the changes
// alone when the block is nil.
func (m *merger) merge(block *node, changes []Change) *node {
	m.items = m.items[:0]
	changed := false
	i, count := 0, 0
	if block != nil {
		count = block.size()
	}
	for _, c := range changes {
		for i < count && block.items[i].key().Compare(c.Key) < 0 {
			m.items = append(m.items, block.items[i])
			i++
		}
		next := itemOf(c.Key, c.Value)
		if i < count && block.items[i].key() == c.Key {
			changed = changed || c.Delete || block.items[i] != next
			i++
		} else {
			changed = changed || !c.Delete
		}
		if !c.Delete {
			m.items = append(m.items, next)
		}
	}
	if !changed {
		return block
	}
	if block != nil {
		m.items = append(m.items, block.items[i:]...)
	}
	return build(m.items)
}

// ascending returns changes in the order that apply needs: as they are when
// they are in it, else sorted in a copy, where of several changes of one key
// the last stands.
func ascending(changes []Change) []Change {
	inOrder := true
	for i := 1; i < len(changes) && inOrder; i++ {
		inOrder = changes[i-1].Key.Compare(changes[i].Key) < 0
	}
	if inOrder {
		return changes
	}
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b Change) int { return a.Key.Compare(b.Key) })
	kept := sorted[:0]
	for i, c := range sorted {
		if i+1 < len(sorted) && sorted[i+1].Key == c.Key {
			continue
		}
		kept = append(kept, c)
	}
	return kept
}
