package number

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// KeySize is the length of an encoded Range: the first Number and the count of
// free digits.
const KeySize = 9

// anyLength in the place of the free digits says that the range covers every
// length from its prefix's to 15 digits.
const anyLength = 0xFF

// Range is all numbers of one namespace and province that begin with a prefix
// and have a given length, or any length. A Number is the range without free
// digits. Ranges of a given length are the keys of the list; a range of any
// length stands for several of them (see Keys). The zero Range is none.
type Range struct {
	first Number
	free  uint8
}

// NewRange returns the range of numbers that begin with prefix and have free
// more digits.
func NewRange(prefix Number, free int) (Range, error) {
	if prefix.IsZero() || free < 0 || prefix.Len()+free > MaxDigits {
		return Range{}, fmt.Errorf("number: prefix of %d digits with %d free ones; a number has at most %d", prefix.Len(), free, MaxDigits)
	}
	v := prefix.v - prefix.digits() + prefix.digits()*pow10[free]
	return Range{Number{v + uint64(free)<<lengthShift}, uint8(free)}, nil
}

// NewAnyLength returns the range of all numbers that begin with prefix, of
// every length from the prefix's own to 15.
func NewAnyLength(prefix Number) Range { return Range{prefix, anyLength} }

// IsZero reports whether r is none.
func (r Range) IsZero() bool { return r.first.IsZero() }

// First returns the lowest number of r; of an any-length range, its prefix.
func (r Range) First() Number { return r.first }

// Last returns the highest number of a range of a given length.
func (r Range) Last() Number { return Number{r.first.v + pow10[r.Free()] - 1} }

// Free returns the count of free digits: 0 for a number alone, for an
// any-length range that of its longest numbers.
func (r Range) Free() int {
	if r.AnyLength() {
		return MaxDigits - r.first.Len()
	}
	return int(r.free)
}

// Size returns how many numbers of the length of First r has.
func (r Range) Size() uint64 { return pow10[r.Free()] }

// AnyLength reports whether r covers several lengths.
func (r Range) AnyLength() bool { return r.free == anyLength }

// Number returns the number that a range without free digits is.
func (r Range) Number() (Number, bool) { return r.first, r.free == 0 && !r.IsZero() }

// Compare orders ranges by their first number, then by free digits: the order
// of list entries.
func (r Range) Compare(o Range) int {
	if c := r.first.Compare(o.first); c != 0 {
		return c
	}
	return int(r.free) - int(o.free)
}

// Contains reports whether n is one of the numbers of r.
func (r Range) Contains(n Number) bool {
	if r.AnyLength() {
		extra := n.Len() - r.first.Len()
		if extra < 0 {
			return false
		}
		one, err := NewRange(r.first, extra)
		return err == nil && one.Contains(n)
	}
	return !r.IsZero() && n.v >= r.first.v && n.v-r.first.v < pow10[r.free]
}

// Covers reports whether every number of o is one of r.
func (r Range) Covers(o Range) bool {
	if r.IsZero() || o.IsZero() {
		return false
	}
	if o.AnyLength() {
		return r.AnyLength() && r.Contains(o.first)
	}
	return r.Contains(o.first) && r.Contains(o.Last())
}

// Keys yields the list keys that r stands for: itself, or for an any-length
// range one of each length, shortest first.
func (r Range) Keys() iter.Seq[Range] {
	return func(yield func(Range) bool) {
		if !r.AnyLength() {
			yield(r)
			return
		}
		for free := 0; free <= r.Free(); free++ {
			one, err := NewRange(r.first, free)
			if err != nil || !yield(one) {
				return
			}
		}
	}
}

// Bytes returns the first number's eight bytes and the free digits (0xFF for
// any length).
func (r Range) Bytes() (b [KeySize]byte) {
	binary.BigEndian.PutUint64(b[:], r.first.v)
	b[8] = r.free
	return b
}

// RangeFromBytes decodes what Bytes encodes and refuses anything else.
func RangeFromBytes(b [KeySize]byte) (Range, error) {
	n, err := FromUint64(binary.BigEndian.Uint64(b[:]))
	if err != nil {
		return Range{}, err
	}
	r := Range{n, b[8]}
	switch {
	case r.AnyLength():
	case int(r.free) >= n.Len()-n.Country().Len():
		return Range{}, fmt.Errorf("number: % x frees digits of the country code", b)
	case n.digits()%pow10[r.free] != 0:
		return Range{}, fmt.Errorf("number: % x does not begin at its range's first number", b)
	}
	return r, nil
}
