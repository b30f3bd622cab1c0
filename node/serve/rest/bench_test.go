package rest

import (
	"fmt"
	"testing"

	"ringfence/node/api"
)

// BenchmarkLookup is the price of the way there and back: the double answers
// at once.
func BenchmarkLookup(b *testing.B) {
	r := run(b, Config{Service: &double{}, Limits: Limits{PerSecond: 1 << 30, Burst: 1 << 30}})
	c := r.client(b)
	for b.Loop() {
		if _, err := c.Lookup(b.Context(), api.Query{Number: "110"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookupMany(b *testing.B) {
	r := run(b, Config{Service: &double{}})
	c := r.client(b)
	q := api.LookupMany{Numbers: make([]string, api.MaxLookups)}
	for i := range q.Numbers {
		q.Numbers[i] = fmt.Sprint(i)
	}
	for b.Loop() {
		if _, err := c.LookupMany(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(q.Numbers)), "ns/number")
}
