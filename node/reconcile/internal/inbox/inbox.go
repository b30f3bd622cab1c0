package inbox

import (
	"sync"
	"time"

	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Most is how many nudges wait at most. What is lost comes with the next exchange.
const Most = 4096

// Nudge is whose feed a peer should have more of.
type Nudge struct {
	Peer keys.Public
	Lane message.Lane
}

// Box is an inbox. Make one with New; it is safe for concurrent use.
type Box struct {
	wake chan struct{} // holds one

	mu     sync.Mutex
	events []func(now time.Time)
	nudges map[Nudge]feed.Tip
}

// New returns an empty one.
func New() *Box {
	return &Box{wake: make(chan struct{}, 1), nudges: make(map[Nudge]feed.Tip)}
}

// Wake has something to receive when there may be something to do.
func (b *Box) Wake() <-chan struct{} { return b.wake }

// Rouse wakes the planner.
func (b *Box) Rouse() {
	select {
	case b.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Post puts in what has happened.
func (b *Box) Post(happened func(now time.Time)) {
	b.mu.Lock()
	b.events = append(b.events, happened)
	b.mu.Unlock()
	b.Rouse()
}

// Nudge says how far a peer should have a feed; of several tips the later one counts.
func (b *Box) Nudge(n Nudge, tip feed.Tip) {
	b.mu.Lock()
	if held, ok := b.nudges[n]; ok || len(b.nudges) < Most {
		b.nudges[n] = feed.Later(held, tip)
	}
	b.mu.Unlock()
	b.Rouse()
}

// Empty returns what is in it, and empties it.
func (b *Box) Empty() ([]func(now time.Time), map[Nudge]feed.Tip) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events, nudges := b.events, b.nudges
	b.events, b.nudges = nil, make(map[Nudge]feed.Tip)
	return events, nudges
}
