package ratified_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/store/number"
	"ringfence/store/view/internal/ratified"
)

func key(t *testing.T, i int) number.Range {
	t.Helper()
	n, err := number.Parse(fmt.Sprintf("+8613800138%03d", i))
	if err != nil {
		t.Fatal(err)
	}
	return n.Range()
}

// A Book says of each key what a map says, after any additions, changes and
// removals, also where one
// key has more records than a run, and books made earlier stay as they were.
func TestBookEqualsAMap(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		want := make(map[number.Range]map[uint64]ratified.Record)
		var book ratified.Book
		n := 0
		for round := range 30 {
			before, held := book, book.Len()
			var more []ratified.Record
			for range rnd.IntN(90) {
				k := key(t, rnd.IntN(40)*rnd.IntN(2)) // key 0 has half of them
				r := ratified.Record{Key: k, Index: uint64(rnd.IntN(200)), From: int64(round), Revoked: rnd.IntN(2) == 0}
				if want[k] == nil {
					want[k] = make(map[uint64]ratified.Record)
				}
				if _, ok := want[k][r.Index]; !ok {
					n++
				}
				want[k][r.Index] = r
				more = append(more, r)
			}
			book = book.With(more)
			var gone []ratified.Record
			for range rnd.IntN(60) {
				r := ratified.Record{Key: key(t, rnd.IntN(40)*rnd.IntN(2)), Index: uint64(rnd.IntN(200))}
				if _, ok := want[r.Key][r.Index]; ok {
					n--
				}
				delete(want[r.Key], r.Index)
				gone = append(gone, r)
			}
			book = book.Without(gone)
			if book.Len() != n || before.Len() != held {
				t.Fatalf("seed %d: %d records, want %d; the book before has %d, had %d", seed, book.Len(), n, before.Len(), held)
			}
			for i := range 41 {
				k := key(t, i)
				got := book.At(k)
				if len(got) != len(want[k]) || !slices.IsSortedFunc(got, func(a, b ratified.Record) int { return int(a.Index) - int(b.Index) }) {
					t.Fatalf("seed %d, round %d: %d records on key %d, want %d in order", seed, round, len(got), i, len(want[k]))
				}
				for _, r := range got {
					if want[k][r.Index] != r {
						t.Fatalf("seed %d: got %+v, want %+v", seed, r, want[k][r.Index])
					}
				}
			}
		}
	}
}

func TestInForce(t *testing.T) {
	for name, c := range map[string]struct {
		r    ratified.Record
		in   bool
		next int64
	}{
		"at once":             {ratified.Record{Until: 11}, true, 0},
		"its day has come":    {ratified.Record{Until: 10}, false, 0},
		"waits":               {ratified.Record{Until: 11, From: 501}, false, 501},
		"waited":              {ratified.Record{Until: 11, From: 500}, true, 0},
		"waits for a tick":    {ratified.Record{Until: 11, From: ratified.Unknown}, false, 0},
		"stayed":              {ratified.Record{Until: 11, Stayed: 501}, false, 501},
		"stayed until a tick": {ratified.Record{Until: 11, Stayed: ratified.Unknown}, false, 0},
		"the stay is over":    {ratified.Record{Until: 11, Stayed: 500}, true, 0},
		"revoked":             {ratified.Record{Until: 11, Revoked: true, Stayed: 501}, false, 0},
	} {
		if in, next := c.r.InForce(ratified.Moment{Day: 10, Now: 500}); in != c.in || next != c.next {
			t.Errorf("%s: in force %v, next %d; want %v, %d", name, in, next, c.in, c.next)
		}
	}
}
