package standing

import (
	"slices"
	"time"
)

// What is certified and who leads is known long before the cosignatures of those that are
// gone are too old to count.
const (
	stalledFor = 10 * time.Second // then nothing is certified any more: an election or a slow disk takes less
	// HeardFor is within what time who is there says something while nothing is certified:
	// what is not certified each second, and that no leader is known each five.
	HeardFor = 15 * time.Second
)

// Stall is since when nothing can be entered or certified, by the machine's clock.
type Stall struct {
	certified   uint64
	leaderless  time.Time
	uncertified time.Time
}

// Look notes how large the certified ledger is, whether a leader is known, and whether
// entries wait.
func (w *Stall) Look(certified uint64, leader, waits bool) {
	grown := certified > w.certified
	w.certified = certified
	w.leaderless = since(w.leaderless, !grown && !leader)
	w.uncertified = since(w.uncertified, !grown && waits)
}

// since is since when something holds, if it does.
func since(began time.Time, holds bool) time.Time {
	switch {
	case !holds:
		return time.Time{}
	case began.IsZero():
		return time.Now()
	}
	return began
}

// Stop is why nothing is certified any more, and for how long. Who is behind a generation
// that others began, or holds another story than what they certified, cannot tell.
func (w *Stall) Stop(s *Status) (Stop, time.Duration) {
	if s.Realign.Begun > 0 || s.Silence == SilentContradicted {
		return "", 0
	}
	for _, one := range []struct {
		why   Stop
		since time.Time
	}{{StopNoLeader, w.leaderless}, {StopUncertified, w.uncertified}} {
		if waited := time.Since(one.since); !one.since.IsZero() && waited > stalledFor {
			return one.why, waited
		}
	}
	return "", 0
}

// PromisedAway reports whether a regulator is promised to a generation behind the one in
// force. All promises are told again each second.
func (s *Status) PromisedAway(member string) bool {
	return slices.ContainsFunc(s.Realign.Promises, func(p Promise) bool {
		return p.Member == member && p.Number > max(s.Generation, s.Realign.Begun)
	})
}

// Recent reports whether something was heard lately, by the machine's clock: the zero time
// is never.
func Recent(at time.Time, within time.Duration) bool {
	return !at.IsZero() && time.Since(at) <= within
}
