// Package limit bounds what clients may take: connections, and requests a
// second. Both bounds are bounded themselves: what is remembered of clients has
// a greatest size, whatever addresses they come from.
package limit

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Clients bounds how often each client asks. Memory is bounded: a client that
// was forgotten starts anew.
type Clients struct {
	perSecond rate.Limit
	burst     int
	most      int

	mu     sync.Mutex
	recent *list.List // of *client, the most recent first
	known  map[netip.Prefix]*list.Element
}

type client struct {
	from    netip.Prefix
	limiter *rate.Limiter
}

// ClientsConfig is how much is allowed; all fields are positive.
type ClientsConfig struct {
	PerSecond int // requests a second of one client
	Burst     int // requests of one client at once
	Most      int // clients remembered, the least recent forgotten
}

// NewClients makes the bounds.
func NewClients(cfg ClientsConfig) *Clients {
	return &Clients{
		perSecond: rate.Limit(cfg.PerSecond), burst: cfg.Burst, most: cfg.Most,
		recent: list.New(), known: make(map[netip.Prefix]*list.Element),
	}
}

// Allow takes one request from the client's allowance.
func (c *Clients) Allow(address netip.Addr, now time.Time) bool {
	from := clientOf(address)
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.known[from]
	if !ok {
		if c.recent.Len() >= c.most {
			last := c.recent.Back()
			delete(c.known, last.Value.(*client).from)
			c.recent.Remove(last)
		}
		e = c.recent.PushFront(&client{from: from, limiter: rate.NewLimiter(c.perSecond, c.burst)})
		c.known[from] = e
	}
	c.recent.MoveToFront(e)
	return e.Value.(*client).limiter.AllowN(now, 1)
}

// clientOf is whom an address counts for: an IPv6 host commands its whole /64.
func clientOf(address netip.Addr) netip.Prefix {
	address = address.Unmap()
	bits := 32
	if address.Is6() {
		bits = 64
	}
	from, err := address.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: all such count as one
	}
	return from
}
