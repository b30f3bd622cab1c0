package gate

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ringfence/node/overlay/internal/layout"
)

// Guests bounds what strangers take of what is served to everybody: streams at once,
// and bytes a second, in total and for each address. Members have nothing to do with
// it, so no crowd of strangers takes anything from them. Make one with NewGuests. It
// is safe for concurrent use.
type Guests struct {
	total *rate.Limiter

	mu   sync.Mutex
	open int
	at   map[netip.Prefix]*place
}

// place is what one address has.
type place struct {
	open  int
	limit *rate.Limiter
}

// NewGuests returns the bounds, with nobody there.
func NewGuests() *Guests {
	return &Guests{total: rate.NewLimiter(layout.GuestRate, layout.GuestBurst), at: make(map[netip.Prefix]*place)}
}

// Enter counts a stream; nil when there are too many, in total or from its address.
func (g *Guests) Enter(at netip.Prefix) *Guest {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.at[at]
	if p == nil {
		if len(g.at) >= layout.MaxGuestPlaces {
			g.forget()
		}
		if len(g.at) >= layout.MaxGuestPlaces {
			return nil
		}
		p = &place{limit: rate.NewLimiter(layout.GuestRateAt, layout.GuestBurstAt)}
		g.at[at] = p
	}
	if g.open >= layout.MaxGuests || p.open >= layout.MaxGuestsAt {
		return nil
	}
	g.open++
	p.open++
	return &Guest{guests: g, place: p}
}

// forget drops addresses that have nothing and used nothing lately: for others,
// leaving and coming back would be a new share. The caller holds the lock.
func (g *Guests) forget() {
	for at, p := range g.at {
		if p.open == 0 && p.limit.Tokens() >= layout.GuestBurstAt {
			delete(g.at, at)
		}
	}
}

// Guest is a stranger's stream.
type Guest struct {
	guests *Guests
	place  *place
	left   sync.Once
}

// Leave ends it. It may be called again.
func (g *Guest) Leave() {
	g.left.Do(func() {
		g.guests.mu.Lock()
		defer g.guests.mu.Unlock()
		g.guests.open--
		g.place.open--
	})
}

// Charge counts bytes, at most layout.GuestPiece, that are to be written, and returns
// how long to wait before, and what undoes the count when that is too long.
func (g *Guest) Charge(bytes int) (wait time.Duration, undo func()) {
	now, n := time.Now(), max(bytes, layout.GuestCost)
	here, all := g.place.limit.ReserveN(now, n), g.guests.total.ReserveN(now, n)
	return max(here.DelayFrom(now), all.DelayFrom(now)), func() { here.CancelAt(now); all.CancelAt(now) }
}
