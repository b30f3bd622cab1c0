package conduct

import (
	"time"

	"golang.org/x/time/rate"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/message"
)

// What a neighbour may do, in counts, and how long it is let alone.
const (
	breaksToDrop   = 3 // answers to one kind of request that it breaks off in a row
	silencesToDrop = 3 // requests for batches in a row that it leaves unanswered while it answers others
	failuresToLose = 3 // conversations in a row that came to nothing, until nothing is expected any more
	pause          = time.Second
	mostPause      = 5 * time.Second
	headsRate      = 256                       // heads a second that it may tell of in the long run
	headsBurst     = message.MaxHeads          // before that rate counts
	patience       = time.Minute               // that it is waited for in vain, however often it comes
	mostWaited     = patience + 10*time.Second // of it that is counted: more, or an outwaited one would be waited for after each moment away
	regain         = 60                        // times as long as it was waited for, until that is forgotten
)

// Request is what a neighbour was asked for.
type Request uint8

// The kinds that are counted apart.
const (
	Word    Request = 0 // a beacon, heads, a header, a proof
	Batches Request = 1
)

// Conduct is one neighbour's. The zero Conduct is that of somebody who was never
// there.
type Conduct struct {
	paused   time.Time
	failures int    // conversations in a row
	breaks   [2]int // by what was asked, in a row
	before   [2]int // breaks when it came
	silences int
	mute     bool          // it has answered nothing since it left a request for batches unanswered
	heads    *rate.Limiter // nil: it has told of none

	here   bool
	mum    bool      // it is here and has not told what it holds
	since  time.Time // when it came, or told or gave something last
	waited time.Duration
	as     time.Time // of waited
}

// came says that the neighbour is connected anew: a pause is over, and its words are
// waited for. A line that is lost breaks off all that is under way, which counts as
// one answer.
func (c *Conduct) came(now time.Time) {
	c.paused, c.failures = time.Time{}, 0
	for i := range c.breaks {
		c.breaks[i] = min(c.breaks[i], c.before[i]+1)
	}
	c.before = c.breaks
	c.here, c.mum, c.since = true, true, now
}

// went says that the neighbour is gone, and whether a request for batches was open.
func (c *Conduct) went(owing bool, now time.Time) {
	if c.mum || owing {
		c.wait(now)
	}
	c.here, c.mum, c.since = false, false, now
}

// wait counts the time until now as waited for nothing.
func (c *Conduct) wait(now time.Time) {
	c.waited, c.as = min(mostWaited, c.wasted(now)+now.Sub(c.since)), now
}

// wasted returns what is not forgotten of the time that the neighbour was waited for.
func (c *Conduct) wasted(now time.Time) time.Duration {
	return max(0, c.waited-now.Sub(c.as)/regain)
}

// Outwaited reports whether the neighbour has been waited for as long as anybody is,
// now or in several times that it came and went. What it held when it came is not
// waited for any longer. An answer may take its time, unless one was lately waited for
// in vain.
func (c *Conduct) Outwaited(now time.Time) bool {
	wasted := c.wasted(now)
	if c.mum || wasted > 0 {
		wasted += now.Sub(c.since)
	}
	return wasted >= patience
}

// Told says that the neighbour told what it holds, in so many heads that changed.
func (c *Conduct) Told(heads int, now time.Time) {
	if c.mum {
		c.wait(now)
		c.mum, c.since = false, now
	}
	if c.heads == nil {
		c.heads = rate.NewLimiter(headsRate, headsBurst)
	}
	c.heads.ReserveN(now, min(heads, headsBurst))
}

// Satiety returns for how long the neighbour is not asked for heads, since it told of
// very many.
func (c *Conduct) Satiety(now time.Time) time.Duration {
	if c.heads == nil || c.heads.TokensAt(now) >= 0 {
		return 0
	}
	return time.Duration(-c.heads.TokensAt(now) * float64(time.Second) / headsRate)
}

// Answered says that a conversation came to its end.
func (c *Conduct) Answered(what Request, now time.Time) {
	c.failures, c.mute = 0, false
	c.breaks[what], c.before[what] = 0, 0
	if what == Batches {
		c.silences, c.since = 0, now
	}
}

// Failed says that one did not. It returns why the neighbour is to be dropped, none
// when it is let alone for a while. What it is dropped for is not counted again when
// it comes back.
func (c *Conduct) Failed(what Request, f ask.Failure, now time.Time) (drop phrase.Phrase) {
	switch {
	case f.Fault == ask.Lying:
		return Lie(f.Err.Error())
	case f.Fault == ask.Slow:
		return phrase.New("peer.trickles", "it trickles: an answer was not there in time although it kept sending")
	case f.Fault == ask.Broken:
		if c.breaks[what]++; c.breaks[what] >= breaksToDrop {
			c.breaks[what] = 0
			return phrase.New("peer.breaks_off", "it broke off %d answers in a row: %v", breaksToDrop, f.Err)
		}
	case f.Fault == ask.Silent && what == Batches && !c.mute:
		c.mute = true
		if c.silences++; c.silences >= silencesToDrop {
			c.silences = 0
			return phrase.New("peer.gives_nothing", "it answers beacons, but no request for batches")
		}
	}
	c.failures++ // the line may be dead, or this node ends
	c.paused = now.Add(min(time.Duration(c.failures)*pause, mostPause))
	return phrase.Phrase{}
}

// Lie returns why somebody is dropped who sent what every node refuses.
func Lie(detail string) phrase.Phrase {
	return phrase.New("peer.lies", "it sent what no honest node sends: %s", detail)
}

// Paused returns until when the neighbour is let alone.
func (c *Conduct) Paused() time.Time { return c.paused }

// Forgive ends a pause: the neighbour is there again.
func (c *Conduct) Forgive() { c.paused = time.Time{} }

// Lost reports whether nothing is to be expected until the neighbour answers again.
func (c *Conduct) Lost() bool { return c.failures >= failuresToLose }
