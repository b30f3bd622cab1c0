package federation

import (
	"errors"
	"fmt"
	"time"

	"ringfence/node/phrase"
)

// ErrTwin says that somebody else lives by this node's host key.
var ErrTwin = errors.New("federation: this node seems to run twice")

// twinFor is how long somebody who lives by the own host key is taken to be there
// after he was last heard, by the machine's clock. Two that both run outdo each
// other's records, so each hears the other anew within a minute or two.
const twinFor = 5 * time.Minute

// twin is who else lives by the own host key. The zero twin is nobody.
type twin struct {
	at    string        // its addresses
	heard time.Time     // by the machine's clock; of one that an earlier run heard, when this one began
	told  phrase.Phrase // what is said of one that an earlier run heard
}

// twinned hears from the overlay of a twin.
func (f *Federation) twinned(at string) {
	f.mu.Lock()
	now := time.Now()
	fresh := !f.twinKept.IsZero() && now.Sub(f.twinKept) < keepTwinEvery
	f.twin = twin{at: at, heard: now}
	if !fresh {
		f.twinKept = now
	}
	f.mu.Unlock()
	if fresh {
		return
	}
	if err := keepTwin(f.cfg.Store, at, f.cfg.Now()); err != nil {
		f.log.Error("after a restart this node will not know that a second node has its host key", "reason", err)
	}
}

// Twin says that somebody else lives by this node's host key; nothing while nobody
// is heard. It is no bar, which a person would have to lift: once one of the two is
// stopped it ends by itself, and while neither signs the feed is whole.
func (f *Federation) Twin() phrase.Phrase {
	f.mu.Lock()
	who := f.twin
	f.mu.Unlock()
	ago := time.Since(who.heard)
	switch {
	case who.heard.IsZero() || ago > twinFor:
		return phrase.Phrase{}
	case !who.told.IsZero():
		return who.told
	}
	runs := phrase.New("problem.twin", "a second node with this node's host key runs at %s (heard %v ago), so nothing is signed here until %v after it was last heard", who.at, ago.Truncate(time.Second), twinFor)
	if who.at == "" {
		runs = phrase.New("problem.twin_hidden", "a second node with this node's host key runs at an address that it does not tell (heard %v ago), so nothing is signed here until %v after it was last heard", ago.Truncate(time.Second), twinFor)
	}
	return phrase.Join(runs, stopOne())
}

func stopOne() phrase.Phrase {
	return phrase.New("remedy.twin", "if it is a copy of this directory, stop one of the two before both sign, since two batches for one place freeze the feed for good; if it is none of yours, the keys are stolen")
}

// single returns ErrTwin, with the reason, while a twin is heard.
func (f *Federation) single() error {
	if why := f.Twin(); !why.IsZero() {
		return fmt.Errorf("%w: %w", ErrTwin, why)
	}
	return nil
}

// tellTwin tells the log when a twin is found, and when it is not heard any more.
func (f *Federation) tellTwin() {
	err := f.single()
	switch {
	case err != nil && !f.twice:
		f.log.Error("this node signs nothing", "reason", phrase.From(err).Text)
		f.twice = true
	case err == nil && f.twice:
		f.log.Info("no second node with this node's host key is heard any more")
		f.twice = false
	}
}
