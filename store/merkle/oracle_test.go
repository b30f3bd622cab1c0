package merkle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// oracle is the list as a plain map, with a root computed from nothing each
// time, straight from the words of the format: slow and obvious.
type oracle map[Key]Value

func (o oracle) entries() []Entry {
	var all []Entry
	for key, value := range o {
		all = append(all, NewEntry(key, value))
	}
	slices.SortFunc(all, func(a, b Entry) int { return bytes.Compare(a[:], b[:]) })
	return all
}

func (o oracle) apply(changes []Change) {
	for _, c := range changes {
		if c.Delete {
			delete(o, c.Key)
		} else {
			o[c.Key] = c.Value
		}
	}
}

func (o oracle) root() Hash { return oracleRoot(o.entries()) }

func oracleRoot(entries []Entry) Hash {
	if len(entries) == 0 {
		return Hash{}
	}
	bit := 0
	for bit < 64 && !slices.ContainsFunc(entries, func(e Entry) bool { return bitOf(e, bit) != bitOf(entries[0], bit) }) {
		bit++
	}
	if len(entries) <= 128 || bit == 64 {
		count := binary.BigEndian.AppendUint16(nil, uint16(len(entries)))
		return hashOf([]byte{2}, count, oracleRFC(entries))
	}
	var prefix [8]byte
	for i := range bit {
		prefix[i/8] |= bitOf(entries[0], i) << (7 - i%8)
	}
	split := 0
	for bitOf(entries[split], bit) == 0 {
		split++
	}
	left, right := oracleRoot(entries[:split]), oracleRoot(entries[split:])
	return hashOf([]byte{1, byte(bit)}, prefix[:], left[:], right[:])
}

func oracleRFC(entries []Entry) []byte {
	var h Hash
	if len(entries) == 1 {
		h = hashOf([]byte{0}, entries[0][:])
		return h[:]
	}
	k := 1
	for k*2 < len(entries) {
		k *= 2
	}
	h = hashOf([]byte{1}, oracleRFC(entries[:k]), oracleRFC(entries[k:]))
	return h[:]
}

func bitOf(e Entry, bit int) byte { return e[bit/8] >> (7 - bit%8) & 1 }

func hashOf(parts ...[]byte) Hash { return sha256.Sum256(bytes.Join(parts, nil)) }

// keyspace draws keys of one character: how they cluster decides which shapes
// a test sees.
type keyspace func(*rand.Rand) Key

// The bits above the digits of a number stand for its length, as in real keys.
const number13 = 13 << 50

func keyspaces() map[string]keyspace {
	return map[string]keyspace{
		"numbers": func(r *rand.Rand) Key { return Key{First: number13 | 8613000000000 + r.Uint64N(1_000_000_000)} },
		"dense":   func(r *rand.Rand) Key { return Key{First: number13 | 8613800138000 + r.Uint64N(1500)} },
		"whole":   func(r *rand.Rand) Key { return Key{First: r.Uint64(), Free: uint8(r.UintN(3))} },
		"one first number": func(r *rand.Rand) Key {
			return Key{First: number13 | 8613800138000 + r.Uint64N(2), Free: uint8(r.UintN(256))}
		},
		"ends": func(r *rand.Rand) Key {
			return Key{First: -(r.Uint64N(2)) ^ r.Uint64N(200), Free: uint8(r.UintN(2))}
		},
		"clusters": func(r *rand.Rand) Key {
			return Key{First: r.Uint64N(5)<<(r.Uint64N(4)*16) | r.Uint64N(150), Free: uint8(r.UintN(2))}
		},
		"ranges": func(r *rand.Rand) Key {
			free := r.UintN(7)
			pow := uint64(1)
			for range free {
				pow *= 10
			}
			return Key{First: number13 | (8613800000000+r.Uint64N(10_000_000))/pow*pow, Free: uint8(free)}
		},
	}
}

func randomValue(r *rand.Rand) Value {
	return Value{byte(r.UintN(3)), byte(r.UintN(7)), 0, byte(r.UintN(4)), 0}
}

// randomChanges returns an ascending batch, some of it deletions of what is
// there.
func randomChanges(r *rand.Rand, o oracle, space keyspace, n int, deletions float64) []Change {
	listed := o.entries()
	var changes []Change
	for range n {
		c := Change{Key: space(r), Value: randomValue(r)}
		if r.Float64() < deletions {
			c.Delete = true
			if len(listed) > 0 && r.UintN(10) > 0 {
				c.Key = listed[r.IntN(len(listed))].Key()
			}
		}
		changes = append(changes, c)
	}
	return ascending(changes)
}

// checkTree compares everything that can be asked of t with o.
func checkTree(t *testing.T, tree *Tree, o oracle) {
	t.Helper()
	if got, want := tree.Root(), o.root(); got != want {
		t.Fatalf("root of %d entries is %s, want %s", len(o), got, want)
	}
	if tree.Len() != len(o) {
		t.Fatalf("Len is %d, want %d", tree.Len(), len(o))
	}
	want := o.entries()
	for _, e := range want {
		if value, found := tree.Get(e.Key()); !found || value != e.Value() {
			t.Fatalf("Get(%v) = %v, %v, want %v", e.Key(), value, found, e.Value())
		}
	}
	i := 0
	for key, value := range tree.All() {
		if i == len(want) || NewEntry(key, value) != want[i] {
			t.Fatalf("entry %d is % x, want the sorted entries", i, NewEntry(key, value))
		}
		i++
	}
	if i != len(want) {
		t.Fatalf("All yielded %d entries, want %d", i, len(want))
	}
}
