// Package ordered is a sorted map that never changes.
//
// A constitution has a version for each motion that changed it, and all of them are
// asked: an old statement is judged by the one under which it was anchored. So a version
// must cost what changed in it and not what it holds. Set and Delete return another map
// that shares all but a short path with the one before; both stay valid, for any number
// of readers.
//
// It is a weight-balanced tree (S. Adams, "Efficient sets: a balancing act", 1993; the
// figures 3 and 2 after Hirai and Yamamoto, 2011), which knows ranks for nothing. It
// stands on charter's floor, as its room.
package ordered

import "iter"

// Map is a sorted map. New makes one; the zero Map is empty and takes nothing.
type Map[K, V any] struct {
	root    *node[K, V]
	compare func(a, b K) int
}

type node[K, V any] struct {
	left, right *node[K, V]
	size        int
	key         K
	value       V
}

// New returns an empty map whose keys are in the order of compare, which is negative, 0
// or positive as a comes before, with or after b.
func New[K, V any](compare func(a, b K) int) Map[K, V] { return Map[K, V]{compare: compare} }

// Len returns how many keys there are.
func (m Map[K, V]) Len() int { return m.root.len() }

// Get returns the value of a key.
func (m Map[K, V]) Get(key K) (value V, ok bool) {
	for n := m.root; n != nil; {
		switch c := m.compare(key, n.key); {
		case c < 0:
			n = n.left
		case c > 0:
			n = n.right
		default:
			return n.value, true
		}
	}
	return value, false
}

// Rank returns how many keys come before key, which need not be there.
func (m Map[K, V]) Rank(key K) (before int) {
	for n := m.root; n != nil; {
		switch c := m.compare(key, n.key); {
		case c < 0:
			n = n.left
		case c > 0:
			before += n.left.len() + 1
			n = n.right
		default:
			return before + n.left.len()
		}
	}
	return before
}

// Floor returns the value of the last key that does not come after key.
func (m Map[K, V]) Floor(key K) (value V, ok bool) {
	for n := m.root; n != nil; {
		if m.compare(key, n.key) < 0 {
			n = n.left
			continue
		}
		value, ok = n.value, true
		n = n.right
	}
	return value, ok
}

// All yields the keys in order, with their values.
func (m Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.root.walk(yield) }
}

// From yields what does not come before key, in order.
func (m Map[K, V]) From(key K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.from(m.root, key, yield) }
}

func (m Map[K, V]) from(n *node[K, V], key K, yield func(K, V) bool) bool {
	if n == nil {
		return true
	}
	if m.compare(n.key, key) < 0 {
		return m.from(n.right, key, yield)
	}
	return m.from(n.left, key, yield) && yield(n.key, n.value) && n.right.walk(yield)
}

func (n *node[K, V]) walk(yield func(K, V) bool) bool {
	return n == nil || n.left.walk(yield) && yield(n.key, n.value) && n.right.walk(yield)
}

// Set returns the map with a key's value, in place of one that it may have had.
func (m Map[K, V]) Set(key K, value V) Map[K, V] {
	return Map[K, V]{m.set(m.root, key, value), m.compare}
}

func (m Map[K, V]) set(n *node[K, V], key K, value V) *node[K, V] {
	if n == nil {
		return &node[K, V]{size: 1, key: key, value: value}
	}
	switch c := m.compare(key, n.key); {
	case c < 0:
		return n.with(m.set(n.left, key, value), n.right)
	case c > 0:
		return n.with(n.left, m.set(n.right, key, value))
	}
	return &node[K, V]{n.left, n.right, n.size, key, value}
}

// Delete returns the map without a key.
func (m Map[K, V]) Delete(key K) Map[K, V] {
	if _, ok := m.Get(key); !ok {
		return m
	}
	return Map[K, V]{m.delete(m.root, key), m.compare}
}

func (m Map[K, V]) delete(n *node[K, V], key K) *node[K, V] {
	switch c := m.compare(key, n.key); {
	case c < 0:
		return n.with(m.delete(n.left, key), n.right)
	case c > 0:
		return n.with(n.left, m.delete(n.right, key))
	case n.left == nil:
		return n.right
	case n.right == nil:
		return n.left
	}
	first := n.right
	for first.left != nil {
		first = first.left
	}
	return first.with(n.left, m.delete(n.right, first.key))
}

func (n *node[K, V]) len() int {
	if n == nil {
		return 0
	}
	return n.size
}

// over returns a node of n's key over two trees, whose sizes fit.
func (n *node[K, V]) over(left, right *node[K, V]) *node[K, V] {
	return &node[K, V]{left, right, left.len() + right.len() + 1, n.key, n.value}
}

// No tree is more than widest times as heavy as its sibling; of the two rotations the
// single one is taken while the inner grandchild is lighter than inner times the outer.
const (
	widest = 3
	inner  = 2
)

// with returns a node of n's key over two trees of which one gained or lost a key.
func (n *node[K, V]) with(left, right *node[K, V]) *node[K, V] {
	l, r := left.len()+1, right.len()+1
	switch {
	case r > widest*l:
		if right.left.len()+1 < inner*(right.right.len()+1) {
			return right.over(n.over(left, right.left), right.right)
		}
		middle := right.left
		return middle.over(n.over(left, middle.left), right.over(middle.right, right.right))
	case l > widest*r:
		if left.right.len()+1 < inner*(left.left.len()+1) {
			return left.over(left.left, n.over(left.right, right))
		}
		middle := left.right
		return middle.over(left.over(left.left, middle.left), n.over(middle.right, right))
	}
	return n.over(left, right)
}
