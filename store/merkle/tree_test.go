package merkle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// TestRandomBatches grows and shrinks lists of every character, with roots
// taken in between or not, and compares them with the oracle and with a tree
// built from nothing. Roots in between matter: a hash that should have been
// forgotten shows only when it was known before.
func TestRandomBatches(t *testing.T) {
	for name, space := range keyspaces() {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(6) {
				r := rand.New(rand.NewPCG(seed, 2))
				o, tree := oracle{}, new(Tree)
				for step := range 40 {
					deletions := []float64{0.1, 0.9}[step/10%2]
					changes := randomChanges(r, o, space, 1+r.IntN(150), deletions)
					o.apply(changes)
					tree = tree.Apply(changes)
					if r.UintN(3) > 0 {
						checkTree(t, tree, o)
					}
				}
				if got := Build(o.entries()).Root(); got != tree.Root() {
					t.Fatalf("seed %d: built from nothing %s, by changes %s", seed, got, tree.Root())
				}
			}
		})
	}
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	for name, space := range keyspaces() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 3))
			o := oracle{}
			o.apply(randomChanges(r, o, space, 700, 0))
			want := o.root()
			entries := o.entries()
			for range 3 {
				r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
				tree := new(Tree)
				for _, e := range entries {
					tree = tree.Apply([]Change{{Key: e.Key(), Value: e.Value()}})
					if r.UintN(20) == 0 {
						tree.Root()
					}
				}
				if tree.Root() != want {
					t.Fatalf("root %s depends on the order, want %s", tree.Root(), want)
				}
				for i, e := range entries {
					tree = tree.Apply([]Change{{Key: e.Key(), Delete: true}})
					if i == len(entries)/2 {
						if got := oracleRoot(sorted(entries[i+1:])); tree.Root() != got {
							t.Fatalf("after half the deletions %s, want %s", tree.Root(), got)
						}
					}
				}
				if tree.Len() != 0 || !tree.Root().IsZero() {
					t.Fatalf("%d entries left after deleting all", tree.Len())
				}
			}
		})
	}
}

func sorted(entries []Entry) []Entry {
	o := oracle{}
	for _, e := range entries {
		o[e.Key()] = e.Value()
	}
	return o.entries()
}

// TestShorterPrefixIsHashedAnew is the mistake that the prototype made: a node
// whose prefix an insertion shortens has a new hash though none of its blocks
// changed.
func TestShorterPrefixIsHashedAnew(t *testing.T) {
	o := oracle{}
	for i := range uint64(300) {
		o[Key{First: number13 | 8613800138000 + i}] = Value{1}
	}
	tree := Build(o.entries())
	tree.Root()
	for _, first := range []uint64{number13 | 8613800200000, number13 | 8618000000000, 11<<50 | 12125550100, 1, ^uint64(0)} {
		changes := []Change{{Key: Key{First: first}, Value: Value{2}}}
		o.apply(changes)
		tree = tree.Apply(changes)
		checkTree(t, tree, o)
	}
}

func TestOldTreesStay(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	space := keyspaces()["ranges"]
	o, tree := oracle{}, new(Tree)
	var trees []*Tree
	var states []oracle
	for range 15 {
		changes := randomChanges(r, o, space, 200, 0.3)
		o.apply(changes)
		tree = tree.Apply(changes)
		trees, states = append(trees, tree), append(states, maps.Clone(o))
	}
	for i := range trees {
		checkTree(t, trees[i], states[i])
	}
}

func TestUnchangedIsTheSameTree(t *testing.T) {
	tree := Build([]Entry{NewEntry(Key{5, 0}, Value{1}), NewEntry(Key{7, 2}, Value{1})})
	for name, changes := range map[string][]Change{
		"nothing":            nil,
		"the same value":     {{Key: Key{5, 0}, Value: Value{1}}},
		"deletion of none":   {{Key: Key{6, 0}, Delete: true}, {Key: Key{7, 1}, Delete: true}},
		"far deletion":       {{Key: Key{^uint64(0), 0}, Delete: true}},
		"last of one is old": {{Key: Key{7, 2}, Delete: true}, {Key: Key{7, 2}, Value: Value{1}}},
	} {
		if tree.Apply(changes) != tree {
			t.Errorf("%s: made another tree", name)
		}
	}
}

func TestChangesOutOfOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var changes []Change
	o := oracle{}
	for range 2000 {
		changes = append(changes, Change{Key: Key{First: r.Uint64N(500)}, Value: randomValue(r), Delete: r.UintN(3) == 0})
	}
	before := slices.Clone(changes)
	o.apply(changes)
	checkTree(t, new(Tree).Apply(changes), o)
	if !slices.Equal(before, changes) {
		t.Error("Apply reordered its argument")
	}
	entries := o.entries()
	slices.Reverse(entries)
	checkTree(t, Build(append(entries, NewEntry(entries[3].Key(), Value{9}), entries[3])), o)
}

func TestGet(t *testing.T) {
	for name, space := range keyspaces() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 7))
			o := oracle{}
			o.apply(randomChanges(r, o, space, 1500, 0))
			tree := Build(o.entries())
			ask := func(key Key) {
				want, listed := o[key]
				got, found := tree.Get(key)
				if got != want || found != listed {
					t.Fatalf("Get(%v) = %v, %v, want %v, %v", key, got, found, want, listed)
				}
			}
			for key := range o {
				ask(key)
				ask(Key{key.First, key.Free + 1})
				ask(Key{key.First - 1, key.Free})
				ask(Key{key.First ^ 1<<r.UintN(64), key.Free})
			}
			for range 2000 {
				ask(space(r))
			}
		})
	}
}

func TestFrees(t *testing.T) {
	var tree *Tree
	steps := []struct {
		change Change
		want   uint16
	}{
		{Change{Key: Key{100, 2}}, 1 << 2},
		{Change{Key: Key{100, 0}}, 1<<2 | 1},
		{Change{Key: Key{200, 2}}, 1<<2 | 1},
		{Change{Key: Key{100, 15}}, 1<<15 | 1<<2 | 1},
		{Change{Key: Key{100, 0}, Delete: true}, 1<<15 | 1<<2},
		{Change{Key: Key{100, 2}, Delete: true}, 1<<15 | 1<<2},
		{Change{Key: Key{200, 2}, Delete: true}, 1 << 15},
		{Change{Key: Key{100, 16}}, 1<<15 | 1},
	}
	if tree.Frees() != 0 {
		t.Errorf("the empty list has counts %b", tree.Frees())
	}
	for i, s := range steps {
		tree = tree.Apply([]Change{s.change})
		if tree.Frees() != s.want {
			t.Errorf("after step %d counts are %b, want %b", i, tree.Frees(), s.want)
		}
	}
}

// TestFilterIsMadeAnew lets ranges come and go until the filter must have been
// rebuilt several times, and checks that it stays small and never hides one.
func TestFilterIsMadeAnew(t *testing.T) {
	tree := new(Tree)
	o := oracle{}
	for round := range uint64(60) {
		var changes []Change
		for i := range uint64(100) {
			changes = append(changes, Change{Key: Key{round*1000 + i*10, 1}, Value: Value{1}})
			if round >= 3 {
				changes = append(changes, Change{Key: Key{(round-3)*1000 + i*10, 1}, Delete: true})
			}
		}
		o.apply(changes)
		tree = tree.Apply(changes)
		for key := range o {
			if _, found := tree.Get(key); !found {
				t.Fatalf("round %d: %v is hidden", round, key)
			}
		}
	}
	if got := len(tree.filter.words) * 64; got > 4*300*filterBits {
		t.Errorf("the filter has %d bits for 300 ranges", got)
	}
	maybe := 0
	for i := range uint64(10_000) {
		if tree.filter.mayHave(Key{1<<40 + i*10, 2}) {
			maybe++
		}
	}
	if maybe > 10_000/8 {
		t.Errorf("the filter says maybe to %d of 10,000 absent keys", maybe)
	}
	var all []Change
	for key := range o {
		all = append(all, Change{Key: key, Delete: true})
	}
	if empty := tree.Apply(all); empty.filter != nil {
		t.Error("a list without ranges keeps a filter")
	}
}

