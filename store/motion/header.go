package motion

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// version is the only one of the formats of this package.
const version = 1

// Bounds of a motion. They are part of the format and never change.
const (
	// MaxItems is how many items a motion has at most; at least one.
	MaxItems = 4096
	// MaxBytes bounds the openings of a motion together, in bytes: with header and
	// votes they are one command of Raft.
	MaxBytes = 256 << 10
	// MaxReason is the longest reason in bytes.
	MaxReason = 512
	// MaxOpen is how long a motion may be voted on, in seconds.
	MaxOpen = 92 * 86400
	// MaxHeader is the size in bytes that no encoded header exceeds.
	MaxHeader = 1 << 10
)

// Header is what a proposer signs. Its encoding is hashed into the CID that names the
// motion.
type Header struct {
	Federation cid.Cid     // CID of the genesis charter
	Kind       Kind        // what its items are
	Proposer   keys.Public // an issuer of a member, or a regulator's voting key
	Time       int64       // Unix seconds, when it was proposed
	Expires    int64       // Unix seconds, until when it is voted on; at most MaxOpen after Time
	Until      taxonomy.Day
	BuildsOn   uint64      // ledger size; 0 unless Kind.NamesHeads
	Standing   merkle.Hash // of regulators and policy as they stood; zeros unless Kind.Constitutes
	Reason     string      // for people, to MaxReason
	Count      int         // of items, 1 to MaxItems
	Root       merkle.Hash // over the items' commitments: see Root
}

// headerArray is a header as it is encoded.
type headerArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Federation []byte
	Kind       uint8
	Proposer   keys.Public
	Time       int64
	Expires    int64
	Until      uint32 // day up to which what is entered lasts; 0xFFFFFFFF for as long as it is not ended
	BuildsOn   uint64
	Standing   []byte // 32 bytes, or none
	Reason     string
	Count      uint16
	Root       merkle.Hash
}

// Encode returns the canonical encoding of h.
func (h *Header) Encode() ([]byte, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	a := headerArray{
		Version: version, Federation: h.Federation.Bytes(), Kind: uint8(h.Kind), Proposer: h.Proposer, Time: h.Time, Expires: h.Expires,
		Until: uint32(h.Until), BuildsOn: h.BuildsOn, Reason: h.Reason, Count: uint16(h.Count), Root: h.Root,
	}
	if h.Kind.Constitutes() {
		a.Standing = h.Standing[:]
	}
	return wire.Encode(a)
}

// DecodeHeader reads what Encode writes and nothing else.
func DecodeHeader(b []byte) (Header, error) {
	var a headerArray
	if err := decode("header", b, MaxHeader, &a); err != nil {
		return Header{}, err
	}
	federation, err := taxonomy.CIDFromBytes(a.Federation)
	if err != nil {
		return Header{}, fmt.Errorf("motion: header: federation: %w", err)
	}
	h := Header{
		Federation: federation, Kind: Kind(a.Kind), Proposer: a.Proposer, Time: a.Time, Expires: a.Expires,
		Until: taxonomy.Day(a.Until), BuildsOn: a.BuildsOn, Reason: a.Reason, Count: int(a.Count), Root: a.Root,
	}
	if h.Kind.Constitutes() != (len(a.Standing) != 0) || len(a.Standing) != 0 && len(a.Standing) != merkle.HashSize {
		return Header{}, fmt.Errorf("motion: header: %d bytes for what stands; a %s motion has %s", len(a.Standing), h.Kind, map[bool]string{true: "32", false: "none"}[h.Kind.Constitutes()])
	}
	copy(h.Standing[:], a.Standing)
	return h, h.validate()
}

func decode(what string, b []byte, most int, into any) error {
	if len(b) > most {
		return fmt.Errorf("motion: %s: %d bytes, the most is %d", what, len(b), most)
	}
	if err := wire.Newer("motion: "+what, b, version); err != nil {
		return err
	}
	if err := wire.Decode(b, into); err != nil {
		return fmt.Errorf("motion: %s: %w", what, err)
	}
	return nil
}

func newer(what string, code uint8) error {
	return fmt.Errorf("motion: %s %d: %w", what, code, wire.ErrNewer)
}

func (h *Header) validate() error {
	problem := ""
	switch {
	case !h.Kind.Known():
		return newer("a motion of kind", uint8(h.Kind))
	case !h.Federation.Defined():
		problem = "it is of no federation"
	case h.Proposer.IsZero():
		problem = "nobody proposes it"
	case h.Time < 0 || h.Time > taxonomy.MaxTime:
		problem = fmt.Sprintf("its time %d is outside 1970 to 9999", h.Time)
	case h.Expires <= h.Time || h.Expires-h.Time > MaxOpen:
		problem = fmt.Sprintf("it is voted on until %d, not within %d days of its time %d", h.Expires, MaxOpen/86400, h.Time)
	case h.Until != taxonomy.NeverDay && h.Until > taxonomy.DayOf(taxonomy.MaxTime):
		problem = fmt.Sprintf("what it enters lasts until day %d", uint32(h.Until))
	case !h.Kind.NamesHeads() && h.BuildsOn != 0:
		problem = fmt.Sprintf("a %s motion builds on no ledger size", h.Kind)
	case len(h.Reason) > MaxReason || !utf8.ValidString(h.Reason):
		problem = fmt.Sprintf("its reason has %d bytes, or is no text; at most %d", len(h.Reason), MaxReason)
	case h.Count < 1 || h.Count > MaxItems:
		problem = fmt.Sprintf("it has %d items; 1 to %d", h.Count, MaxItems)
	default:
		return nil
	}
	return errors.New("motion: header: " + problem)
}

// Signed is a header and its proposer's signature, verified.
type Signed struct {
	Header
	ID cid.Cid // of the motion

	header    []byte
	signature keys.Signature
}

// signedArray is a signed header as it is encoded.
type signedArray struct {
	_         struct{} `cbor:",toarray"`
	Header    []byte
	Signature keys.Signature
}

// Sign signs a header as its proposer.
func Sign(h Header, key keys.Private) (Signed, error) {
	if key.Public() != h.Proposer {
		return Signed{}, fmt.Errorf("motion: sign: the key is not the proposer's, %s", h.Proposer.Short())
	}
	b, err := h.Encode()
	if err != nil {
		return Signed{}, err
	}
	return Signed{h, wire.CID(b), b, key.Sign(keys.DomainMotion, b)}, nil
}

// Open reads and verifies a signed header.
func Open(b []byte, federation cid.Cid) (Signed, error) {
	var a signedArray
	if err := decode("signed header", b, MaxHeader+keys.SignatureSize+8, &a); err != nil {
		return Signed{}, err
	}
	h, err := DecodeHeader(a.Header)
	switch {
	case err != nil:
		return Signed{}, err
	case !h.Federation.Equals(federation):
		return Signed{}, fmt.Errorf("motion: it is of federation %s, not %s", h.Federation, federation)
	case !h.Proposer.Verify(keys.DomainMotion, a.Header, a.Signature):
		return Signed{}, fmt.Errorf("motion: the signature is not of its proposer %s", h.Proposer.Short())
	}
	return Signed{h, wire.CID(a.Header), a.Header, a.Signature}, nil
}

// Bytes returns the canonical encoding.
func (s *Signed) Bytes() []byte {
	return wire.Format(signedArray{Header: s.header, Signature: s.signature})
}
