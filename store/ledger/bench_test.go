package ledger_test

import (
	"fmt"
	"testing"

	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
)

// sized returns n entries of about the length of those that a bulk motion enacts.
func sized(n int) []ledger.Entry {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		entries[i] = ledger.Entry{Data: fmt.Appendf(nil, "%0100d", i), Opening: fmt.Appendf(nil, "%060d", i)}
	}
	return entries
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 256, 4096} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			entries := sized(n)
			var tree ledger.Tree
			b.ReportAllocs()
			for b.Loop() {
				grown, _, err := tree.Append(entries)
				if err != nil {
					b.Fatal(err)
				}
				tree = grown
				tree.Head()
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// million is a ledger of a million entries.
func million(b *testing.B) (ledger.Tree, *ledgertest.Memory) {
	b.Helper()
	var store ledgertest.Memory
	var tree ledger.Tree
	entries := sized(4000)
	for tree.Size() < 1_000_000 {
		tree = ledgertest.Grow(b, &store, tree, entries)
	}
	return tree, &store
}

// BenchmarkCatchUp verifies a million entries that somebody else gave, and grows the
// own tree by them.
func BenchmarkCatchUp(b *testing.B) {
	tree, store := million(b)
	certified := tree.Head()
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			opened, err := ledger.Open(b.Context(), store, certified)
			if err != nil {
				b.Fatal(err)
			}
			for _, err := range ledger.NewReader(opened, store).Since(b.Context(), 0) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(certified.Size)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	})
	b.Run("verify and append", func(b *testing.B) {
		for b.Loop() {
			opened, err := ledger.Open(b.Context(), store, certified)
			if err != nil {
				b.Fatal(err)
			}
			var own ledger.Tree
			for entries, err := range ledger.NewReader(opened, store).Since(b.Context(), 0) {
				if err != nil {
					b.Fatal(err)
				}
				batch := make([]ledger.Entry, len(entries))
				for i, e := range entries {
					batch[i].Data = e
				}
				if own, _, err = own.Append(batch); err != nil {
					b.Fatal(err)
				}
			}
			if own.Head() != certified {
				b.Fatal("another head")
			}
		}
		b.ReportMetric(float64(certified.Size)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	})
}

func BenchmarkInclusion(b *testing.B) {
	tree, store := million(b)
	r := ledger.NewReader(tree, store)
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		i = (i + 7919*257) % tree.Size()
		if _, err := r.Inclusion(b.Context(), i, tree.Size()); err != nil {
			b.Fatal(err)
		}
	}
}
