package parts

import (
	"math/rand/v2"
	"testing"

	"ringfence/node/reconcile/internal/message"
)

// TestPartsKeepTheirOrder does to the parts of a feed whatever may happen to them,
// in any order: they stay a chain without holes from the next place on, and the
// bytes that are freed are the bytes that were given.
func TestPartsKeepTheirOrder(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		peers := []string{"one", "two", "three"}
		f := &Queue[string]{}
		held := 0 // bytes, as the plan counts them
		for range 200 {
			p := peers[r.IntN(3)]
			switch r.IntN(8) {
			case 0, 1, 2:
				if q, i := f.Open(1000); q != nil {
					f.Ask(i, q, 1+r.IntN(q.Count), p)
				}
			case 3, 4:
				for _, q := range f.All() {
					if q.Asker != "" {
						got := make([]message.Record, r.IntN(q.Count+1))
						for i := range got {
							got[i].Body = make([]byte, 1+r.IntN(9))
						}
						f.Give(q, q.Asker, got, 0)
						held += q.Bytes()
						held -= f.Trim()
						break
					}
				}
			case 5:
				f.Next += uint64(r.IntN(20))
				held -= f.Trim()
			case 6:
				if r.IntN(5) == 0 {
					held -= f.Forget(p) + f.Trim()
				}
			case 7:
				if r.IntN(20) == 0 {
					held -= f.Clear()
				}
			}
			at, sum := f.Next, 0
			for i, q := range f.All() {
				if i == 0 && q.From < at && q.Asker != "" {
					at = q.From // it was asked for before the feed grew
				}
				if q.From != at || q.Count < 1 || q.Records != nil && (len(q.Records) != q.Count || q.Asker != "") {
					t.Fatalf("seed %d: part %d is %+v, and should begin at %d", seed, i, q, at)
				}
				at += uint64(q.Count)
				sum += q.Bytes()
			}
			if sum != held {
				t.Fatalf("seed %d: %d bytes are held, %d are counted", seed, sum, held)
			}
		}
	}
}

// TestHold takes in that less is held than before: what was asked for beyond is of another
// branch.
func TestHold(t *testing.T) {
	q := &Queue[string]{}
	q.Hold(3)
	p, i := q.Open(10)
	q.Ask(i, p, 2, "a")
	q.Give(p, "a", []message.Record{{Header: []byte("h"), Body: []byte("body")}}, 0)
	if freed := q.Hold(3); freed != 0 || len(q.All()) == 0 {
		t.Errorf("%d bytes are freed and %d parts left of what is still wanted", freed, len(q.All()))
	}
	if freed := q.Hold(1); freed != 5 || q.Next != 1 || len(q.All()) != 0 || p.Asker != "" {
		t.Errorf("%d bytes are freed, the next is %d, %d parts are left", freed, q.Next, len(q.All()))
	}
	if p, _ := q.Open(10); p == nil || p.From != 1 {
		t.Errorf("the first part is %+v", p)
	}
}
