package rest

import (
	"container/list"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bounds what requests may cost. Zero fields take the defaults.
type Limits struct {
	Concurrent int // requests under way at once; default 256
	PerSecond  int // requests a second of one client; default 2,000
	Burst      int // requests of one client at once; default 4,000
	Clients    int // clients remembered, the least recent forgotten; default 4,096
	MinRate    int // bytes a second that an upload must keep up; default 4,096
	Patience   time.Duration
	// Patience is what an upload may lag behind MinRate, and what a client may
	// take to read a piece of a stream; default 30 s.
}

func (l Limits) withDefaults() Limits {
	l.Concurrent = positive(l.Concurrent, 256)
	l.PerSecond = positive(l.PerSecond, 2_000)
	l.Burst = positive(l.Burst, 4_000)
	l.Clients = positive(l.Clients, 4_096)
	l.MinRate = positive(l.MinRate, 4_096)
	if l.Patience <= 0 {
		l.Patience = 30 * time.Second
	}
	return l
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// clients bounds how often each client asks. Memory is bounded: a client that
// was forgotten starts anew.
type clients struct {
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

func newClients(l Limits) *clients {
	return &clients{
		perSecond: rate.Limit(l.PerSecond), burst: l.Burst, most: l.Clients,
		recent: list.New(), known: make(map[netip.Prefix]*list.Element),
	}
}

// allow takes one request from the client's allowance.
func (c *clients) allow(address netip.Addr, now time.Time) bool {
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

func tooLarge(limit int64) string {
	return "the body is larger than " + strconv.FormatInt(limit, 10) + " bytes; send it in parts"
}
