package quorum

import (
	"slices"
	"time"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/standing"
	"ringfence/store/keys"
)

// What is certified and who leads is known here long before the cosignatures of those that
// are gone are too old to count.
const (
	stalledFor = 10 * time.Second // then nothing is certified any more: an election or a slow disk takes less
	heardFor   = 15 * time.Second // who is there says something within: what is not certified each second, and each helpAfter that no leader is known
)

// stall is since when nothing can be entered or certified, by the machine's clock.
type stall struct {
	certified   uint64
	leaderless  time.Time
	uncertified time.Time
}

// stalls looks whether there is a leader, and whether what waits is certified. What others
// certified and is not followed here yet does not wait.
func (r *Regulator) stalls(now *run) {
	certified, applied, leader := r.follower.Standing().Size(), now.machine.Size(), !r.waited.group.Leader.IsZero()
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &r.stalled
	grown := certified > w.certified
	w.certified = certified
	w.leaderless = since(w.leaderless, !grown && !leader)
	w.uncertified = since(w.uncertified, !grown && applied > certified && r.offers.certified.Size <= certified)
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

// stop is why nothing is certified any more, and for how long. Who is behind a generation
// that others began, or holds another story than what they certified, cannot tell.
func (w *stall) stop(s *standing.Status) (standing.Stop, time.Duration) {
	if s.Realign.Begun > 0 || s.Silence == standing.SilentContradicted {
		return "", 0
	}
	for _, one := range []struct {
		why   standing.Stop
		since time.Time
	}{{standing.StopNoLeader, w.leaderless}, {standing.StopUncertified, w.uncertified}} {
		if waited := time.Since(one.since); !one.since.IsZero() && waited > stalledFor {
			return one.why, waited
		}
	}
	return "", 0
}

// promisedBehind reports whether a regulator is promised to a generation behind the one in
// force. All promises are told again each second.
func promisedBehind(s *standing.Status, member string) bool {
	return slices.ContainsFunc(s.Realign.Promises, func(p standing.Promise) bool {
		return p.Member == member && p.Number > max(s.Generation, s.Realign.Begun)
	})
}

// isBehind reports whether a regulator takes no part in the generation in force: who was not
// among those that began it votes in its Raft once it has caught up there. Of a generation
// that this one is behind itself it knows the record alone.
func (r *Regulator) isBehind(s *standing.Status, seat *standing.Seat, cosigns keys.Public, known bool) bool {
	if s.Realign.Begun == 0 {
		return s.Generation > 0 && known && !seat.Voter
	}
	return seat.Self || r.shown != nil && !slices.ContainsFunc(r.shown.Promises, func(p cosign.SignedPromise) bool { return p.By.Key == cosigns })
}
