package sparse_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/store/view/internal/sparse"
)

// An array holds what a map would, yields it in order, and earlier ones stay as they were.
func TestArrayIsAMapThatStays(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var a sparse.Array[int]
	want := make(map[uint32]int)
	type version struct {
		a    sparse.Array[int]
		want map[uint32]int
	}
	versions := []version{{a, maps.Clone(want)}}
	for i := range 2000 {
		place := rnd.Uint32() >> rnd.IntN(32)
		a, want[place] = a.With(place, i+1), i+1
		if i%100 == 0 {
			versions = append(versions, version{a, maps.Clone(want)})
		}
	}
	for n, v := range append(versions, version{a, want}) {
		got := make(map[uint32]int)
		var order []uint32
		for place, value := range v.a.All() {
			if order = append(order, place); value != 0 {
				got[place] = value
			}
		}
		if !slices.IsSorted(order) || !maps.Equal(got, v.want) {
			t.Fatalf("version %d holds %d values, want %d, or not in order", n, len(got), len(v.want))
		}
		for place := range want {
			if v.a.At(place) != v.want[place] {
				t.Fatalf("version %d has %d at %d, want %d", n, v.a.At(place), place, v.want[place])
			}
		}
	}
	if (sparse.Array[int]{}).At(1<<32-1) != 0 {
		t.Error("an empty array has a value")
	}
}
