package courier

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"ringfence/node/council/letter"
)

// What strangers may ask. One address has a small part of what all have, so that who
// floods from it takes little from others. Whoever waits with join asks every two seconds.
const (
	strangerRate   = 8 // questions a second of all strangers, …
	strangerMost   = 40
	strangerRateAt = 1 // … and from one address, …
	strangerMostAt = 10
	maxPlaces      = 1024 // … of so many that are told apart
)

// strangers bounds what strangers ask, and tells their places apart.
type strangers struct {
	secret [sha256.Size]byte // of this run
	total  *rate.Limiter

	mu sync.Mutex
	at map[netip.Prefix]*rate.Limiter
}

func newStrangers() *strangers {
	s := &strangers{total: rate.NewLimiter(strangerRate, strangerMost), at: make(map[netip.Prefix]*rate.Limiter)}
	_, _ = rand.Read(s.secret[:]) // it never fails
	return s
}

// allow counts a question from an address. What is too much from there takes nothing from
// what all have.
func (s *strangers) allow(at netip.Prefix) bool {
	s.mu.Lock()
	l := s.at[at]
	if l == nil {
		if len(s.at) >= maxPlaces {
			s.forget()
		}
		if len(s.at) >= maxPlaces {
			s.mu.Unlock()
			return false
		}
		l = rate.NewLimiter(strangerRateAt, strangerMostAt)
		s.at[at] = l
	}
	s.mu.Unlock()
	return l.Allow() && s.total.Allow()
}

// forget drops addresses that asked nothing lately: for others, leaving and coming back
// would be a new share. The caller holds mu.
func (s *strangers) forget() {
	for at, l := range s.at {
		if l.Tokens() >= strangerMostAt {
			delete(s.at, at)
		}
	}
}

// name returns by what the regulators tell an address from others: it does not say which
// it is, and is another one after a restart.
func (s *strangers) name(at netip.Prefix) string {
	h := hmac.New(sha256.New, s.secret[:])
	h.Write([]byte(at.String()))
	return string(h.Sum(nil)[:letter.PlaceSize])
}
