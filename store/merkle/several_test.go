package merkle

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// severalLists are lists of many shapes: none, one entry, one block, deep ones, many
// entries of one first number, and the dense and clustered ones of telephone numbers.
func severalLists(r *rand.Rand) map[string]*Tree {
	list := func(n int, key func(i int) Key) *Tree {
		var all []Entry
		for i := range n {
			all = append(all, NewEntry(key(i), Value{byte(i), 1, 2, 3, 4}))
		}
		return Build(all)
	}
	return map[string]*Tree{
		"empty":     nil,
		"one":       list(1, func(int) Key { return Key{First: 5} }),
		"block":     list(100, func(i int) Key { return Key{First: uint64(i) * 1000} }),
		"random":    list(5000, func(int) Key { return Key{r.Uint64(), uint8(r.IntN(3))} }),
		"one first": list(256, func(i int) Key { return Key{7, uint8(i)} }),
		"clusters":  list(20_000, func(i int) Key { return Key{uint64(i/100)*1_000_000 + uint64(i%100)*uint64(1+i%7), uint8(i % 2)} }),
	}
}

// around are keys as a look-up asks for them, of which some are in the list.
func around(r *rand.Rand, t *Tree) []Key {
	first := r.Uint64N(1 << 40)
	if n := t.Len(); n > 0 && r.IntN(4) > 0 {
		for key := range t.From(Key{First: t.at(r.IntN(n)).First}) {
			first = key.First + r.Uint64N(3)
			break
		}
	}
	var keys []Key
	step := uint64(1)
	for free := range 1 + r.IntN(MaxKeys) {
		keys = append(keys, Key{first - first%step, uint8(free)})
		step *= 10
	}
	slices.SortFunc(keys, Key.Compare)
	return keys
}

// at returns the i-th key, slowly.
func (t *Tree) at(i int) Key {
	for key := range t.All() {
		if i == 0 {
			return key
		}
		i--
	}
	return Key{}
}

func TestSeveralSaysWhatTheListSays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, list := range severalLists(r) {
		listed := 0
		for range 300 {
			keys := around(r, list)
			proof, err := list.ProveSeveral(keys)
			if err != nil {
				t.Fatal(err)
			}
			answers, err := VerifySeveral(proof, list.Root(), keys)
			if err != nil {
				t.Fatalf("%s: %v of %v", name, err, keys)
			}
			for i, key := range keys {
				value, ok := list.Get(key)
				if (answers[i] != Answer{value, ok}) {
					t.Fatalf("%s: of %v it shows %v, the list says %v %v", name, key, answers[i], value, ok)
				}
				if ok {
					listed++
				}
			}
		}
		if (listed > 0) != (list.Len() > 0) {
			t.Errorf("%s: %d of the keys asked for are listed", name, listed)
		}
	}
}

// No bit of a proof can be changed, left out or added, and none answers for another
// list or for other keys.
func TestSeveralHasOneForm(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, list := range severalLists(r) {
		for range 5 {
			keys := around(r, list)
			proof, err := list.ProveSeveral(keys)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 8 * len(proof) {
				bad := bytes.Clone(proof)
				bad[i/8] ^= 1 << (i % 8)
				if _, err := VerifySeveral(bad, list.Root(), keys); err == nil {
					t.Fatalf("%s: bit %d of %d can be changed", name, i, 8*len(proof))
				}
			}
			for _, bad := range [][]byte{nil, proof[:1], proof[:len(proof)-1], append(bytes.Clone(proof), 0)} {
				if _, err := VerifySeveral(bad, list.Root(), keys); err == nil {
					t.Errorf("%s: %d bytes of %d are taken", name, len(bad), len(proof))
				}
			}
			if _, err := VerifySeveral(proof, Hash{1}, keys); err == nil {
				t.Errorf("%s: it answers for another list", name)
			}
			if _, err := VerifySeveral(proof, list.Root(), append([]Key{{0, 255}}, keys...)); len(keys) < MaxKeys && name != "empty" && err == nil {
				t.Logf("%s: another key is answered by the same bytes, which may be", name)
			}
		}
	}
}

func TestSeveralWantsAscendingKeys(t *testing.T) {
	list := Build([]Entry{NewEntry(Key{First: 1}, Value{})})
	for _, keys := range [][]Key{nil, {{1, 0}, {1, 0}}, {{2, 0}, {1, 0}}, make([]Key, MaxKeys+1)} {
		if _, err := list.ProveSeveral(keys); err == nil {
			t.Errorf("%v is proved", keys)
		}
		if _, err := VerifySeveral([]byte{severalVersion, markEmpty}, Hash{}, keys); err == nil {
			t.Errorf("%v is verified", keys)
		}
	}
}

// An honest list with the keys left out of a proof of absence cannot be made to look
// empty there: the gap between the entries shown is checked by their places.
func TestSeveralShowsNoGap(t *testing.T) {
	var all []Entry
	for i := range 10 {
		all = append(all, NewEntry(Key{First: uint64(10 * i)}, Value{1}))
	}
	list := Build(all)
	// The truth about 50, told with its neighbours alone.
	leaves := make([]Hash, len(all))
	for i := range leaves {
		leaves[i] = entryHash(all[i])
	}
	b := []byte{severalVersion, markBlock, 0, 10, 2}
	for _, at := range []int{4, 6} {
		b = append(append(b, byte(at)), all[at][:]...)
	}
	b = appendOthers(b, leaves, []int{4, 6}, 0)
	if _, err := VerifySeveral(b, list.Root(), []Key{{First: 50}}); err == nil {
		t.Error("50 is absent")
	}
	if answers, err := VerifySeveral(b, list.Root(), []Key{{First: 40}, {First: 60}}); err != nil || !answers[0].Listed || !answers[1].Listed {
		t.Errorf("the same bytes, asked what they show: %v, %v", answers, err)
	}
}

func FuzzVerifySeveral(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	lists := severalLists(r)
	for _, list := range lists {
		proof, err := list.ProveSeveral([]Key{{First: 5}, {First: 1_000_000, Free: 1}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(proof, uint64(5), uint64(1_000_000))
	}
	f.Fuzz(func(t *testing.T, b []byte, x, y uint64) {
		keys := []Key{{First: min(x, y)}, {First: max(x, y), Free: 1}}
		for name, list := range lists {
			answers, err := VerifySeveral(b, list.Root(), keys)
			if err != nil {
				continue
			}
			for i, key := range keys {
				if value, ok := list.Get(key); (answers[i] != Answer{value, ok}) {
					t.Errorf("%s: of %v %x shows %v, the list says %v %v", name, key, b, answers[i], value, ok)
				}
			}
			if own, err := list.ProveSeveral(keys); err != nil || !bytes.Equal(own, b) {
				t.Errorf("%s: %x is a second form of %x", name, b, own)
			}
		}
	})
}