func TestFrom(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	o := oracle{}
	o.apply(randomChanges(r, o, keyspaces()["ranges"], 1000, 0))
	tree, entries := Build(o.entries()), o.entries()
	for range 300 {
		at := r.IntN(len(entries))
		start := entries[at].Key()
		if r.UintN(2) == 0 && start.Free < 255 {
			start.Free++ // between two entries, or the next one's key
			for at < len(entries) && entries[at].Key().Compare(start) < 0 {
				at++
			}
		}
		limit := at + r.IntN(300)
		i := at
		for key, value := range tree.From(start) {
			if i == limit {
				break
			}
			if NewEntry(key, value) != entries[i] {
				t.Fatalf("From(%v) yields %v in place %d", start, key, i-at)
			}
			i++
		}
		if i != min(limit, len(entries)) {
			t.Fatalf("From(%v) stopped after %d entries", start, i-at)
		}
	}
}

func TestNilAndZeroAreEmpty(t *testing.T) {
	for name, tree := range map[string]*Tree{"nil": nil, "zero": new(Tree), "built": Build(nil)} {
		if _, found := tree.Get(Key{}); found || tree.Len() != 0 || !tree.Root().IsZero() || tree.Frees() != 0 {
			t.Errorf("the %s tree is not empty", name)
		}
		for key := range tree.All() {
			t.Errorf("the %s tree yields %v", name, key)
		}
		if got := tree.Apply([]Change{{Key: Key{1, 0}, Value: Value{1}}}); got.Len() != 1 {
			t.Errorf("the %s tree takes no entry", name)
		}
	}
}

// TestConcurrentReaders is for the race detector: roots, proofs and look-ups of
// trees that share nodes, while the next tree is being made.
func TestConcurrentReaders(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	space := keyspaces()["numbers"]
	o, tree := oracle{}, new(Tree)
	var readers sync.WaitGroup
	for range 20 {
		changes := randomChanges(r, o, space, 200, 0.2)
		o.apply(changes)
		tree = tree.Apply(changes)
		seen, want := tree, o.root()
		for range 3 {
			readers.Go(func() {
				if seen.Root() != want {
					t.Error("a reader saw another root")
				}
				for _, c := range changes {
					if value, found := seen.Get(c.Key); found == c.Delete || found && value != c.Value {
						t.Errorf("a reader saw %v, %v of %v", value, found, c.Key)
					}
				}
			})
		}
	}
	readers.Wait()
}

func TestEntryRoundTrip(t *testing.T) {
	key, value := Key{0x0102030405060708, 9}, Value{10, 11, 12, 13, 14}
	e := NewEntry(key, value)
	if want := (Entry{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}); e != want {
		t.Errorf("entry is % x, want % x", e, want)
	}
	if e.Key() != key || e.Value() != value {
		t.Errorf("% x reads as %v, %v", e, e.Key(), e.Value())
	}
}

func TestLowerBound(t *testing.T) {
	for size := range 40 {
		sorted := make([]item, size)
		for i := range sorted {
			sorted[i].first = uint64(i/2*2 + 2)
		}
		for x := range uint64(size + 5) {
			want := slices.IndexFunc(sorted, func(e item) bool { return e.first >= x })
			if want < 0 {
				want = size
			}
			if got := lowerBound(sorted, x); got != want {
				t.Fatalf("%d in %v at %d, want %d", x, sorted, got, want)
			}
		}
	}
}

