package assertion

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
)

// HeaderVersion is the only version of batch headers and of their signed form.
const HeaderVersion = 1

// Fixed bounds of a batch. They are part of the format and never change.
const (
	// MaxStatements is how many statements a batch has at most; at least one.
	MaxStatements = 4096
	// MaxPlace bounds epochs and sequences: 2^53 − 1, the last integer that
	// every JSON reader keeps exact.
	MaxPlace uint64 = 1<<53 - 1
	// MaxHeader is the size in bytes that no encoded header exceeds.
	MaxHeader = 256
	// MaxSignedHeader is the size in bytes that no signed header exceeds.
	MaxSignedHeader = 384
)

// Header is what an issuer signs of a batch. Its encoding is hashed into the
// CID that names the batch.
type Header struct {
	Federation cid.Cid     // CID of the genesis charter
	Issuer     keys.Public // owner of the feed
	Epoch      uint64      // 0 is the first; only the ledger opens another
	Sequence   uint64      // from 0 in each epoch, without gaps
	Previous   cid.Cid     // header before it; see Encode
	Time       int64       // Unix seconds, never less than the one before
	Count      int         // of statements, 1 to MaxStatements
	Root       merkle.Hash // over the leaves of the body's slots
}

const headerFields = 9

// Encode returns the canonical encoding of h. Previous must be undefined at
// the very start of a feed (epoch 0, sequence 0) and given everywhere else; at
// sequence 0 of a later epoch it names the base from which the ledger let the
// feed go on, and is undefined when nothing was left to go on from.
func (h *Header) Encode() ([]byte, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	b := make([]byte, 0, MaxHeader)
	b = appendArray(b, headerFields)
	b = appendUint(b, HeaderVersion)
	b = appendBytes(b, h.Federation.Bytes())
	b = appendBytes(b, h.Issuer[:])
	b = appendUint(b, h.Epoch)
	b = appendUint(b, h.Sequence)
	if h.Previous.Defined() {
		b = appendBytes(b, h.Previous.Bytes())
	} else {
		b = appendBytes(b, nil)
	}
	b = appendUint(b, uint64(h.Time))
	b = appendUint(b, uint64(h.Count))
	return appendBytes(b, h.Root[:]), nil
}

// DecodeHeader reads what Encode writes and nothing else. It does not judge
// whether the issuer's key is one that anybody admitted.
func DecodeHeader(b []byte) (Header, error) {
	var h Header
	r := reader{what: "header", b: b}
	r.array("header", headerFields, headerFields)
	r.version(HeaderVersion)
	h.Federation = r.cid("federation", taxonomy.CIDSize)
	copy(h.Issuer[:], r.bytes("issuer", keys.PublicSize, keys.PublicSize))
	h.Epoch = r.uint("epoch", MaxPlace)
	h.Sequence = r.uint("sequence", MaxPlace)
	h.Previous = r.cid("previous", 0)
	h.Time = int64(r.uint("time", uint64(taxonomy.MaxTime)))
	h.Count = int(r.uint("count", MaxStatements))
	copy(h.Root[:], r.bytes("root", merkle.HashSize, merkle.HashSize))
	if err := r.end(); err != nil {
		return Header{}, err
	}
	if err := h.validate(); err != nil {
		return Header{}, err
	}
	return h, nil
}

// cid reads a CID of the one known form; with least 0 also its absence.
func (r *reader) cid(field string, least int) cid.Cid {
	b := r.bytes(field, least, taxonomy.CIDSize)
	if r.err != nil || len(b) == 0 {
		return cid.Undef
	}
	c, err := taxonomy.CIDFromBytes(b)
	if err != nil {
		r.fail(field, "%v", err)
	}
	return c
}

func (h *Header) validate() error {
	switch {
	case !isCID(h.Federation):
		return fmt.Errorf("assertion: header: the federation is no CIDv1 of dag-cbor and sha2-256")
	case h.Epoch > MaxPlace || h.Sequence > MaxPlace:
		return fmt.Errorf("assertion: header: epoch %d, sequence %d: the most is %d", h.Epoch, h.Sequence, MaxPlace)
	case h.Previous.Defined() && !isCID(h.Previous):
		return fmt.Errorf("assertion: header: previous is no CIDv1 of dag-cbor and sha2-256")
	case h.Sequence > 0 && !h.Previous.Defined():
		return fmt.Errorf("assertion: header: sequence %d of epoch %d names no previous header", h.Sequence, h.Epoch)
	case h.Sequence == 0 && h.Epoch == 0 && h.Previous.Defined():
		return fmt.Errorf("assertion: header: the start of a feed names a previous header")
	case h.Time < 0 || h.Time > taxonomy.MaxTime:
		return fmt.Errorf("assertion: header: time %d is not between 0 and %d", h.Time, taxonomy.MaxTime)
	case h.Count < 1 || h.Count > MaxStatements:
		return fmt.Errorf("assertion: header: %d statements, want 1 to %d", h.Count, MaxStatements)
	}
	return nil
}

func isCID(c cid.Cid) bool {
	if !c.Defined() {
		return false
	}
	_, err := taxonomy.CIDFromBytes(c.Bytes())
	return err == nil
}

// SignedHeader is a header as it travels: its encoding and the issuer's
// signature over keys.DomainBatch and that encoding.
type SignedHeader struct {
	Header    []byte
	Signature keys.Signature
}

const signedHeaderFields = 3

// Encode returns the canonical encoding of s.
func (s SignedHeader) Encode() []byte {
	b := make([]byte, 0, MaxSignedHeader)
	b = appendArray(b, signedHeaderFields)
	b = appendUint(b, HeaderVersion)
	b = appendBytes(b, s.Header)
	return appendBytes(b, s.Signature[:])
}

// DecodeSignedHeader reads what Encode writes and nothing else. The result
// shares b. Neither header nor signature is judged: that is feed.Verify's.
func DecodeSignedHeader(b []byte) (SignedHeader, error) {
	var s SignedHeader
	r := reader{what: "signed header", b: b}
	r.array("signed header", signedHeaderFields, signedHeaderFields)
	r.version(HeaderVersion)
	s.Header = r.bytes("header", 1, MaxHeader)
	copy(s.Signature[:], r.bytes("signature", keys.SignatureSize, keys.SignatureSize))
	if err := r.end(); err != nil {
		return SignedHeader{}, err
	}
	return s, nil
}
