package merkle

import (
	"math/bits"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestIndexAgreesWithMap changes an index at random, keys in few words of the
// hash among them, and compares each version with a map, the versions before it
// too once all is done.
func TestIndexAgreesWithMap(t *testing.T) {
	for name, keyspace := range map[string]uint64{"few keys": 300, "many keys": 40_000} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 7))
			var x *index
			want := map[Key]Value{}
			type version struct {
				x    *index
				want map[Key]Value
			}
			var versions []version
			for round := range 60 {
				var changes []Change
				for range r.IntN(900) {
					key := Key{First: r.Uint64N(keyspace) << 20, Free: uint8(r.IntN(2) * 16)}
					changes = append(changes, Change{Key: key, Value: Value{byte(round)}, Delete: r.IntN(5) < 2+round/45})
				}
				x = x.apply(changes)
				next := map[Key]Value{}
				for key, value := range want {
					next[key] = value
				}
				for _, c := range changes {
					if c.Delete {
						delete(next, c.Key)
					} else {
						next[c.Key] = c.Value
					}
				}
				want = next
				versions = append(versions, version{x, want})
			}
			for i, v := range versions {
				seen := 0
				if v.x != nil {
					v.x.each(func(*cell) { seen++ })
					if v.x.total != seen {
						t.Fatalf("version %d counts %d keys and has %d", i, v.x.total, seen)
					}
				}
				if seen != len(v.want) {
					t.Fatalf("version %d has %d keys, want %d", i, seen, len(v.want))
				}
				for first := range keyspace {
					key := Key{First: first << 20, Free: uint8(first % 2 * 16)}
					value, ok := v.x.get(key)
					if wantValue, wantOK := v.want[key]; ok != wantOK || value != wantValue {
						t.Fatalf("version %d: %v is %v %t, want %v %t", i, key, value, ok, wantValue, wantOK)
					}
				}
			}
		})
	}
}

// TestIndexOutgrowsAFullPage puts more keys into one page than it has room for,
// as no even hash would.
func TestIndexOutgrowsAFullPage(t *testing.T) {
	x := newIndex(0)
	var keys []Key
	for first := uint64(1); len(keys) < 3*pageFull; first++ {
		if key := (Key{First: first}); x.spread(key)>>(64-bits.Len(shelfPages-1)) == 0 {
			keys = append(keys, key)
			x.set(key, Value{1})
		}
	}
	for _, key := range keys {
		if _, ok := x.get(key); !ok {
			t.Fatalf("%v is lost", key)
		}
	}
	for _, key := range keys[:2*pageFull] {
		x.remove(key)
	}
	for i, key := range keys {
		if _, ok := x.get(key); ok != (i >= 2*pageFull) {
			t.Fatalf("key %d is there: %t", i, ok)
		}
	}
}

// TestOneChangeCopiesLittle changes one value in lists of two sizes: what is
// copied must not grow with the list.
func TestOneChangeCopiesLittle(t *testing.T) {
	copied := func(keys int) uint64 {
		tree := Collect(func(yield func(Key, Value) bool) {
			for i := range keys {
				if !yield(Key{First: uint64(i) << 20}, Value{1}) {
					return
				}
			}
		})
		const times = 64
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range times {
			tree.Apply([]Change{{Key: Key{First: uint64(i*(keys/times)) << 20}, Value: Value{2}}})
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / times
	}
	small, large := copied(20_000), copied(640_000)
	if large > small*3/2 {
		t.Errorf("one change copies %d bytes among 20,000 keys and %d among 640,000", small, large)
	}
}