func TestGetDoesNotAllocate(t *testing.T) {
	tree := benchTree(20_000)
	if n := testing.AllocsPerRun(100, func() { longestMatch(tree, number13|8613000123456) }); n != 0 {
		t.Errorf("%v allocations in a look-up, want none", n)
	}
}

// benchTree has n numbers of one length and, beside them, ranges of one to six
// free digits.
func benchTree(n int) *Tree {
	r := rand.New(rand.NewPCG(10, 10))
	var changes []Change
	for range n {
		changes = append(changes, Change{Key: Key{First: benchNumber(r)}, Value: Value{1}})
	}
	pow := uint64(1)
	for free := uint8(1); free <= 6; free++ {
		pow *= 10
		for range 100 {
			changes = append(changes, Change{Key: Key{(benchNumber(r)&^number13)/pow*pow | number13, free}, Value: Value{2}})
		}
	}
	return new(Tree).Apply(ascending(changes))
}

func benchNumber(r *rand.Rand) uint64 { return number13 | 8613000000000 + r.Uint64N(6_900_000_000) }

// longestMatch asks as a view does: the number, then each enclosing range.
func longestMatch(t *Tree, number uint64) (Value, bool) {
	value, found := t.Get(Key{First: number})
	digits := number &^ (0x3FFF << 50)
	pow, frees := uint64(1), t.Frees()
	for free := range uint8(7) {
		if free > 0 && frees>>free&1 == 1 {
			if v, ok := t.Get(Key{number - digits%pow, free}); ok && !found {
				value, found = v, true
			}
		}
		pow *= 10
	}
	return value, found
}

func BenchmarkLongestMatch(b *testing.B) {
	tree := benchTree(250_000)
	plain := map[uint64]uint16{}
	r := rand.New(rand.NewPCG(11, 11))
	var numbers []uint64
	for key, value := range tree.All() {
		plain[key.First] = uint16(value[0])
		if key.Free == 0 && len(numbers) < 1<<16 && r.UintN(4) == 0 {
			numbers = append(numbers, key.First, benchNumber(r))
		}
	}
	r.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
	b.Run("tree", func(b *testing.B) {
		i := 0
		for b.Loop() {
			longestMatch(tree, numbers[i%len(numbers)])
			i++
		}
	})
	b.Run("tree, number alone", func(b *testing.B) {
		i := 0
		for b.Loop() {
			tree.Get(Key{First: numbers[i%len(numbers)]})
			i++
		}
	})
	b.Run("map, number alone", func(b *testing.B) {
		i, hits := 0, 0
		for b.Loop() {
			if _, found := plain[numbers[i%len(numbers)]]; found {
				hits++
			}
			i++
		}
	})
}

func BenchmarkApplyAndRoot(b *testing.B) {
	for _, size := range []int{250_000, 1_000_000} {
		tree := benchTree(size)
		tree.Root()
		r := rand.New(rand.NewPCG(12, 12))
		batch := func(next func(i uint64) uint64) []Change {
			var changes []Change
			for i := range uint64(4096) {
				changes = append(changes, Change{Key: Key{First: next(i)}, Value: randomValue(r)})
			}
			return ascending(changes)
		}
		scattered := batch(func(uint64) uint64 { return benchNumber(r) })
		contiguous := batch(func(i uint64) uint64 { return number13 | 8615000000000 + i*3 })
		for name, changes := range map[string][]Change{"scattered": scattered, "contiguous": contiguous} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				for b.Loop() {
					tree.Apply(changes).Root()
				}
			})
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	var entries []Entry
	for key, value := range benchTree(1_000_000).All() {
		entries = append(entries, NewEntry(key, value))
	}
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			Build(entries)
		}
	})
	b.Run("tree and root", func(b *testing.B) {
		for b.Loop() {
			Build(entries).Root()
		}
	})
}
