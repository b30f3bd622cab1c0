package view

import (
	"math/rand/v2"
	"testing"
	"time"

	"ringfence/store/intake"
	"ringfence/store/memory"
)

// The view behind the real door and a real store shows the same list as one
// that reads the records directly, when each batch is offered twice.
func TestViewFollowsWhatTheDoorAdmits(t *testing.T) {
	w := babble(t, rand.New(rand.NewPCG(3, 3)), 40)
	store := memory.New()
	door, err := intake.New(intake.Config{Federation: w.state.Federation(), Roster: w.state, Store: store})
	must(t, err)
	v, err := New(Config{State: w.state, Source: store, Day: today, Session: 1})
	must(t, err)
	for i, r := range w.records {
		offer := intake.Offer{Header: r.Header, Body: r.Body}
		got, err := door.Admit([]intake.Offer{offer, offer}, time.Unix(at(0), 0))
		must(t, err)
		if got[0].Status != intake.Fresh || got[1].Status != intake.Known {
			t.Fatalf("batch %d: %v %v (%s), want fresh and known", i, got[0].Status, got[1].Status, got[0].Detail)
		}
		if n, err := v.Follow(); err != nil || n != 1 {
			t.Fatalf("batch %d: followed %d, %v", i, n, err)
		}
	}
	sameList(t, "behind the door and direct", v.List(), w.view(today).List())
}
