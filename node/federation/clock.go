package federation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringfence/node/federation/clock"
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
		told := f.peers[host].clock
		ahead := told.Ahead(now)
		member, ok := f.cfg.State().Host(host)
		if old, seen := of[member]; ok && told.Known() && (!seen || ahead.Abs() < old.Abs()) {
			of[member] = ahead
		}
	}
	if len(of) == 0 {
		return 0, false
	}
	return clock.Median(slices.Sorted(maps.Values(of))), true
}
