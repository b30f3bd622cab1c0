package claims

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/message"
)

// State is how the pulling of a feed stands.
type State uint8

// The states.
const (
	Settled  State = 0 // nothing is claimed that is not held
	Pulling  State = 1
	Withheld State = 2 // whoever claims the next batch does not give it; asked again after a pause
	Waiting  State = 3 // the next batch is dated ahead; taken when its time has come
	Aside    State = 4 // the door cannot judge it yet, or nobody gives it in a version that can be read here
	Frozen   State = 5 // a fork froze it
)

var stateWords = [...]string{Settled: "settled", Pulling: "pulling", Withheld: "withheld", Waiting: "waiting", Aside: "aside", Frozen: "frozen"}

// String returns the word, or "state(n)".
func (s State) String() string {
	if int(s) < len(stateWords) {
		return stateWords[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// Rests says that a feed is tried again later: withheld, waiting or aside.
func (s State) Rests() bool { return s == Withheld || s == Waiting || s == Aside }

// Claim is what one peer says it holds of a feed.
type Claim struct {
	Head  *message.Head // as heard from itself; nil: a third party told
	Count uint64        // of batches
	Bad   phrase.Phrase // why the peer is not asked for more; none when it may be
	As    State         // what that says of the next batch: Withheld, Waiting or Aside
	Mute  bool          // bad for not answering: good again as soon as the peer answers
	Due   time.Time     // of As Waiting, by the node's clock
	Doubt bool          // the peer's header for a contradicting place is being asked for
	Proof bool          // its fork proof is being asked for
	Stray bool          // its headers do not lead to the branch that the ledger anchored
	Shown uint64        // Count when the header of its head was asked for, to learn how many batches wait
}

// Blame says why the peer is not asked for more.
func (c *Claim) Blame(as State, why phrase.Phrase) { c.Bad, c.As, c.Mute = why, as, false }

// Hush blames the peer for not answering.
func (c *Claim) Hush() {
	c.Blame(Withheld, phrase.New("gap.silent", "no answer comes"))
	c.Mute = true
}

// Excuse lets the peer be asked again.
func (c *Claim) Excuse() { c.Bad, c.As, c.Mute, c.Stray = phrase.Phrase{}, Settled, false, false }

// Fleeting says that what the claim is bad for may be over with the next try. What is
// dated ahead stays so until it is due, and what is of a newer version as long as the
// peer is there.
func (c *Claim) Fleeting(clock time.Time) bool {
	return c.As == Withheld || c.As == Waiting && !clock.Before(c.Due)
}

// Hear takes in another head of the peer. It may be asked again, unless what it was
// blamed for stays so.
func (c *Claim) Hear(head *message.Head, clock time.Time) {
	fresh := Claim{Head: head, Count: head.Count()}
	if !c.Bad.IsZero() && !c.Fleeting(clock) {
		fresh.Bad, fresh.As, fresh.Due = c.Bad, c.As, c.Due
	}
	*c = fresh
}

// Book is the claims of all peers, of which P names one.
type Book[P comparable] map[P]*Claim

// Of returns the claim of a peer; one that nobody sees when it is gone meanwhile.
func (b Book[P]) Of(p P) *Claim {
	if c := b[p]; c != nil {
		return c
	}
	return &Claim{}
}

// Reach returns how many batches are claimed, and how many by peers that may be
// asked.
func (b Book[P]) Reach() (claimed, live uint64) {
	for _, c := range b {
		claimed = max(claimed, c.Count)
		if c.Bad.IsZero() {
			live = max(live, c.Count)
		}
	}
	return claimed, live
}

// Verdict returns what a feed rests as of which nobody gives the batch at next, and
// why; of several reasons the first in order. One batch that was seen to be dated
// ahead decides alone, and first is when the first such is due; a version that cannot
// be read decides when nobody gives another.
func (b Book[P]) Verdict(next uint64) (as State, why phrase.Phrase, first time.Time) {
	as = Aside
	for _, c := range b {
		switch {
		case c.Count <= next:
		case c.As == Waiting:
			if as = Waiting; first.IsZero() || c.Due.Before(first) {
				first = c.Due
			}
		case c.As != Aside && as != Waiting:
			as = Withheld
		}
	}
	var all []phrase.Phrase
	for _, c := range b {
		if c.Count > next && !c.Bad.IsZero() && (c.As == as || as == Withheld) {
			all = append(all, c.Bad)
		}
	}
	if len(all) > 0 {
		why = slices.MinFunc(all, func(a, b phrase.Phrase) int { return strings.Compare(a.Text, b.Text) })
	}
	return as, why, first
}
