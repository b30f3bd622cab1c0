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

// headerArray is a header as it is encoded.
type headerArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Federation []byte
	Issuer     keys.Public
	Epoch      uint64
	Sequence   uint64
	Previous   []byte
	Time       int64
	Count      uint16
	Root       merkle.Hash
}

// Encode returns the canonical encoding of h. Previous must be undefined at
// the very start of a feed (epoch 0, sequence 0) and given everywhere else; at
// sequence 0 of a later epoch it names the base from which the ledger let the
// feed go on, and is undefined when nothing was left to go on from.
func (h *Header) Encode() ([]byte, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	return Encode(headerArray{
		Version:    HeaderVersion,
		Federation: h.Federation.Bytes(),
		Issuer:     h.Issuer,
		Epoch:      h.Epoch,
		Sequence:   h.Sequence,
		Previous:   h.Previous.Bytes(),
		Time:       h.Time,
		Count:      uint16(h.Count),
		Root:       h.Root,
	})
}

// DecodeHeader reads what Encode writes and nothing else. It does not judge
// whether the issuer's key is one that anybody admitted.
func DecodeHeader(b []byte) (Header, error) {
	if len(b) > MaxHeader {
		return Header{}, fmt.Errorf("assertion: header: %d bytes, the most is %d", len(b), MaxHeader)
	}
	if err := Newer("header", b, HeaderVersion); err != nil {
		return Header{}, err
	}
	var a headerArray
	if err := Decode(b, &a); err != nil {
		return Header{}, err
	}
	if a.Version != HeaderVersion {
		return Header{}, fmt.Errorf("assertion: header: version %d is unknown here; a newer release may know it", a.Version)
	}
	federation, err := taxonomy.CIDFromBytes(a.Federation)
	if err != nil {
		return Header{}, fmt.Errorf("assertion: header: federation: %w", err)
	}
	previous := cid.Undef
	if len(a.Previous) != 0 {
		if previous, err = taxonomy.CIDFromBytes(a.Previous); err != nil {
			return Header{}, fmt.Errorf("assertion: header: previous: %w", err)
		}
	}
	h := Header{
		Federation: federation,
		Issuer:     a.Issuer,
		Epoch:      a.Epoch,
		Sequence:   a.Sequence,
		Previous:   previous,
		Time:       a.Time,
		Count:      int(a.Count),
		Root:       a.Root,
	}
	if err := h.validate(); err != nil {
		return Header{}, err
	}
	return h, nil
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
	_, err := taxonomy.CIDFromBytes(c.Bytes())
	return err == nil
}

// SignedHeader is a header as it travels: its encoding and the issuer's
// signature over keys.DomainBatch and that encoding.
type SignedHeader struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Header    []byte
	Signature keys.Signature
}

// Sign returns the encoding of header signed by its issuer's key.
func Sign(header []byte, key keys.Private) ([]byte, error) {
	return Encode(SignedHeader{Version: HeaderVersion, Header: header, Signature: key.Sign(keys.DomainBatch, header)})
}

// DecodeSignedHeader reads what Sign writes and nothing else. Neither header
// nor signature is judged: that is feed.Verify's.
func DecodeSignedHeader(b []byte) (SignedHeader, error) {
	var s SignedHeader
	if len(b) > MaxSignedHeader {
		return s, fmt.Errorf("assertion: signed header: %d bytes, the most is %d", len(b), MaxSignedHeader)
	}
	if err := Newer("signed header", b, HeaderVersion); err != nil {
		return s, err
	}
	if err := Decode(b, &s); err != nil {
		return SignedHeader{}, err
	}
	if s.Version != HeaderVersion {
		return SignedHeader{}, fmt.Errorf("assertion: signed header: version %d is unknown here; a newer release may know it", s.Version)
	}
	return s, nil
}
