package reconcile

import (
	"context"
	"slices"
	"time"

	"ringfence/node/reconcile/internal/conduct"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/keys"
)

// peer is one neighbour as the plan sees it.
type peer struct {
	key    keys.Public
	start  func(do func(context.Context)) // in a goroutine that ends when the peer is gone
	cancel context.CancelFunc

	word       message.Word   // as last heard
	heard      time.Time      // by the node's clock
	compared   time.Time      // when it last said all that it holds
	behind     uint64         // batches that were held here then and not there
	trip       time.Duration  // of the last exchange
	known      message.Cursor // up to which its heads were heard
	told       bool           // its heads were heard once
	strange    bool           // it told of feeds that are not open here
	ready      bool           // it said so, and its heads are as of then or later
	targets    map[*pull]uint64
	claims     int
	exchanging bool
	exchanged  time.Time // last begun
	next       time.Time // exchange

	asking   int // requests in flight, the exchange not counted
	errands  []errand
	fetching int // requests for ranges of those
	conduct  *conduct.Conduct
	mute     []*pull   // whose claims are bad for its silence
	rate     int       // bytes a second, as it gave last
	repaired time.Time // when it was asked for a repair last
	gone     bool
	dropped  bool
}

// errand is a single thing to ask a peer for.
type errand struct {
	f      *pull
	proof  bool      // the fork proof of the feed's epoch; else a header
	early  bool      // of a claimed head, to learn how many batches wait
	branch bool      // of the branch that the ledger anchored, and those below it
	place  uint64    // of the header
	due    time.Time // by the node's clock, when the header has its time; zero: now
}

// errand returns one that is due.
func (p *peer) errand(clock time.Time) (errand, bool) {
	for i, e := range p.errands {
		if !clock.Before(e.due) {
			p.errands = slices.Delete(p.errands, i, i+1)
			return e, true
		}
	}
	return errand{}, false
}

// paused says that the peer is let alone for a while.
func (p *peer) paused(now time.Time) bool { return now.Before(p.conduct.Paused()) }

// grant is how many bytes the peer is asked for at once.
func (p *peer) grant() int {
	if p.rate == 0 {
		return firstGrant
	}
	return max(minGrant, min(p.rate*int(grantTime/time.Second), message.MaxSpanBytes))
}

// answered says that a conversation came to its end.
func (p *peer) answered(what conduct.Request, now time.Time) {
	p.conduct.Answered(what, now)
	for _, f := range p.mute {
		if c := f.claims[p]; c != nil && c.Mute {
			c.Excuse()
		}
	}
}

// complete reports whether what the peer had at connect is decided.
func (p *peer) complete() bool { return p.told && len(p.targets) == 0 }
