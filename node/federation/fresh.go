package federation

import (
	"time"

	"ringfence/node/phrase"
)

// staleAfter is how long a node may hear from no peer what it holds until it says
// that what it serves may be stale (FAULTS.md F31).
const staleAfter = 5 * time.Minute

// Unheard returns for how long no peer has told this node what it holds and given
// it all: the list may lack what was said since. While none ever did, it counts from
// the start. It is 0 for a node that is alone in its federation. The machine's clock
// measures it, so that setting the node's own makes no list old. Each screened call
// asks it: it waits for nothing and allocates nothing.
func (f *Federation) Unheard() time.Duration {
	if f.alone.Load() {
		return 0
	}
	return time.Since(f.began) - time.Duration(f.fresh.Load())
}

// Stale says that what this node serves may be stale; nothing while it is not.
func (f *Federation) Stale() phrase.Phrase {
	unheard := f.Unheard()
	if unheard <= staleAfter {
		return phrase.Phrase{}
	}
	return phrase.New("problem.stale", "what this node serves may be stale: for %v no peer has told it what it holds and given all of that; `ringfence peers` says who is connected", unheard.Truncate(time.Second))
}

// refresh notes when a peer was last heard, and tells the log when the list
// becomes stale and when it no longer is.
func (f *Federation) refresh() {
	if last := f.pull.Fresh(); !last.IsZero() {
		f.hear(last)
	}
	switch why := f.Stale(); {
	case !why.IsZero() && !f.stale:
		f.log.Warn("this node hears from no peer what it holds", "reason", why.Text)
		f.stale = true
	case why.IsZero() && f.stale:
		f.log.Info("this node hears again from its peers what they hold")
		f.stale = false
	}
}

// hear notes that this node heard all that some peer holds, by the machine's clock.
func (f *Federation) hear(at time.Time) {
	for now := int64(at.Sub(f.began)); ; {
		before := f.fresh.Load()
		if before >= now || f.fresh.CompareAndSwap(before, now) {
			return
		}
	}
}
