package merkle

import (
	"errors"
	"maps"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// TestSublistIsAListOfItsOwn checks that the hash for a prefix is the root of a
// list that holds the keys of that prefix alone.
func TestSublistIsAListOfItsOwn(t *testing.T) {
	for name, space := range keyspaces() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(30, 30))
			o := oracle{}
			o.apply(randomChanges(r, o, space, 800, 0))
			tree := Build(o.entries())
			for range 60 {
				prefix, length := space(r).First, r.IntN(65)
				part := oracle{}
				for key, value := range o {
					if bits.LeadingZeros64(key.First^prefix) >= length {
						part[key] = value
					}
				}
				got, err := tree.Sublist(prefix, length)
				if err != nil {
					t.Fatal(err)
				}
				if got.Count != len(part) || got.Hash != part.root() {
					t.Fatalf("sublist %016x/%d has %d entries and hash %s, want %d and %s", prefix, length, got.Count, got.Hash, len(part), part.root())
				}
				if got.Bits < length || bits.LeadingZeros64(got.Prefix^prefix) < length || got.Prefix&^prefixMask(got.Bits) != 0 {
					t.Fatalf("sublist %016x/%d answers for %016x/%d", prefix, length, got.Prefix, got.Bits)
				}
			}
		})
	}
}

func TestSublistRefusesLengths(t *testing.T) {
	for _, length := range []int{-1, 65} {
		if _, err := new(Tree).Sublist(0, length); err == nil {
			t.Errorf("a sublist of %d bits was given", length)
		}
	}
}

func TestFirstDifference(t *testing.T) {
	for name, space := range keyspaces() {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(30) {
				r := rand.New(rand.NewPCG(seed, 31))
				a := oracle{}
				a.apply(randomChanges(r, a, space, 1+r.IntN(900), 0))
				b := maps.Clone(a)
				b.apply(randomChanges(r, b, space, 1+r.IntN(3), 0.5))
				if seed%10 == 0 {
					b = oracle{}
				}
				compareLists(t, a, b)
				compareLists(t, b, a)
			}
		})
	}
}

func compareLists(t *testing.T, a, b oracle) {
	t.Helper()
	var first *Key
	for _, o := range []oracle{a, b} {
		for key := range o {
			if a[key] != b[key] || has(a, key) != has(b, key) {
				if first == nil || key.Compare(*first) < 0 {
					first = &key
				}
			}
		}
	}
	d, differ, err := FirstDifference(Build(a.entries()), Build(b.entries()))
	if err != nil {
		t.Fatal(err)
	}
	if differ != (first != nil) {
		t.Fatalf("differ is %v, the first key that differs %v", differ, first)
	}
	if !differ {
		return
	}
	if bits.LeadingZeros64(first.First^d.Prefix) < d.Bits {
		t.Fatalf("the first difference is %v, found %016x/%d", *first, d.Prefix, d.Bits)
	}
	if !d.A.IsBlock() || !d.B.IsBlock() || d.A.Hash == d.B.Hash {
		t.Fatalf("found %+v, want two blocks that differ", d)
	}
}

func has(o oracle, key Key) bool { _, ok := o[key]; return ok }

// countingWalker stands for a peer: each answer is a question on the wire.
type countingWalker struct {
	Walker
	asked int
}

func (w *countingWalker) Sublist(prefix uint64, bits int) (Sublist, error) {
	w.asked++
	return w.Walker.Sublist(prefix, bits)
}

func TestFirstDifferenceAsksLittle(t *testing.T) {
	tree := benchTree(100_000)
	changed := tree.Apply([]Change{{Key: Key{number13 | 8615000000001, 0}, Value: Value{9}}})
	peer := &countingWalker{Walker: changed}
	if _, differ, err := FirstDifference(tree, peer); err != nil || !differ {
		t.Fatal(differ, err)
	}
	if peer.asked > 40 {
		t.Errorf("%d questions to find one block of a thousand", peer.asked)
	}
}

// falseWalker answers as told, whatever is asked after the root.
type falseWalker struct {
	Walker
	answer func(prefix uint64, bits int) (Sublist, error)
}

func (w falseWalker) Sublist(prefix uint64, bits int) (Sublist, error) {
	if bits > 0 {
		return w.answer(prefix, bits)
	}
	s, err := w.Walker.Sublist(prefix, bits)
	s.Hash[0] ^= 1
	return s, err
}

func TestFirstDifferenceRefusesLiars(t *testing.T) {
	tree := benchTree(5000)
	gone := errors.New("peer is gone")
	cases := map[string]func(uint64, int) (Sublist, error){
		"an error":         func(uint64, int) (Sublist, error) { return Sublist{}, gone },
		"the root again":   func(uint64, int) (Sublist, error) { return tree.Sublist(0, 0) },
		"another prefix":   func(p uint64, n int) (Sublist, error) { return tree.Sublist(^p, n) },
		"65 bits":          func(p uint64, _ int) (Sublist, error) { return Sublist{Prefix: p, Bits: 65, Count: 200}, nil },
		"fewer than none":  func(p uint64, n int) (Sublist, error) { return Sublist{Prefix: p, Bits: n, Count: -1}, nil },
		"none with a hash": func(p uint64, n int) (Sublist, error) { return Sublist{Prefix: p, Bits: n, Hash: Hash{1}}, nil },
		"equal halves":     tree.Sublist,
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			liar := falseWalker{tree, answer}
			if _, differ, err := FirstDifference(tree, liar); err == nil {
				t.Errorf("found %v without an error", differ)
			}
			if _, differ, err := FirstDifference(liar, tree); err == nil {
				t.Errorf("the other way round found %v without an error", differ)
			}
		})
	}
}
