package council

import (
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
)

// Work is what a benchmark's process of its own does.
type Work string

// The works, and of what they do how many.
const (
	RatifyMotions Work = "ratify"   // of 4,096 items; gives a Throughput
	EnactMotions  Work = "enact"    // of one item; gives []time.Duration, rising
	FailOver      Work = "failover" // gives a time.Duration
	SitIdle       Work = "idle"     // seconds; gives the share of a processor
	FollowEntries Work = "follow"   // gives a Followed
	VerifyProof   Work = "verify"   // in a ledger of so many entries; gives a time.Duration
	AuditEntries  Work = "audit"    // and as many idle ticks as go to them; gives an Audited
)

// proofs is over how many proofs VerifyProof takes the average.
const proofs = 1000

// Do does some work in an empty directory and returns what it gives.
func Do(t testing.TB, w Work, dir string, times int) any {
	t.Helper()
	switch w {
	case FollowEntries:
		return Follow(t, Grow(t, times), dir)
	case VerifyProof:
		return Verify(t, Grow(t, times), proofs)
	case AuditEntries:
		Hold(t, times, times*idleTicks/heldEntries, dir)
		return Audit(t, dir)
	}
	cfg := Config{Dir: dir, Timing: group.Loopback(), Follower: w == EnactMotions}
	if w == SitIdle {
		cfg.Timing = group.WAN() // as far from each other as organisations are
	}
	c := Sit(t, cfg)
	defer c.Close()
	var numbers Numbers
	switch w {
	case RatifyMotions:
		c.Ratify(&numbers, 1) // what is made once is made here
		return c.Ratify(&numbers, times)
	case EnactMotions:
		return c.Enact(&numbers, times)
	case FailOver:
		return c.Failover(&numbers)
	case SitIdle:
		return c.Rest(time.Duration(times) * time.Second)
	}
	t.Fatalf("council: no work %q", w)
	return nil
}
