package prefix_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/node/screen/prefix"
	"ringfence/store/number"
)

func num(t testing.TB, s string) number.Number {
	t.Helper()
	n, err := number.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ranges(t testing.TB, texts ...string) (all []number.Range) {
	t.Helper()
	for _, s := range texts {
		r, err := number.ParseRange(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func TestSet(t *testing.T) {
	set := prefix.NewSet(ranges(t, "+8613800138000", "+861700123*/13", "+86!95163*", "+86!9621*@31/8"))
	for text, want := range map[string]bool{
		"+8613800138000":   true,
		"+8613800138001":   false,
		"+8617001230000":   true,
		"+8617001239999":   true,
		"+8617001240000":   false,
		"+861700123000":    false, // another length
		"+86!95163":        true,
		"+86!9516312":      true,
		"+86!9516":         false,
		"+869516312":       false, // another namespace
		"+86!962121@31":    true,
		"+86!962121@32":    false,
		"+12025550123":     false,
		"+861380013800012": false,
	} {
		if got := set.Has(num(t, text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	var none prefix.Set
	if none.Has(num(t, "+8613800138000")) || none.Has(number.Number{}) || set.Has(number.Number{}) {
		t.Error("the empty set or the number that is none has a member")
	}
}

func TestHasAny(t *testing.T) {
	set := prefix.NewSet(ranges(t, "+86!95588"))
	other, listed := number.CallerOf(num(t, "+12025550123")), number.CallerOf(num(t, "+86!95588"))
	for _, tc := range []struct {
		readings number.Readings
		want     bool
	}{
		{number.Readings{}, false},
		{number.ReadingsOf(other), false},
		{number.ReadingsOf(other, listed), true},
		{number.ReadingsOf(number.IrregularCaller("95588", number.TooShort)), false},
	} {
		if got := set.HasAny(&tc.readings); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.readings, got, tc.want)
		}
	}
}

// TestNextAgainstScan compares the table with a scan of all keys, on random
// sets: the same keys, longest first.
func TestNextAgainstScan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var keys []number.Range
		var table prefix.Table[number.Range]
		for range r.IntN(12) {
			n, err := number.International("86138" + string([]byte{'0' + byte(r.IntN(3)), '0' + byte(r.IntN(3)), '0' + byte(r.IntN(3))}) + "00000")
			if err != nil {
				t.Fatal(err)
			}
			key, ok := n.Enclosing(r.IntN(9))
			if !ok {
				continue
			}
			keys = append(keys, key)
			table.Put(key, func(number.Range) number.Range { return key })
		}
		slices.SortFunc(keys, func(a, b number.Range) int { return a.Free() - b.Free() })
		keys = slices.Compact(keys)
		n := num(t, "+8613801200000")
		want := slices.DeleteFunc(slices.Clone(keys), func(k number.Range) bool { return !k.Contains(n) })
		want = slices.CompactFunc(want, func(a, b number.Range) bool { return a == b })
		var got []number.Range
		for from := 0; ; {
			key, then, ok := table.Next(n, from)
			if !ok {
				break
			}
			got, from = append(got, key), then
		}
		if !slices.Equal(got, want) {
			t.Fatalf("keys %v: got %v, want %v", keys, got, want)
		}
	}
}

func TestPutSeesWhatStood(t *testing.T) {
	var table prefix.Table[int]
	key := ranges(t, "+86!95588")[0]
	for range 3 {
		table.Put(key, func(was int) int { return was + 1 })
	}
	if got, _, _ := table.Next(num(t, "+86!95588"), 0); got != 3 {
		t.Errorf("three changes give %d", got)
	}
}

func TestLookUpAllocatesNothing(t *testing.T) {
	set := prefix.NewSet(ranges(t, "+861700123*/13", "+8613800138000"))
	n := num(t, "+8617001231234")
	if allocs := testing.AllocsPerRun(100, func() { _ = set.Has(n) }); allocs != 0 {
		t.Errorf("%v allocations a look-up", allocs)
	}
}
