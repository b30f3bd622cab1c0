package conduct

import (
	"fmt"
	"time"

	"ringfence/node/reconcile/internal/ask"
)

// What a neighbour may do, in counts, and how long it is let alone.
const (
	breaksToDrop   = 3 // answers to one kind of request that it breaks off in a row
	silencesToDrop = 3 // requests for batches in a row that it leaves unanswered while it answers others
	failuresToLose = 3 // conversations in a row that came to nothing, until nothing is expected any more
	pause          = time.Second
	mostPause      = 5 * time.Second
)

// Request is what a neighbour was asked for.
type Request uint8

// The kinds that are counted apart.
const (
	Word    Request = 0 // a beacon, heads, a header, a proof
	Batches Request = 1
)

// Conduct is one neighbour's, as far as it is remembered while it is connected. The
// zero Conduct is that of somebody who has just come.
type Conduct struct {
	paused   time.Time
	failures int    // conversations in a row
	breaks   [2]int // by what was asked, in a row
	silences int
	mute     bool // it has answered nothing since it left a request for batches unanswered
}

// Answered says that a conversation came to its end.
func (c *Conduct) Answered(what Request) {
	c.failures, c.mute = 0, false
	c.breaks[what] = 0
	if what == Batches {
		c.silences = 0
	}
}

// Failed says that one did not. It returns why the neighbour is to be dropped, ""
// when it is let alone for a while.
func (c *Conduct) Failed(what Request, f ask.Failure, now time.Time) (drop string) {
	switch {
	case f.Fault == ask.Lying:
		return Lie(f.Err.Error())
	case f.Fault == ask.Slow:
		return "it trickles: an answer was not there in time although it kept sending"
	case f.Fault == ask.Broken:
		if c.breaks[what]++; c.breaks[what] >= breaksToDrop {
			return fmt.Sprintf("it broke off %d answers in a row: %v", c.breaks[what], f.Err)
		}
	case f.Fault == ask.Silent && what == Batches && !c.mute:
		c.mute = true
		if c.silences++; c.silences >= silencesToDrop {
			return "it answers beacons, but no request for batches"
		}
	}
	c.failures++ // the line may be dead, or this node ends
	c.paused = now.Add(min(time.Duration(c.failures)*pause, mostPause))
	return ""
}

// Lie returns why somebody is dropped who sent what every node refuses.
func Lie(detail string) string { return "it sent what no honest node sends: " + detail }

// Paused returns until when the neighbour is let alone.
func (c *Conduct) Paused() time.Time { return c.paused }

// Forgive ends a pause: the neighbour is there again.
func (c *Conduct) Forgive() { c.paused = time.Time{} }

// Lost reports whether nothing is to be expected until the neighbour answers again.
func (c *Conduct) Lost() bool { return c.failures >= failuresToLose }
