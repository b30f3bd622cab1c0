package feed

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/keys"
)

// forkVersion is the only version of encoded fork proofs.
const forkVersion = 1

// MaxForkProof is the size in bytes that no encoded fork proof exceeds.
const MaxForkProof = 2*assertion.MaxSignedHeader + 16

// ForkProof proves that an issuer signed two headers for one place of its
// feed: the same issuer, epoch and sequence, whatever their parents. It needs
// nothing else to be checked, so it convinces whoever holds it. The header
// with the lower CID comes first, so that the two headers make one proof
// whichever was met first. The zero ForkProof is none.
type ForkProof struct{ first, second Verified }

// NewForkProof returns the proof that a and b make. It fails when they are not
// two different headers for one place in one federation.
func NewForkProof(a, b Verified) (ForkProof, error) {
	switch x, y := a.header, b.header; {
	case a.IsZero() || b.IsZero():
		return ForkProof{}, fmt.Errorf("feed: a fork proof needs two headers")
	case !x.Federation.Equals(y.Federation):
		return ForkProof{}, fmt.Errorf("feed: the headers are of two federations, no fork")
	case x.Issuer != y.Issuer:
		return ForkProof{}, fmt.Errorf("feed: the headers are of two issuers, %s and %s, no fork", x.Issuer.Short(), y.Issuer.Short())
	case x.Epoch != y.Epoch || x.Sequence != y.Sequence:
		return ForkProof{}, fmt.Errorf("feed: epoch %d, sequence %d and epoch %d, sequence %d are two places, no fork", x.Epoch, x.Sequence, y.Epoch, y.Sequence)
	case a.id.Equals(b.id):
		return ForkProof{}, fmt.Errorf("feed: both headers are %s, no fork", a.id)
	}
	if bytes.Compare(a.id.Bytes(), b.id.Bytes()) > 0 {
		a, b = b, a
	}
	return ForkProof{a, b}, nil
}

// forkArray is a fork proof as it is encoded.
type forkArray struct {
	_             struct{} `cbor:",toarray"`
	Version       uint8
	First, Second []byte // signed headers
}

// Bytes returns the canonical encoding; nil of the zero ForkProof.
func (p ForkProof) Bytes() []byte {
	if p.IsZero() {
		return nil
	}
	b, err := assertion.Encode(forkArray{Version: forkVersion, First: p.first.Signed(), Second: p.second.Signed()})
	if err != nil { // a struct of integers and byte strings always encodes
		return nil
	}
	return b
}

// ParseForkProof reads what Bytes writes and nothing else, and verifies it:
// both signatures, one place, the order of the two. Whether it is of the
// reader's federation is for the reader to ask. The error is assertion.ErrNewer when
// the proof, or one of its headers, is of a later release.
func ParseForkProof(b []byte) (ForkProof, error) {
	if len(b) > MaxForkProof {
		return ForkProof{}, fmt.Errorf("feed: a fork proof of %d bytes, the most is %d", len(b), MaxForkProof)
	}
	if err := assertion.Newer("fork proof", b, forkVersion); err != nil {
		return ForkProof{}, fmt.Errorf("feed: %w", err)
	}
	var a forkArray
	if err := assertion.Decode(b, &a); err != nil {
		return ForkProof{}, fmt.Errorf("feed: decode fork proof: %w", err)
	}
	if a.Version != forkVersion {
		return ForkProof{}, fmt.Errorf("feed: there is no fork proof of version %d", a.Version)
	}
	first, err := verifySelf(a.First)
	if err != nil {
		return ForkProof{}, err
	}
	second, err := verifySelf(a.Second)
	if err != nil {
		return ForkProof{}, err
	}
	p, err := NewForkProof(first, second)
	if err != nil {
		return ForkProof{}, err
	}
	if p.first.id != first.id {
		return ForkProof{}, fmt.Errorf("feed: decode fork proof: the header with the lower CID comes first")
	}
	return p, nil
}

// verifySelf verifies a signed header in the federation that it names.
func verifySelf(signed []byte) (Verified, error) {
	v, s, err := decode(signed)
	if err != nil {
		return Verified{}, err
	}
	if err := v.checkSignature(s); err != nil {
		return Verified{}, err
	}
	return v, nil
}

// IsZero reports whether p is none.
func (p ForkProof) IsZero() bool { return p.first.IsZero() }

// Federation returns the federation of both headers.
func (p ForkProof) Federation() cid.Cid { return p.first.header.Federation }

// Issuer returns who told two stories.
func (p ForkProof) Issuer() keys.Public { return p.first.header.Issuer }

// Epoch returns the forked epoch.
func (p ForkProof) Epoch() uint64 { return p.first.header.Epoch }

// Sequence returns the place that both headers claim.
func (p ForkProof) Sequence() uint64 { return p.first.header.Sequence }

// Headers returns both headers, the one with the lower CID first.
func (p ForkProof) Headers() (first, second Verified) { return p.first, p.second }

// Compare orders the proofs of one epoch, so that nodes which know several
// keep the same one, the lowest: by sequence, then by the lower and the higher
// CID, then by the signed headers byte for byte (a signer can sign one header
// in many ways). It returns a negative number, zero or a positive number.
func (p ForkProof) Compare(o ForkProof) int {
	switch {
	case p.Sequence() < o.Sequence():
		return -1
	case p.Sequence() > o.Sequence():
		return 1
	}
	for _, pair := range [...][2]string{
		{p.first.id.KeyString(), o.first.id.KeyString()},
		{p.second.id.KeyString(), o.second.id.KeyString()},
		{p.first.signed, o.first.signed},
		{p.second.signed, o.second.signed},
	} {
		if c := strings.Compare(pair[0], pair[1]); c != 0 {
			return c
		}
	}
	return 0
}

// Lower returns the lower of two proofs of one epoch; the zero ForkProof is
// higher than any.
func Lower(a, b ForkProof) ForkProof {
	if b.IsZero() || !a.IsZero() && a.Compare(b) <= 0 {
		return a
	}
	return b
}

// Freeze is the limit that a fork proof sets: the epoch counts up to the last
// head that the ledger anchored, or not at all when it anchored none. What
// lies above is suspended, undoing included, until the ledger reinstates the
// issuer in a new epoch.
type Freeze struct {
	Epoch    uint64
	Head     Tip  // the last anchored head
	Anchored bool // false: nothing of the epoch counts
}

// Counts reports whether a batch of the branch that holds the head still
// counts.
func (f Freeze) Counts(t Tip) bool {
	switch {
	case t.Epoch != f.Epoch:
		return true
	case !f.Anchored || t.Sequence > f.Head.Sequence:
		return false
	case t.Sequence == f.Head.Sequence:
		return t.CID.Equals(f.Head.CID)
	}
	return true
}
