package feed

import "fmt"

// Relation is how a header stands to a feed that is held up to some tip.
type Relation uint8

// The relations. Only Next extends the feed; Backwards alone can never become
// right.
const (
	Next      Relation = 1 // follows the tip
	Known     Relation = 2 // is the tip, or a batch of the chain below it
	Gap       Relation = 3 // a header between is missing here
	Fork      Relation = 4 // another header stands at this place, or below it in the chain
	Backwards Relation = 5 // follows the tip, but its time is before the tip's
	NewEpoch  Relation = 6 // of an epoch that the ledger has not opened here
)

var relationWords = [...]string{
	Next: "next", Known: "known", Gap: "gap", Fork: "fork", Backwards: "backwards", NewEpoch: "new epoch",
}

// String returns the word, or "relation(n)".
func (r Relation) String() string {
	if r >= Next && r <= NewEpoch {
		return relationWords[r]
	}
	return fmt.Sprintf("relation(%d)", uint8(r))
}

// Chain is one issuer's feed in one epoch as far as it is held.
type Chain struct {
	Tip  Tip  // the last batch held
	Held bool // false: nothing of this epoch is held, and Tip is none

	// Opened says that the ledger has opened this epoch, as it has the first of each.
	Opened bool
	// Base is the batch on which the epoch goes on, the zero Tip for none. BaseHeld says
	// that it is held here, with its time.
	Base     Tip
	BaseHeld bool

	// At returns the signed header held at a sequence up to the tip's.
	At func(sequence uint64) (signed []byte, held bool, err error)
}

// Place returns how v, a header of this issuer and epoch, stands to the chain.
// For Fork it also returns the signed header that is held at v's place: with v
// it makes a ForkProof. A header after the tip whose parent is not the tip is a
// Gap, since its parent is missing here; it takes that parent to prove a fork.
// Place fails when the chain below the tip cannot be read.
func (c Chain) Place(v Verified) (Relation, []byte, error) {
	sequence := v.header.Sequence
	switch {
	case !c.Held && v.header.Epoch > 0 && !c.Opened:
		return NewEpoch, nil, nil
	case !c.Held && sequence == 0:
		return c.begins(v), nil, nil
	case !c.Held || sequence > c.Tip.Sequence+1:
		return Gap, nil, nil
	case sequence == c.Tip.Sequence+1:
		return c.after(v), nil, nil
	case sequence == c.Tip.Sequence && v.id.Equals(c.Tip.CID):
		return Known, nil, nil
	}
	signed, held, err := c.At(sequence)
	if err != nil {
		return 0, nil, fmt.Errorf("feed: read header %d of epoch %d: %w", sequence, c.Tip.Epoch, err)
	}
	if !held {
		return 0, nil, fmt.Errorf("feed: header %d of epoch %d is not held although the tip is %d", sequence, c.Tip.Epoch, c.Tip.Sequence)
	}
	other, _, err := decode(signed)
	if err != nil {
		return 0, nil, fmt.Errorf("feed: read header %d of epoch %d: %w", sequence, c.Tip.Epoch, err)
	}
	if other.id.Equals(v.id) {
		return Known, nil, nil
	}
	return Fork, signed, nil
}

// begins places a header that is the first of its epoch. A base is its parent: who does
// not hold that yet cannot judge it, and neither can who knows another one.
func (c Chain) begins(v Verified) Relation {
	switch {
	case !v.header.Previous.Equals(c.Base.CID), c.Base.CID.Defined() && !c.BaseHeld:
		return Gap
	case v.header.Time < c.Base.Time:
		return Backwards
	}
	return Next
}

// after places a header that has the sequence after the tip's.
func (c Chain) after(v Verified) Relation {
	switch {
	case !v.header.Previous.Equals(c.Tip.CID):
		return Gap
	case v.header.Time < c.Tip.Time:
		return Backwards
	}
	return Next
}
