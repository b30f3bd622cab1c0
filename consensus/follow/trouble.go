package follow

import (
	"fmt"

	"ringfence/store/checkpoint"
)

// Kind is what stops a follower.
type Kind uint8

// The kinds.
const (
	Forked   Kind = 1 // two certified checkpoints contradict each other
	WentBack Kind = 2 // the quorum certifies anew what is smaller than what it had certified
	Broken   Kind = 3 // a certified tree holds what no valid ledger holds
	Newer    Kind = 4 // a certified tree holds what this release does not know: upgrade
)

var kinds = [...]string{Forked: "forked", WentBack: "went_back", Broken: "broken", Newer: "newer"}

// MarshalText returns the kind's name, which is stable.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// String returns the kind's name.
func (k Kind) String() string {
	if int(k) < len(kinds) && kinds[k] != "" {
		return kinds[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Trouble is why nothing is followed any more. It is for a person to look at: what is
// held goes on standing until then.
type Trouble struct {
	Kind  Kind
	Held  checkpoint.Note // the last one that was taken; the zero Note when only the genesis is held
	Shown checkpoint.Note // the one that does not fit
	Index uint64          // of the entry that does not fit, of Broken and Newer
	Why   error           // of Broken and Newer
}

// Error says what it is and what to do.
func (t *Trouble) Error() string {
	switch t.Kind {
	case Forked:
		return fmt.Sprintf("follow: the regulators certified two ledgers that contradict each other: %s and %s; nothing more is followed: show both checkpoints to the regulators", t.Held.Tree, t.Shown.Tree)
	case WentBack:
		return fmt.Sprintf("follow: the regulators certify %s anew, and had certified %s: their ledger went back; nothing more is followed: show both checkpoints to the regulators", t.Shown.Tree, t.Held.Tree)
	case Newer:
		return fmt.Sprintf("follow: entry %d of the ledger is of a newer release: %v; upgrade", t.Index, t.Why)
	}
	return fmt.Sprintf("follow: entry %d of the certified ledger %s has no place there: %v; nothing more is followed: show the checkpoint to the regulators", t.Index, t.Shown.Tree, t.Why)
}

// Unwrap returns why, for Broken and Newer.
func (t *Trouble) Unwrap() error { return t.Why }
