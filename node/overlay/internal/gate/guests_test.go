package gate

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay/internal/layout"
)

func prefix(a, b byte) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, a, b}), 32)
}

func TestGuestsAreFew(t *testing.T) {
	g := NewGuests()
	var all []*Guest
	for i := range byte(layout.MaxGuests) {
		for range layout.MaxGuestsAt + 1 {
			if one := g.Enter(prefix(0, i)); one != nil {
				all = append(all, one)
			}
		}
	}
	if len(all) != layout.MaxGuests {
		t.Fatalf("%d guests, want %d", len(all), layout.MaxGuests)
	}
	if all[0].Leave(); g.Enter(prefix(1, 0)) == nil {
		t.Error("there is no room after one has left")
	}
	all[0].Leave()
	if g.Enter(prefix(1, 1)) != nil {
		t.Error("one who left twice made room for two")
	}
	for _, one := range all {
		one.Leave()
	}
	n := 0
	for range 100 {
		if g.Enter(prefix(2, 0)) != nil {
			n++
		}
	}
	if n != layout.MaxGuestsAt {
		t.Errorf("%d guests from one address, want %d", n, layout.MaxGuestsAt)
	}
}

// In the long run one address, and all together, are written so many bytes a second,
// and coming back gives no new share.
func TestGuestsHaveAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGuests()
		pull := func(one *Guest, pieces int) (took time.Duration) {
			begun := time.Now()
			for range pieces {
				wait, _ := one.Charge(layout.GuestPiece)
				time.Sleep(wait)
			}
			return time.Since(begun)
		}
		second := layout.GuestRateAt / layout.GuestPiece
		one := g.Enter(prefix(0, 0))
		if took := pull(one, layout.GuestBurstAt/layout.GuestPiece); took != 0 {
			t.Errorf("the burst took %v", took)
		}
		if took := pull(one, 3*second).Round(100 * time.Millisecond); took != 3*time.Second {
			t.Errorf("three seconds' worth took %v", took)
		}
		one.Leave()
		if took := pull(g.Enter(prefix(0, 0)), second).Round(100 * time.Millisecond); took != time.Second {
			t.Errorf("after coming back a second's worth took %v", took)
		}
		time.Sleep(time.Minute)
		begun := time.Now()
		done := make(chan bool)
		const guests = 8
		for i := range byte(guests) {
			go func() { pull(g.Enter(prefix(1, i)), second); done <- true }()
		}
		for range guests {
			<-done
		}
		if took, want := time.Since(begun), time.Duration(guests*layout.GuestRateAt-layout.GuestBurst)*time.Second/layout.GuestRate; took < want {
			t.Errorf("all together took %v, want %v at least", took, want)
		}
		// What was not written counts for nothing.
		time.Sleep(time.Minute)
		for range 1000 {
			_, undo := one.Charge(layout.GuestPiece)
			undo()
		}
		if wait, _ := one.Charge(layout.GuestPiece); wait != 0 {
			t.Errorf("after nothing was written the next waits %v", wait)
		}
	})
}

// Strangers from ever new addresses cost no more memory than the bound, and those who
// used something lately are not forgotten.
func TestGuestPlacesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGuests()
		for i := range 2 * layout.MaxGuestPlaces {
			if one := g.Enter(prefix(byte(i>>8), byte(i))); one != nil {
				_, _ = one.Charge(layout.GuestPiece)
				one.Leave()
			}
		}
		if n := len(g.at); n != layout.MaxGuestPlaces {
			t.Errorf("%d places", n)
		}
		time.Sleep(time.Minute)
		if g.Enter(prefix(200, 0)) == nil || len(g.at) != 1 {
			t.Errorf("a minute later %d places", len(g.at))
		}
	})
}
