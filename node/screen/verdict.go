package screen

import (
	"time"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// List is one immutable snapshot of the harmonised list.
type List interface {
	// Lookup returns what the list says of n and the key that says it: the
	// ratified entry of the longest key, else the number's own entry, else that
	// of the longest range.
	Lookup(n number.Number) (taxonomy.Entry, number.Range, bool)
	// Stamp tells which snapshot it is.
	Stamp() Stamp
}

// Stamp tells which list a verdict was made with, and how old it is.
type Stamp struct {
	Root       [32]byte
	Session    uint64 // ends when the node rebuilds its list
	Serial     uint64 // counts the changes of the list in this session
	LedgerSize uint64
	Day        taxonomy.Day
	Updated    time.Time // when the list last took in all that the node knew
	Checkpoint time.Time // of the last fresh checkpoint with a quorum's cosignatures; zero: none yet
}

// Verdict is the answer to one call. It is a value without references into the
// list; the zero Verdict allows.
type Verdict struct {
	Action    taxonomy.Action
	Treatment Treatment
	Rule      Rule
	Local     string // the rule's own name when it comes from a rule file
	Basis     Basis

	Class     taxonomy.Class
	Category  taxonomy.Category
	Contested bool
	// Score is the list's score in permille. Decide leaves it 0: scores are
	// computed when someone asks for the explanation.
	Score  uint16
	Member string // responsible for the caller's number, "" when not known

	Caller   number.Caller // the caller that the rule decided on
	Identity Identity      // which of the call's callers that is
	Reading  uint8         // and which of its readings, from 0
	Key      number.Range  // the list key that matched, zero for other rules

	Excused Rule  // the failed cli rule that a local allow excused
	Shadow  Would // what a rule or a face in shadow would have done

	List  Stamp
	Age   time.Duration // of the list at the time of the call; 0 without a list
	Stale bool          // the list is older than the policy allows
}

// Would is an outcome that was told and not carried out.
type Would struct {
	Action    taxonomy.Action
	Treatment Treatment
	Rule      Rule
	Local     string
}

// IsZero reports whether w is none.
func (w Would) IsZero() bool { return w == Would{} }

// RuleName returns the dotted name of the rule in shadow, "" for none.
func (w Would) RuleName() string { return ruleName(w.Rule, w.Local) }

// RuleName returns the dotted name of the rule that decided: a fixed one, or
// that of a rule file; "" when none did.
func (v *Verdict) RuleName() string { return ruleName(v.Rule, v.Local) }

func ruleName(r Rule, local string) string {
	if local != "" {
		return local
	}
	return r.String()
}

// CheckpointAge returns the age of the last fresh checkpoint at a time; false
// when there is none.
func (s Stamp) CheckpointAge(at time.Time) (time.Duration, bool) {
	if s.Checkpoint.IsZero() {
		return 0, false
	}
	return max(at.Sub(s.Checkpoint), 0), true
}

// Shadowed returns the answer of a face in shadow: allow, with v told as what
// would have been done.
func (v Verdict) Shadowed() Verdict {
	would := Would{v.Action, v.Treatment, v.Rule, v.Local}
	return Verdict{
		Caller: v.Caller, Identity: v.Identity, Reading: v.Reading, Key: v.Key, Member: v.Member,
		Shadow: would, List: v.List, Age: v.Age, Stale: v.Stale,
	}
}
