package federation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/intake"
)

// ErrClock says that this node's clock differs from its peers' by more than they
// would accept a batch ahead of time.
var ErrClock = errors.New("federation: the clock is wrong")

// MaySign returns why this node must not sign now, nil when it may: somebody else
// lives by its host key, or its clock is wrong.
func (f *Federation) MaySign() error {
	if err := f.single(); err != nil {
		return err
	}
	return f.timely()
}

// timely returns ErrClock, with the reason, while the clock is more than ten minutes
// from the peers'. Without peers nobody knows better.
func (f *Federation) timely() error {
	ahead, known := f.clock()
	if !known || ahead.Abs() <= intake.Ahead {
		return nil
	}
	off := phrase.New("problem.clock_behind", "the clock of this node is %v behind that of the peers, and at most %v is accepted, so it signs nothing; set it right (an NTP client keeps it so)", ahead.Round(time.Second), intake.Ahead)
	if ahead < 0 {
		off = phrase.New("problem.clock_ahead", "the clock of this node is %v ahead of that of the peers, and at most %v is accepted, so it signs nothing; set it right (an NTP client keeps it so)", ahead.Abs().Round(time.Second), intake.Ahead)
	}
	return fmt.Errorf("%w: %w", ErrClock, off)
}

// tellClock tells the log when the clock is found wrong, and when it is right again.
func (f *Federation) tellClock() {
	err := f.timely()
	_, known := f.clock()
	switch {
	case err != nil && !f.clockOff:
		f.log.Error("this node signs nothing", "reason", phrase.From(err).Text)
		f.clockOff = true
	case err == nil && known && f.clockOff:
		f.log.Info("the clock of this node is right again")
		f.clockOff = false
	}
}

// clock returns by how much the peers' clocks are ahead of this one: the median
// over the members that are connected, of two middles the one nearer to this
// clock. So no single one of three members or more decides, nor of two that this
// clock is wrong; one alone does.
func (f *Federation) clock() (ahead time.Duration, known bool) {
	near := f.around.Neighbours()
	f.mu.Lock()
	defer f.mu.Unlock()
	of, now := make(map[charter.MemberIndex]time.Duration), f.cfg.Now()
	for _, host := range near {
		clock := f.peers[host].clock
		ahead := clock.ahead(now)
		member, ok := f.cfg.State().Host(host)
		if old, seen := of[member]; ok && clock.known() && (!seen || ahead.Abs() < old.Abs()) {
			of[member] = ahead
		}
	}
	if len(of) == 0 {
		return 0, false
	}
	return median(slices.Sorted(maps.Values(of))), true
}

// median returns the middle of all, which are sorted; of two middles the one
// nearer to zero.
func median(all []time.Duration) time.Duration {
	low, high := all[(len(all)-1)/2], all[len(all)/2]
	if low.Abs() < high.Abs() {
		return low
	}
	return high
}

// reading is what a peer's clock showed at a moment of the machine's clock that only
// ever runs: so a node's clock that is set, or jumps, is off from then on. After the
// machine slept it seems off too, until the peer is heard again. The zero reading is
// none.
type reading struct{ showed, at time.Time }

func (r reading) known() bool { return !r.at.IsZero() }

// shows returns what the clock shows at a moment of the machine's clock, if nobody
// has set it since.
func (r reading) shows(at time.Time) time.Time { return r.showed.Add(at.Sub(r.at)) }

// ahead returns by how much the clock is ahead of the node's, which shows now.
func (r reading) ahead(now time.Time) time.Duration { return r.shows(time.Now()).Sub(now) }

// longestWay is how long what a peer tells by itself may be under way.
const longestWay = time.Minute

// after returns what is known of the clock once the peer has told its time, while
// the node's clock shows now. In an answer it is as old as half of the round trip.
// What a peer tells by itself, without a round trip, is of unknown age: it counts
// when it is further from what was known than a batch may be dated ahead, and no way
// is so long.
func (r reading) after(told, now time.Time, roundTrip time.Duration) reading {
	at := time.Now()
	if roundTrip > 0 {
		return reading{told.Add(roundTrip / 2), at}
	}
	if r.known() {
		now = r.shows(at)
	}
	if told.Sub(now).Abs() > intake.Ahead+longestWay {
		return reading{told, at}
	}
	return r
}
