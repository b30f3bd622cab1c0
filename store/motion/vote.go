package motion

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// Cast is how a vote came about.
type Cast uint8

// The ways.
const (
	ByHand Cast = 1
	ByRule Cast = 2 // by a rule, without a person; Vote.Rule names it
)

// AnchorRule names the one rule that needs no declaring: to vote for an anchor when the
// voter's own node came to the same list root at the same heads, and on it alone.
func AnchorRule() merkle.Hash { return sha256.Sum256([]byte("ringfence/rule/anchor/v1\n")) }

// Vote is a regulator's word on a motion.
type Vote struct {
	Federation cid.Cid
	Motion     cid.Cid
	By         keys.Public // a regulator's voting key
	For        bool
	Cast       Cast
	Rule       merkle.Hash // of the rule that cast it; zeros by hand
	Counter    uint64      // of this regulator's votes on this motion: the highest counts
	Time       int64       // Unix seconds

	signature keys.Signature
}

// voteArray is a vote as it is signed.
type voteArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Federation []byte
	Motion     []byte
	By         keys.Public
	For        bool
	Cast       uint8
	Rule       []byte // 32 bytes, or none by hand
	Counter    uint64
	Time       int64
}

// signedVote is a vote with its signature.
type signedVote struct {
	_         struct{} `cbor:",toarray"`
	Vote      []byte
	Signature keys.Signature
}

// MaxVote is the size in bytes that no encoded vote exceeds.
const MaxVote = 384

func (v *Vote) message() []byte {
	a := voteArray{
		Version: version, Federation: v.Federation.Bytes(), Motion: v.Motion.Bytes(), By: v.By, For: v.For, Cast: uint8(v.Cast),
		Counter: v.Counter, Time: v.Time,
	}
	if v.Cast == ByRule {
		a.Rule = v.Rule[:]
	}
	return wire.Format(a)
}

func (v *Vote) validate() error {
	switch {
	case v.Cast != ByHand && v.Cast != ByRule:
		return newer("a vote cast in way", uint8(v.Cast))
	case v.Cast == ByHand && !v.Rule.IsZero():
		return errors.New("motion: vote: it was cast by hand and names a rule")
	case !v.Federation.Defined() || !v.Motion.Defined():
		return errors.New("motion: vote: it names no federation or no motion")
	case v.Time < 0 || v.Time > taxonomy.MaxTime:
		return fmt.Errorf("motion: vote: its time %d is outside 1970 to 9999", v.Time)
	}
	return nil
}

// Sign returns the vote, signed by its regulator.
func (v Vote) Sign(key keys.Private) (Vote, error) {
	if err := v.validate(); err != nil {
		return Vote{}, err
	}
	if key.Public() != v.By {
		return Vote{}, fmt.Errorf("motion: vote: the key is not that of %s, who votes", v.By.Short())
	}
	v.signature = key.Sign(keys.DomainVote, v.message())
	return v, nil
}

// Bytes returns the canonical encoding of a signed vote.
func (v *Vote) Bytes() []byte {
	return wire.Format(signedVote{Vote: v.message(), Signature: v.signature})
}

// OpenVote reads and verifies a vote.
func OpenVote(b []byte, federation cid.Cid) (Vote, error) {
	var s signedVote
	var a voteArray
	if err := errors.Join(decode("vote", b, MaxVote, &s), decode("vote", s.Vote, MaxVote, &a)); err != nil {
		return Vote{}, err
	}
	v := Vote{By: a.By, For: a.For, Cast: Cast(a.Cast), Counter: a.Counter, Time: a.Time, signature: s.Signature}
	var errF, errM error
	v.Federation, errF = taxonomy.CIDFromBytes(a.Federation)
	v.Motion, errM = taxonomy.CIDFromBytes(a.Motion)
	if err := errors.Join(errF, errM); err != nil {
		return Vote{}, fmt.Errorf("motion: vote: %w", err)
	}
	if n := len(a.Rule); (v.Cast == ByRule) != (n == merkle.HashSize) || n != 0 && n != merkle.HashSize {
		return Vote{}, fmt.Errorf("motion: vote: %d bytes for its rule", n)
	}
	copy(v.Rule[:], a.Rule)
	if err := v.validate(); err != nil {
		return Vote{}, err
	}
	switch {
	case !v.Federation.Equals(federation):
		return Vote{}, fmt.Errorf("motion: the vote is of federation %s, not %s", v.Federation, federation)
	case !v.By.Verify(keys.DomainVote, s.Vote, v.signature):
		return Vote{}, fmt.Errorf("motion: the vote is not signed by %s", v.By.Short())
	}
	return v, nil
}
