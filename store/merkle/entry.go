package merkle

import (
	"cmp"
	"encoding/binary"
)

// Lengths in bytes of a list entry and its two parts.
const (
	KeySize   = 9
	ValueSize = 5
	EntrySize = KeySize + ValueSize
)

// Key says what an entry is about: the first number of a range and the count of
// digits that are free in it, none for a number alone. Keys are ordered by
// First, then Free; that is the order of their bytes.
type Key struct {
	First uint64
	Free  uint8
}

// Compare orders keys as the list does.
func (k Key) Compare(o Key) int {
	if c := cmp.Compare(k.First, o.First); c != 0 {
		return c
	}
	return cmp.Compare(k.Free, o.Free)
}

// Bytes returns First big-endian, then Free.
func (k Key) Bytes() (b [KeySize]byte) {
	binary.BigEndian.PutUint64(b[:], k.First)
	b[8] = k.Free
	return b
}

// Value is what an entry says of its key. The tree does not look into it.
type Value = [ValueSize]byte

// Entry is one entry of the list as it is hashed: key, then value. Every 14
// bytes are an Entry.
type Entry [EntrySize]byte

// NewEntry returns the entry that says value of key.
func NewEntry(key Key, value Value) (e Entry) {
	k := key.Bytes()
	copy(e[:], k[:])
	copy(e[KeySize:], value[:])
	return e
}

// Key returns what e is about.
func (e Entry) Key() Key { return Key{binary.BigEndian.Uint64(e[:]), e[8]} }

// Value returns what e says.
func (e Entry) Value() Value { return Value(e[KeySize:]) }

// Change is one step from a list to the next: key is to say Value, or, with
// Delete, nothing any more.
type Change struct {
	Key
	Value  Value
	Delete bool
}
