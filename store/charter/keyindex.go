package charter

import (
	"cmp"

	"ringfence/store/charter/article"
	"ringfence/store/charter/ordered"
	"ringfence/store/number"
)

// keyIndex finds the longest prefix of a key among ranges. A range of any
// length is entered once for each length, so that one look-up a prefix length
// in use answers. It never changes: add and remove return another.
type keyIndex[V any] struct {
	at    ordered.Map[number.Range, V]
	frees [number.MaxDigits]uint16 // how many keys have so many free digits
}

func newKeyIndex[V any]() keyIndex[V] {
	return keyIndex[V]{at: ordered.New[number.Range, V](widerFirst)}
}

// add enters an encoded range that was found to be one. The first of equal keys stays.
func (x keyIndex[V]) add(encoded []byte, value V) keyIndex[V] {
	for key := range keysOf(encoded) {
		if _, taken := x.at.Get(key); !taken {
			x.at = x.at.Set(key, value)
			x.frees[key.Free()]++
		}
	}
	return x
}

// remove takes out an encoded range that overlaps no other.
func (x keyIndex[V]) remove(encoded []byte) keyIndex[V] {
	for key := range keysOf(encoded) {
		x.at = x.at.Delete(key)
		x.frees[key.Free()]--
	}
	return x
}

// keysOf yields the list keys of an encoded range; nothing if it is none.
func keysOf(encoded []byte) func(func(number.Range) bool) {
	r, err := article.ParseRange(encoded)
	if err != nil {
		return func(func(number.Range) bool) {}
	}
	return r.Keys()
}

// widerFirst orders keys by their first numbers, then by size.
func widerFirst(a, b number.Range) int {
	if c := a.First().Compare(b.First()); c != 0 {
		return c
	}
	return cmp.Compare(b.Free(), a.Free())
}

// inside returns the keys that lie inside the key r, r itself not among them, a
// wider one before those inside it.
func (x *keyIndex[V]) inside(r number.Range) []number.Range {
	if r.Free() == 0 {
		return nil
	}
	var all []number.Range
	last := r.Last()
	for key := range x.at.From(r) {
		if key.First().Compare(last) > 0 {
			break
		}
		if key != r {
			all = append(all, key)
		}
	}
	return all
}

// find returns the value of the longest prefix that covers the key r.
func (x *keyIndex[V]) find(r number.Range) (value V, ok bool) {
	_, value, ok = x.covering(r)
	return value, ok
}

// covering returns the longest prefix that covers the key r, and its value.
func (x *keyIndex[V]) covering(r number.Range) (around number.Range, value V, ok bool) {
	n := r.First()
	for free := r.Free(); free < number.MaxDigits; free++ {
		if x.frees[free] == 0 {
			continue
		}
		around, ok := n.Enclosing(free)
		if !ok {
			break
		}
		if value, ok := x.at.Get(around); ok {
			return around, value, true
		}
	}
	return number.Range{}, value, false
}
