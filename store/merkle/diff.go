package merkle

import (
	"fmt"
	"math/bits"
)

// Sublist is what a list says of all keys that begin with some bits, in one
// hash. The hash is that of a list of these keys alone, so it depends on them
// and on nothing else in the list.
type Sublist struct {
	// Prefix and Bits are the longest prefix that the keys have in common,
	// padded with zero bits. Of no keys they are what was asked for.
	Prefix uint64
	Bits   int

	Count int // of entries
	Hash  Hash
}

// IsBlock reports whether the sublist is hashed as one block, or is empty: then
// it is compared entry by entry.
func (s Sublist) IsBlock() bool { return s.Count <= MaxBlock || s.Bits == keyBits }

// Walker answers what a list says of the keys that begin with the given bits of
// prefix, 0 to 64. A Tree is one; so is a peer that is asked over the network.
type Walker interface {
	Sublist(prefix uint64, bits int) (Sublist, error)
}

// Sublist implements Walker. It fails when bits is not 0 to 64.
func (t *Tree) Sublist(prefix uint64, length int) (Sublist, error) {
	if length < 0 || length > keyBits {
		return Sublist{}, fmt.Errorf("merkle: sublist of %d bits; a prefix has 0 to %d", length, keyBits)
	}
	n := t.under(prefix, length)
	if n == nil {
		return Sublist{Prefix: prefix & prefixMask(length), Bits: length}, nil
	}
	return Sublist{n.prefix, int(n.bits), n.size(), n.sum()}, nil
}

// Difference is the first place in which two lists differ, in the order of
// keys: what each says of the keys that begin with the Bits first bits of
// Prefix. At most one block of each list stands there.
type Difference struct {
	Prefix uint64
	Bits   int
	A, B   Sublist
}

// FirstDifference finds the first block in which two lists differ by walking
// down from their roots, with at most two questions to each for a bit. It
// returns false when the roots are equal. An error is a Walker's own, or says
// that a Walker contradicts itself, which a peer may do.
func FirstDifference(a, b Walker) (Difference, bool, error) {
	var at Difference
	if err := at.ask(a, b); err != nil || at.A.Hash == at.B.Hash {
		return Difference{}, false, err
	}
	for !at.A.IsBlock() || !at.B.IsBlock() {
		fork := at.fork()
		low := Difference{Prefix: fork.Prefix & prefixMask(fork.Bits), Bits: fork.Bits + 1}
		high := low
		high.Prefix |= 1 << (keyBits - 1 - fork.Bits)
		if err := low.ask(a, b); err != nil {
			return Difference{}, false, err
		}
		if low.A.Hash != low.B.Hash {
			at = low
			continue
		}
		if err := high.ask(a, b); err != nil {
			return Difference{}, false, err
		}
		if high.A.Hash == high.B.Hash {
			return Difference{}, false, fmt.Errorf("merkle: compare lists: they differ below %016x/%d and not in its halves; one of them changed or lies", at.Prefix, at.Bits)
		}
		at = high
	}
	return at, true, nil
}

// fork returns the longest prefix that the keys of both sides share: the next
// bit tells some of them apart. At least one side has keys.
func (d *Difference) fork() Sublist {
	switch {
	case d.A.Count == 0:
		return d.B
	case d.B.Count == 0:
		return d.A
	}
	shared := min(bits.LeadingZeros64(d.A.Prefix^d.B.Prefix), d.A.Bits, d.B.Bits)
	return Sublist{Prefix: d.A.Prefix, Bits: shared}
}

// ask fills in what both lists say and refuses answers to another question:
// they would lead the walk in a circle.
func (d *Difference) ask(a, b Walker) error {
	var err error
	if d.A, err = a.Sublist(d.Prefix, d.Bits); err != nil {
		return err
	}
	if d.B, err = b.Sublist(d.Prefix, d.Bits); err != nil {
		return err
	}
	for _, s := range []Sublist{d.A, d.B} {
		switch {
		case s.Bits < d.Bits, s.Bits > keyBits, s.Count < 0:
		case bits.LeadingZeros64(s.Prefix^d.Prefix) < d.Bits:
		case s.Count == 0 && !s.Hash.IsZero():
		default:
			continue
		}
		return fmt.Errorf("merkle: compare lists: asked for %016x/%d, a list answers %016x/%d with %d entries", d.Prefix, d.Bits, s.Prefix, s.Bits, s.Count)
	}
	return nil
}
