// Package clock is what a node knows of other nodes' clocks.
//
// Floor 11, a room of node/federation.
package clock

import (
	"time"

	"ringfence/store/intake"
)

// Median returns the middle of all, which are sorted; of two middles the one
// nearer to zero.
func Median(all []time.Duration) time.Duration {
	low, high := all[(len(all)-1)/2], all[len(all)/2]
	if low.Abs() < high.Abs() {
		return low
	}
	return high
}

// Reading is what a peer's clock showed at a moment of the machine's clock that only
// ever runs: so a node's clock that is set, or jumps, is off from then on. After the
// machine slept it seems off too, until the peer is heard again. The zero Reading is
// none.
type Reading struct{ showed, at time.Time }

// Known reports whether it is one.
func (r Reading) Known() bool { return !r.at.IsZero() }

// shows returns what the clock shows at a moment of the machine's clock, if nobody
// has set it since.
func (r Reading) shows(at time.Time) time.Time { return r.showed.Add(at.Sub(r.at)) }

// Ahead returns by how much the clock is ahead of the node's, which shows now.
func (r Reading) Ahead(now time.Time) time.Duration { return r.shows(time.Now()).Sub(now) }

// LongestWay is how long what a peer tells by itself may be under way.
const LongestWay = time.Minute

// After returns what is known of the clock once the peer has told its time, while
// the node's clock shows now. In an answer it is as old as half of the round trip.
// What a peer tells by itself, without a round trip, is of unknown age: it counts
// when it is further from what was known than a batch may be dated ahead, and no way
// is so long.
func (r Reading) After(told, now time.Time, roundTrip time.Duration) Reading {
	at := time.Now()
	if roundTrip > 0 {
		return Reading{told.Add(roundTrip / 2), at}
	}
	if r.Known() {
		now = r.shows(at)
	}
	if told.Sub(now).Abs() > intake.Ahead+LongestWay {
		return Reading{told, at}
	}
	return r
}
