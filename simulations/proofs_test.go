package simulations

import (
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/consensus/prove"
	"ringfence/consensus/prove/provetest"
	"ringfence/store/merkle"
	"ringfence/store/number"
)

// proofSizes holds proofs of what a list says of its numbers, and of others beside them,
// to what the design allows, with four regulators in a ledger of 2^24 entries: 99 in a
// hundred have at most 5 KiB, and none more than 8. Each is verified.
func proofSizes(t *testing.T, list *merkle.Tree) {
	const (
		each     = 1000
		hashLine = 45 // of the path in the ledger
		levels   = 24
	)
	var keys []number.Number
	for key := range list.All() {
		n, err := number.FromUint64(key.First)
		if err != nil || key.Free != 0 {
			t.Fatalf("%v, %v: the list has only numbers here", key, err)
		}
		keys = append(keys, n)
	}
	w := provetest.Begun(t, 4)
	anchor := w.Anchor(list)
	maker := w.Maker()
	path, err := maker.Ledger.Inclusion(t.Context(), anchor+1, w.Tree.Size())
	if err != nil {
		t.Fatal(err)
	}
	v, err := prove.NewVerifier(prove.Trust{Genesis: w.Genesis})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var sizes []int
	listed := 0
	for i := range 2 * each {
		n := keys[r.IntN(len(keys))]
		if i >= each {
			if n, err = number.FromUint64(n.Uint64() + 1 + r.Uint64N(1000)); err != nil {
				continue // too many digits
			}
		}
		file, err := maker.Listed(t.Context(), n, anchor, list)
		if err != nil {
			t.Fatal(err)
		}
		f, err := v.Verify(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := list.Get(merkle.Key{First: n.Uint64()}); f.List.Listed != ok || f.List.Number != n {
			t.Errorf("of %s it proves %+v, the list says %v", n, f.List, ok)
		}
		if f.List.Listed {
			listed++
		}
		sizes = append(sizes, len(file)+hashLine*(levels-len(path)))
	}
	slices.Sort(sizes)
	p99, most := sizes[len(sizes)*99/100], sizes[len(sizes)-1]
	t.Logf("%d proofs of what the list says, %d of them that it has an entry: p50 %d bytes, p99 %d, most %d", len(sizes), listed, sizes[len(sizes)/2], p99, most)
	if p99 > 5<<10 || most > 8<<10 || listed < each || listed > 2*each-100 {
		t.Errorf("p99 is %d bytes and the largest %d; %d are of listed numbers", p99, most, listed)
	}
}
