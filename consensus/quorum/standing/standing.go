// Package standing is how the regulators stand, for people and programs: who cosigns,
// how many more may go, what is said of trees that are not certified, why a regulator is
// silent. It is values, and what is read off the state of a regulator to make them.
package standing

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// Status is where the regulators stand, as this one sees it: values for people and
// programs.
type Status struct {
	Running    bool
	Member     string // whose seat this regulator has; empty for none
	Generation uint64
	Record     string // that began the generation, in hexadecimal; empty of the first

	Certified checkpoint.Tree // as it is followed here; zero before the first
	Fresh     int64           // Unix seconds, since when it is known to stand
	Applied   uint64          // entries, those that are not certified included
	Backlog   uint64          // so many of them may wait, before motions and votes are refused

	Regulators []Seat // in the charter's order
	Quorum     int
	Live       int           // regulators at work: they report and lock in the generation in force
	Margin     int           // so many of them may go and all goes on; below 0 nothing is certified
	Alarm      bool          // one more loss would stop the quorum, or it has stopped
	Stopped    Stop          // why nothing is certified any more; empty if nothing tells so but Margin
	Waited     time.Duration // so long Stopped holds

	Silence Silence // why this regulator says nothing; empty if it does
	Why     string  // the same, in English
	Trouble string  // why the ledger is no longer followed, in English; empty if it is

	Reports, Locks, Cosignatures []Agreed // of trees that are not certified, the largest first
	Diverging                    bool     // regulators report different trees of one size: somebody was told another story
	Conflicts                    []Lie

	Realign Realign
}

// Seat is one regulator as this one sees it.
type Seat struct {
	Member   string
	Host     keys.Public
	Self     bool
	Leads    bool      // Raft, as far as is known here
	Voter    bool      // of Raft
	Cosigned int64     // Unix seconds, when it last cosigned the newest checkpoint; 0: never
	Live     bool      // it is at work
	Idle     Idle      // why it is not
	Lag      uint64    // entries that it spoke of last are behind what is certified; 0 also when it never spoke
	Heard    time.Time // zero: not since this regulator began
	Lied     bool
}

// Silence is why a regulator says nothing; the values are stable.
type Silence string

// The silences.
const (
	SilentLost         Silence = "lost"         // what it signed is not known: it needs a new cosigning key
	SilentBroken       Silence = "broken"       // the disk did not keep what it was to say
	SilentContradicted Silence = "contradicted" // its log is not what was certified: until the next realignment
	SilentRewritten    Silence = "rewritten"    // its log is not what it reported: as above
	SilentPromised     Silence = "promised"     // to another generation
)

// Agreed is who says the same of a tree.
type Agreed struct {
	Tree    checkpoint.Tree
	Members []string
}

// Lie is evidence against a regulator: two words that no honest one says both.
type Lie struct {
	Member   string // empty when the key is no regulator's any more
	Key      keys.Public
	Evidence certify.Conflict
}

// Realign is how far another generation is.
type Realign struct {
	Promised uint64 // what this regulator promised itself to; 0 for none to come
	Promises []Promise
	Needed   int    // promises for one generation
	Begun    uint64 // the generation that others have begun without this regulator, 0 for none: it is to be agreed to
	Joining  uint64 // the generation that this regulator is about to begin; 0 for none
	Start    checkpoint.Tree
}

// Promise is a promise to begin another generation.
type Promise struct {
	Member    string
	Number    uint64
	Locked    checkpoint.Tree // that it shows; zero for none
	Certified checkpoint.Tree
}

// MemberOf is the regulator that cosigns with a key; empty when it is nobody's any more.
func MemberOf(s *charter.State, cosigns keys.Public) string {
	for _, seat := range s.Regulators() {
		if seat.Cosign == cosigns {
			return seat.Member
		}
	}
	return ""
}

// SilenceOf is why nothing is said here.
func SilenceOf(m *applied.Machine, c *certify.Status, silent error) (Silence, string) {
	root, applied := m.Root(c.Newest.Size)
	switch {
	case errors.Is(silent, certify.ErrLost):
		return SilentLost, silent.Error() + "; it comes back with a new cosigning key"
	case silent != nil:
		return SilentBroken, silent.Error()
	case applied && c.Newest.Size > 0 && root != c.Newest.Root:
		return SilentContradicted, "what was certified contradicts what was applied here: somebody told this regulator another story; it goes on with the next realignment"
	case c.State.Promised > c.State.Generation.Number:
		return SilentPromised, "it is promised to another generation, which begins when a quorum is"
	case c.Held[certify.Reported] == cosign.Rewritten && m.Size() >= said(&c.State):
		return SilentRewritten, "what was applied here is not what it reported: somebody rewrote its log; it goes on with the next realignment"
	}
	return "", ""
}

// said is the largest size of which a regulator has said anything in its generation.
func said(s *cosign.State) uint64 {
	size := max(s.Start.Size, s.Settled.Size, s.Cosigned.Size, s.Locked.Tree.Size)
	if n := len(s.Reported); n > 0 {
		size = max(size, s.Reported[n-1].Size)
	}
	return size
}

// AgreedOn is who says what of trees above the newest checkpoint.
func AgreedOn(state *charter.State, c *certify.Status, saying certify.Saying) (all []Agreed) {
	for tree, by := range c.Said[saying] {
		if tree.Size <= c.Newest.Size {
			continue
		}
		a := Agreed{Tree: tree}
		for _, key := range by {
			a.Members = append(a.Members, MemberOf(state, key))
		}
		slices.Sort(a.Members)
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Agreed) int {
		return cmp.Or(cmp.Compare(b.Tree.Size, a.Tree.Size), slices.Compare(a.Tree.Root[:], b.Tree.Root[:]))
	})
	return all
}

// workFor is how old the last cosignature of a regulator may be that is at work, in seconds:
// the newest checkpoint is cosigned anew each minute, and one of two may be late.
const workFor = 120

// AtWork reports whether a regulator's last cosignature, of the newest checkpoint, tells that
// it is at work; 0 is none. Times are Unix seconds. One that is dated ahead would for ever, so
// it may not be further ahead than behind.
func AtWork(cosigned, now int64) bool {
	return cosigned > 0 && now-cosigned <= workFor && cosigned-now <= workFor
}
