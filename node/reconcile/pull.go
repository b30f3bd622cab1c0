package reconcile

import (
	"math"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/node/reconcile/internal/message"
	"ringfence/node/reconcile/internal/parts"
	"ringfence/store/keys"
)

// State is how the pulling of a feed stands.
type State = claims.State

// The states.
const (
	Settled  = claims.Settled  // nothing is claimed that is not held
	Pulling  = claims.Pulling  // the next batches are being asked for
	Withheld = claims.Withheld // whoever claims the next batch does not give it; asked again after a pause
	Waiting  = claims.Waiting  // the next batch is dated ahead; taken when its time has come
	Aside    = claims.Aside    // the door cannot judge it yet, or nobody gives it in a version that can be read here
	Frozen   = claims.Frozen   // a fork froze it
)

type claim = claims.Claim

type part = parts.Part[*peer]

// pull is one feed that some peer claims to hold, and how far it has come here.
type pull struct {
	message.Lane
	parts.Queue[*peer]
	claims claims.Book[*peer]
	recent *Head // of the claims, which are mostly the same
	state  State
	forked bool   // a proof is held
	beyond uint64 // how many of all places that there may be are not taken
	queued bool   // among those that are behind
	unread bool   // aside because of what peers gave, so that another claim ends it

	reason phrase.Phrase // of a state other than settled and pulling
	asked  []keys.Public // for what is withheld
	since  time.Time     // by the node's clock
	pause  time.Duration // the last one; 0: what came last was taken
	until  time.Time     // when what rests is tried again
	due    time.Time     // by the node's clock, when what waits is due
	early  uint64        // batches up to the last one seen to be signed for a later time
	asker  *peer         // who is being asked for a later one
	seeker *peer         // who is being asked for headers of the branch that the ledger anchored
	lost   bool          // what is given does not follow what is held
	told   uint64        // how many of them the log was told wait
	toldAt time.Time
}

// within returns how many of so many batches are taken.
func (f *pull) within(batches uint64) uint64 { return min(batches, math.MaxUint64-f.beyond) }

func (f *pull) frozen() bool { return f.state == Frozen }

// forget forgets a peer: what it was asked for, gave and claimed.
func (f *pull) forget(p *peer) (freed int) {
	delete(f.claims, p)
	return f.Queue.Forget(p)
}

// askers returns who claims more than is held, in the order of their keys. Who only
// passed on what a third party announced claims nothing.
func (f *pull) askers() []keys.Public {
	var all []keys.Public
	for p, c := range f.claims {
		if c.Head != nil && c.Head.Count() > f.Next {
			all = append(all, p.key)
		}
	}
	slices.SortFunc(all, keys.Public.Compare)
	return all
}

// become changes the state; a reason stays until the feed has grown, so that a
// gap that is being asked for again is still told.
func (f *pull) become(s State, reason phrase.Phrase, clock time.Time) {
	if f.state != s {
		f.since = clock
	}
	f.state, f.reason, f.unread = s, reason, false
}

// lengthen makes the pause before the next try twice the last one.
func (f *pull) lengthen(now time.Time) {
	f.pause = min(max(2*f.pause, leastPause), mostPause)
	f.until = now.Add(f.pause)
}
