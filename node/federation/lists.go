package federation

import (
	"time"

	"ringfence/node/reconcile"
)

const (
	// keptLists bounds how many of its own lists a node knows the summary of.
	keptLists = 256
	// agreedFor is how long a comparison counts: two exchanges at rest, of which one may
	// fail; with dozens of neighbours they come up to 75 s apart.
	agreedFor = 3 * time.Minute
)

// made is a list that this node had, in summary.
type made struct {
	reconcile.Beacon
	until time.Time // by the machine's clock; zero: it is the list still
}

// both returns when this node and a peer both had the list last, as far as a word of
// the peer tells that came then: whoever stays behind agrees with what was, and no more.
func (m *made) both(came time.Time) time.Time {
	if !m.until.IsZero() && m.until.Before(came) {
		return m.until
	}
	return came
}

// lists is the lists that a node had last, in a ring, so that a peer's list is compared
// with the own one that was made of the same, whoever of the two was sooner. The zero
// lists are ready.
type lists struct {
	ring []made
	last int // place of the newest
}

// add takes in the list that there is from now on.
func (l *lists) add(b *reconcile.Beacon, now time.Time) {
	if len(l.ring) > 0 {
		l.ring[l.last].until = now
	}
	if len(l.ring) < keptLists {
		l.ring = append(l.ring, made{})
		l.last = len(l.ring) - 1
	} else {
		l.last = (l.last + 1) % len(l.ring)
	}
	l.ring[l.last] = made{Beacon: *b}
}

// find returns the newest list that was made of the same as another; nil: none is known.
func (l *lists) find(theirs *reconcile.Beacon) *made {
	for i := range l.ring {
		m := &l.ring[(l.last-i+len(l.ring))%len(l.ring)]
		if c := compare(&m.Beacon, theirs); c == agrees || c == differs {
			return m
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
