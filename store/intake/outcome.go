package intake

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// Status is what became of an offer.
type Status uint8

// The statuses. Callers switch over all of them.
const (
	Fresh   Status = 1 // admitted and durable
	Known   Status = 2 // held already
	Early   Status = 3 // cannot be judged yet; offer it again later
	Refused Status = 4 // wrong on every node for ever
	Forked  Status = 5 // proves that its issuer told two stories
)

var statusWords = [...]string{Fresh: "fresh", Known: "known", Early: "early", Refused: "refused", Forked: "forked"}

// String returns the word, or "status(n)". The words are labels of metrics.
func (s Status) String() string {
	if s >= Fresh && s <= Forked {
		return statusWords[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Reason says why an offer was not admitted. Each reason belongs to one
// status.
type Reason uint8

// The reasons.
const (
	NoReason        Reason = 0  // fresh or known
	TooLarge        Reason = 1  // refused
	BadHeader       Reason = 2  // refused: not canonical or outside its bounds
	OtherFederation Reason = 3  // refused
	UnknownIssuer   Reason = 4  // early: the key was never admitted, as far as known here
	BadSignature    Reason = 5  // refused
	NotDue          Reason = 6  // early: dated too far ahead of now
	MissingParent   Reason = 7  // early: a header between is not held
	UnopenedEpoch   Reason = 8  // early: the ledger has not opened it here
	TimeBackwards   Reason = 9  // refused: dated before its parent
	NewFork         Reason = 10 // forked: the proof is new, or lower than the one held; pass it on
	KnownFork       Reason = 11 // forked: a proof as low is held
	FrozenEpoch     Reason = 12 // early: a fork froze it and no anchor covers this batch
	NoBody          Reason = 13 // early: the header came alone
	BadBody         Reason = 14 // refused: not canonical or outside its bounds
	OtherBody       Reason = 15 // refused: count or root is not the header's
	IncompleteBody  Reason = 16 // early: an opening is missing that must not be
	NewerVersion    Reason = 17 // early: a version that this release cannot read, so cannot judge
	AnchoredBranch  Reason = 18 // early: of the branch that the ledger anchored, and its parent is not held; ask for that one's header
	OtherBranch     Reason = 19 // early: held beside its feed, of which the ledger anchored another branch
)

var reasons = [...]struct {
	word   string
	status Status
}{
	NoReason:        {"none", 0},
	TooLarge:        {"too_large", Refused},
	BadHeader:       {"bad_header", Refused},
	OtherFederation: {"other_federation", Refused},
	UnknownIssuer:   {"unknown_issuer", Early},
	BadSignature:    {"bad_signature", Refused},
	NotDue:          {"not_due", Early},
	MissingParent:   {"missing_parent", Early},
	UnopenedEpoch:   {"unopened_epoch", Early},
	TimeBackwards:   {"time_backwards", Refused},
	NewFork:         {"new_fork", Forked},
	KnownFork:       {"known_fork", Forked},
	FrozenEpoch:     {"frozen_epoch", Early},
	NoBody:          {"no_body", Early},
	BadBody:         {"bad_body", Refused},
	OtherBody:       {"other_body", Refused},
	IncompleteBody:  {"incomplete_body", Early},
	NewerVersion:    {"newer_version", Early},
	AnchoredBranch:  {"anchored_branch", Early},
	OtherBranch:     {"other_branch", Early},
}

// String returns the word, or "reason(n)". The words are labels of metrics.
func (r Reason) String() string {
	if int(r) < len(reasons) {
		return reasons[r].word
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// Offer is one batch at the door, as it came.
type Offer struct {
	Header []byte // signed
	Body   []byte // nil when the header came alone
}

// Outcome is what became of one offer.
type Outcome struct {
	Status Status
	Reason Reason
	Detail string // for people: what was wrong where, and what to do

	// Issuer and Tip are what the header says, once it could be read. They are
	// to be trusted for Fresh, Known and Forked, and for every Early but
	// UnknownIssuer.
	Issuer keys.Public
	Tip    feed.Tip

	Batch *Admitted      // of Fresh
	Fork  feed.ForkProof // of Forked: the lowest proof known of the epoch
}

// Admitted is an admitted batch as the door has read it, so that nobody need
// read it again. It must not be changed.
type Admitted struct {
	Header assertion.Header
	CID    cid.Cid
	Slots  []assertion.Slot
	Leaves []merkle.Hash // of the slots
	Record feed.Record   // the bytes as kept

	// Repaired says that the batch took the place of one in quarantine: its
	// statements may have been read before, from the same bytes.
	Repaired bool
}
