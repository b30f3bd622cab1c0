package ordered

import (
	"cmp"
	"maps"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// balanced checks sizes and balance all the way down and returns the height.
func balanced(t *testing.T, n *node[int, int]) int {
	t.Helper()
	if n == nil {
		return 0
	}
	l, r := n.left.len()+1, n.right.len()+1
	if n.size != l+r-1 || l > widest*r || r > widest*l {
		t.Fatalf("a node of size %d over %d and %d", n.size, l-1, r-1)
	}
	return 1 + max(balanced(t, n.left), balanced(t, n.right))
}

// A map agrees with Go's own, in order, whatever is set and deleted; and every map that
// there was before still holds what it held.
func TestAgreesWithAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type version struct {
		m    Map[int, int]
		want map[int]int
	}
	var kept []version
	m, want := New[int, int](cmp.Compare[int]), make(map[int]int)
	for step := range 6000 {
		key := r.IntN(700)
		if r.IntN(5) < 2 {
			m = m.Delete(key)
			delete(want, key)
		} else {
			m = m.Set(key, step)
			want[key] = step
		}
		if step%500 == 0 {
			kept = append(kept, version{m, maps.Clone(want)})
		}
	}
	for _, v := range append(kept, version{m, want}) {
		if height := balanced(t, v.m.root); height > 3*bits.Len(uint(v.m.Len())) {
			t.Errorf("%d keys are %d high", v.m.Len(), height)
		}
		if v.m.Len() != len(v.want) || !maps.Equal(maps.Collect(v.m.All()), v.want) {
			t.Fatalf("%d keys, want %d", v.m.Len(), len(v.want))
		}
		sorted := slices.Sorted(maps.Keys(v.want))
		for key := -1; key <= 700; key++ {
			at, found := slices.BinarySearch(sorted, key)
			value, ok := v.m.Get(key)
			if ok != found || value != v.want[key] || v.m.Rank(key) != at {
				t.Fatalf("%d: %d, %t of rank %d; want %d, %t, %d", key, value, ok, v.m.Rank(key), v.want[key], found, at)
			}
			below := at
			if found {
				below++
			}
			floor, ok := v.m.Floor(key)
			if ok != (below > 0) || ok && floor != v.want[sorted[below-1]] {
				t.Fatalf("floor of %d: %d, %t", key, floor, ok)
			}
			var from []int
			for k := range v.m.From(key) {
				if len(from) == 3 {
					break
				}
				from = append(from, k)
			}
			if !slices.Equal(from, sorted[at:min(at+3, len(sorted))]) {
				t.Fatalf("from %d: %v", key, from)
			}
		}
	}
}

// Keys that come in order, the usual case, do not make it a list.
func TestStaysBalancedInOrder(t *testing.T) {
	m := New[int, int](cmp.Compare[int])
	for i := range 10_000 {
		m = m.Set(i, i)
	}
	if height := balanced(t, m.root); height > 24 {
		t.Errorf("10,000 keys in order are %d high", height)
	}
	for i := range 9_990 {
		m = m.Delete(i)
	}
	if height := balanced(t, m.root); height > 6 || m.Len() != 10 {
		t.Errorf("%d keys are %d high", m.Len(), height)
	}
}

// A version costs a path, not the map.
func TestVersionsShare(t *testing.T) {
	m := New[int, int](cmp.Compare[int])
	for i := range 100_000 {
		m = m.Set(i, i)
	}
	if allocs := testing.AllocsPerRun(100, func() { _ = m.Set(77_777, 1) }); allocs > 40 {
		t.Errorf("%v allocations for one of 100,000", allocs)
	}
	if allocs := testing.AllocsPerRun(100, func() { _, _ = m.Get(77_777); _, _ = m.Floor(3); _ = m.Rank(5) }); allocs != 0 {
		t.Errorf("%v allocations to look up", allocs)
	}
}
