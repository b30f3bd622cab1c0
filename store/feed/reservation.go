package feed

import (
	"errors"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
)

// Reservation is one batch that a node is about to sign: its place, the
// unsigned header and the body. A store keeps it before the signature leaves,
// so that a node that crashed between signing and appending signs the very same
// header again and never another one for that place.
type Reservation struct {
	Tip    Tip    // its CID is that of Header
	Header []byte // unsigned header
	Body   []byte
}

// Quarantined is a batch that a store holds but does not serve, because what
// it holds is not what was accepted. It counts as not held until it is fetched
// and appended again.
type Quarantined struct {
	Batch  cid.Cid
	Reason string
}

// ErrCursor is what a store answers to a follower whose cursor lies beyond all
// that the store ever held, as after a restore: the follower's state is of
// another store, and it must start again from cursor 0.
var ErrCursor = errors.New("feed: the cursor lies beyond what this store holds")

// Head is the last batch held of one epoch of an issuer's feed.
type Head struct {
	Issuer keys.Public
	Tip    Tip
}

// Before orders places: epochs first, then sequences.
func (t Tip) Before(o Tip) bool {
	return t.Epoch < o.Epoch || t.Epoch == o.Epoch && t.Sequence < o.Sequence
}

// Follows reports whether t is a place that may come right after last: the
// next sequence of its epoch, or the first of a later one. After the zero Tip,
// which is no place, the first of any epoch may come.
func (t Tip) Follows(last Tip) bool {
	if t.Sequence == 0 {
		return !last.CID.Defined() || t.Epoch > last.Epoch
	}
	return last.CID.Defined() && t.Epoch == last.Epoch && t.Sequence == last.Sequence+1
}

// Later returns whichever of two places is the later one; the zero Tip is
// before all.
func Later(a, b Tip) Tip {
	if !a.CID.Defined() || b.CID.Defined() && a.Before(b) {
		return b
	}
	return a
}
