package quota

import (
	"time"

	"golang.org/x/time/rate"

	"ringfence/store/keys"
)

// DefaultRate is that of one issuer in the long run, in bytes a second, and Burst how
// many bytes of it come before its rate counts.
const (
	DefaultRate = 4 << 20
	Burst       = 256 << 20
)

// Quotas are those of all issuers. They are not safe for concurrent use.
type Quotas struct {
	Rate int64 // bytes a second

	limits map[keys.Public]*rate.Limiter // of issuers of whom anything was pulled
}

// Allow reports whether an issuer's feed may be pulled now.
func (q *Quotas) Allow(issuer keys.Public, now time.Time) bool {
	limit := q.limits[issuer]
	return limit == nil || limit.TokensAt(now) > 0
}

// Charge counts bytes, at most Burst, that were pulled of an issuer's feed, also beyond
// its quota.
func (q *Quotas) Charge(issuer keys.Public, bytes int, now time.Time) {
	if q.limits == nil {
		q.limits = make(map[keys.Public]*rate.Limiter)
	}
	if q.limits[issuer] == nil {
		q.limits[issuer] = rate.NewLimiter(rate.Limit(q.Rate), Burst)
	}
	q.limits[issuer].ReserveN(now, bytes)
}
