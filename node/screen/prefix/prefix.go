// Package prefix finds the number ranges that hold a number, longest first.
//
// Screening asks this of several small sets on every call: local rules, called
// numbers, protected and emergency numbers. A general radix tree would be more
// than they need; a map by range and the set of range sizes in use answers in a
// few map accesses and allocates nothing.
//
// Floor 9, part of screening. It holds no list: the harmonised list has a
// compact index of its own.
package prefix

import "ringfence/store/number"

// maxFree is the most free digits that a key can have: a range keeps at least
// one digit after its country code.
const maxFree = number.MaxDigits - 2

// Table holds values at number ranges. It keeps which counts of free digits
// occur, so that a look-up costs one map access for each of them. The zero
// Table is empty. Reading is safe for concurrent use; Put is not.
type Table[T any] struct {
	byKey map[number.Range]T
	frees uint16 // bit f: a key with f free digits is present
}

// Put sets what stands at each key that r stands for (a range of any length
// stands for one key a length), from what stood there.
func (t *Table[T]) Put(r number.Range, change func(was T) T) {
	if t.byKey == nil {
		t.byKey = make(map[number.Range]T)
	}
	for key := range r.Keys() {
		t.byKey[key] = change(t.byKey[key])
		t.frees |= 1 << key.Free()
	}
}

// Next returns what stands at the longest key that holds n and has at least
// from free digits, and the from that goes on to the next shorter key: 0 starts.
func (t *Table[T]) Next(n number.Number, from int) (value T, then int, ok bool) {
	for free := from; free <= maxFree; free++ {
		if t.frees>>free == 0 {
			break
		}
		if t.frees>>free&1 == 0 {
			continue
		}
		key, exists := n.Enclosing(free)
		if !exists {
			break
		}
		if value, ok = t.byKey[key]; ok {
			return value, free + 1, true
		}
	}
	return value, maxFree + 1, false
}

// Has reports whether a key holds n.
func (t *Table[T]) Has(n number.Number) bool {
	_, _, ok := t.Next(n, 0)
	return ok
}

// HasAny reports whether a key holds one of the numbers that r may mean.
func (t *Table[T]) HasAny(r *number.Readings) bool {
	for i := range r.Len() {
		if n, ok := r.At(i).Number(); ok && t.Has(n) {
			return true
		}
	}
	return false
}

// Set is a Table without values.
type Set = Table[struct{}]

// NewSet returns the set of the given keys.
func NewSet(keys []number.Range) Set {
	var set Set
	for _, key := range keys {
		set.Put(key, func(none struct{}) struct{} { return none })
	}
	return set
}
