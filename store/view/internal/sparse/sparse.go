// Package sparse is a list of values by place, of which most are nothing, that is changed
// without changing what others hold: With returns another array that shares all but the way
// to the place. So a list that readers have stays as it is, at the cost of what differs.
//
// Floor 5, a room of store/view.
package sparse

import "iter"

const (
	bits  = 4
	width = 1 << bits
)

// Array has a value at every place; the zero Array has zero values alone.
type Array[T any] struct {
	root   *node[T]
	levels uint8 // of nodes above the leaves' values
}

// node has kids, or values where it is a leaf.
type node[T any] struct {
	kids   *[width]*node[T]
	values *[width]T
}

// At returns the value at a place.
func (a Array[T]) At(place uint32) (value T) {
	if uint64(place) >= 1<<(bits*a.levels) {
		return value
	}
	n := a.root
	for level := a.levels; n != nil; {
		level--
		at := place >> (bits * level) % width
		if level == 0 {
			return n.values[at]
		}
		n = n.kids[at]
	}
	return value
}

// With returns the array with another value at a place.
func (a Array[T]) With(place uint32, value T) Array[T] {
	for uint64(place) >= 1<<(bits*a.levels) {
		if a.root != nil {
			a.root = &node[T]{kids: &[width]*node[T]{a.root}}
		}
		a.levels++
	}
	if a.levels == 0 {
		a.levels = 1
	}
	a.root = a.root.with(a.levels-1, place, value)
	return a
}

func (n *node[T]) with(level uint8, place uint32, value T) *node[T] {
	at := place >> (bits * level) % width
	if level == 0 {
		var values [width]T
		if n != nil {
			values = *n.values
		}
		values[at] = value
		return &node[T]{values: &values}
	}
	var kids [width]*node[T]
	if n != nil {
		kids = *n.kids
	}
	kids[at] = kids[at].with(level-1, place, value)
	return &node[T]{kids: &kids}
}

// All yields the places near which something was put, in order, with their values.
func (a Array[T]) All() iter.Seq2[uint32, T] {
	return func(yield func(uint32, T) bool) { a.root.all(0, yield) }
}

func (n *node[T]) all(base uint32, yield func(uint32, T) bool) bool {
	switch {
	case n == nil:
		return true
	case n.values != nil:
		for i, v := range n.values {
			if !yield(base<<bits|uint32(i), v) {
				return false
			}
		}
		return true
	}
	for i, kid := range n.kids {
		if !kid.all(base<<bits|uint32(i), yield) {
			return false
		}
	}
	return true
}
