package pace

import (
	"context"
	"math/rand/v2"
	"time"
)

// DefaultEvery is the time between two exchanges with a neighbour.
const DefaultEvery = 10 * time.Second

// When the federation rests.
const (
	RestAfter = 6 // times Every, without anything new …
	RestTimes = 3 // … and exchanges with a neighbour lie so many times Every apart, …
	RestMost  = 6 // … or up to so many, …
	RestParts = 8 // … as long as one of the neighbours is met in each such part of Every
)

// Pace is that of one node. The zero Pace of some Every rests.
type Pace struct {
	Every time.Duration // between two exchanges

	stirred time.Time // when anything new was last heard of
}

// Stir says that there is something new, and reports whether that ended a rest.
func (p *Pace) Stir(now time.Time) (rested bool) {
	rested = p.resting(now)
	p.stirred = now
	return rested
}

func (p *Pace) resting(now time.Time) bool { return now.Sub(p.stirred) >= RestAfter*p.Every }

// Gap returns the time until the next exchange with one of so many neighbours, a
// quarter more or less. What gossip lost is heard of from whoever is met first, so
// who has many rests longer with each.
func (p *Pace) Gap(now time.Time, neighbours int) time.Duration {
	if !p.resting(now) {
		return jitter(p.Every)
	}
	all := time.Duration(neighbours) * p.Every / RestParts
	return jitter(min(max(all, RestTimes*p.Every), RestMost*p.Every))
}

// Soon returns a time until an exchange that something new calls for, so that not all
// neighbours are asked at once.
func (p *Pace) Soon() time.Duration { return rand.N(p.Every) }

func jitter(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2+1) }

// Pass lets time go by, until it is interrupted.
func Pass(ctx context.Context, d time.Duration, interrupted <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-interrupted:
	case <-timer.C:
	}
}
