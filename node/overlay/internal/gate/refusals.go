package gate

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/address"
)

// Reason is why a connection that somebody else opened was refused or closed. The
// words are labels of metrics.
type Reason string

// The reasons.
const (
	TooFast   Reason = "rate"      // more come in a second than may, in all or from one address
	TooMany   Reason = "limit"     // there are as many as may be: in all, half open, from one address, of one identity
	Crowded   Reason = "crowded"   // there is no room for one more stranger
	Displaced Reason = "displaced" // a stranger made room for another
	Overstays Reason = "overstays" // a stranger had his time
	Nobody    Reason = "handshake" // it ended before the other end proved who it is
	NoKey     Reason = "identity"  // the identity is no sound Ed25519 key
	Lost      Reason = "dropped"   // it is a member that was dropped
)

// mostPlaces bounds how many addresses are told apart.
const mostPlaces = 1024

// Refusals counts refused connections, and from where they came. Make one with
// NewRefusals. It is safe for concurrent use.
type Refusals struct {
	heard func(reason string)

	mu      sync.Mutex
	all     int
	reasons map[Reason]int
	places  map[netip.Prefix]int
	more    bool // than mostPlaces
}

// NewRefusals returns a count of none. heard is told of each, and must not block; nil:
// nobody is.
func NewRefusals(heard func(reason string)) *Refusals {
	r := &Refusals{heard: heard}
	r.begin()
	return r
}

// begin forgets what was counted. The caller holds the lock.
func (r *Refusals) begin() {
	r.all, r.more, r.reasons, r.places = 0, false, make(map[Reason]int), make(map[netip.Prefix]int)
}

// Add counts a connection from an address.
func (r *Refusals) Add(why Reason, from ma.Multiaddr) {
	if r.heard != nil {
		r.heard(string(why))
	}
	if why == Lost {
		return // it was told when it was dropped, and until when
	}
	place := address.Neighbourhood(from)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all++
	r.reasons[why]++
	if _, known := r.places[place]; !known && len(r.places) >= mostPlaces {
		r.more = true
		return
	}
	r.places[place]++
}

// Tally is what was refused in a while.
type Tally struct {
	Connections int
	Addresses   int  // that they came from, an IPv6 /56 being one …
	More        bool // … or more than are told apart
	From        netip.Prefix
	FromThere   int // of them from From, which sent the most
	Why         Reason
	ForThat     int // of them for Why, the most frequent reason
}

// Take returns what was refused since the last time, dropped members left out.
func (r *Refusals) Take() Tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := Tally{Connections: r.all, Addresses: len(r.places), More: r.more}
	for at, n := range r.places {
		if n > t.FromThere || (n == t.FromThere && at.Addr().Less(t.From.Addr())) {
			t.From, t.FromThere = at, n
		}
	}
	for why, n := range r.reasons {
		if n > t.ForThat || (n == t.ForThat && why < t.Why) {
			t.Why, t.ForThat = why, n
		}
	}
	r.begin()
	return t
}

// Counted returns m, counting what it refuses of others.
func Counted(m network.ResourceManager, r *Refusals) network.ResourceManager {
	return counted{m, r}
}

type counted struct {
	network.ResourceManager
	refusals *Refusals
}

func (c counted) OpenConnection(dir network.Direction, usefd bool, from ma.Multiaddr) (network.ConnManagementScope, error) {
	scope, err := c.ResourceManager.OpenConnection(dir, usefd, from)
	switch {
	case dir != network.DirInbound:
		return scope, err
	case err != nil:
		c.refusals.Add(refused(err), from)
		return scope, err
	}
	return &countedScope{ConnManagementScope: scope, refusals: c.refusals, from: from}, nil
}

// refused tells apart what the library has no errors for: whoever opens too fast is
// refused with a text alone.
func refused(err error) Reason {
	if !errors.Is(err, network.ErrResourceLimitExceeded) && strings.Contains(err.Error(), "rate limit") {
		return TooFast
	}
	return TooMany
}

// countedScope is a connection whose other end is not proven yet.
type countedScope struct {
	network.ConnManagementScope
	refusals *Refusals
	from     ma.Multiaddr
	told     atomic.Bool // who it is, or that it never said
}

func (s *countedScope) SetPeer(id peer.ID) error {
	err := s.ConnManagementScope.SetPeer(id)
	if !s.told.Swap(true) && err != nil {
		s.refusals.Add(TooMany, s.from)
	}
	return err
}

func (s *countedScope) Done() {
	if !s.told.Swap(true) {
		s.refusals.Add(Nobody, s.from)
	}
	s.ConnManagementScope.Done()
}
