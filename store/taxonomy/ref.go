package taxonomy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ipfs/go-cid"
)

// CIDSize is the length of the only CID form used here: CIDv1, dag-cbor,
// sha2-256, as raw bytes.
const CIDSize = 36

// RefSize is the length of an encoded statement reference.
const RefSize = CIDSize + 2

// Ref names one statement: the CID of its batch and its place in it.
type Ref struct {
	Batch cid.Cid
	Index uint16
}

// Bytes returns the batch's 36 bytes and the index, big-endian.
func (r Ref) Bytes() []byte {
	b := make([]byte, 0, RefSize)
	b = append(b, r.Batch.Bytes()...)
	return append(b, byte(r.Index>>8), byte(r.Index))
}

// RefFromBytes decodes what Bytes encodes.
func RefFromBytes(b []byte) (Ref, error) {
	if len(b) != RefSize {
		return Ref{}, fmt.Errorf("taxonomy: a statement reference has %d bytes, not %d", RefSize, len(b))
	}
	c, err := CIDFromBytes(b[:CIDSize])
	if err != nil {
		return Ref{}, err
	}
	return Ref{Batch: c, Index: uint16(b[CIDSize])<<8 | uint16(b[CIDSize+1])}, nil
}

// String returns "<batch CID>/<index>".
func (r Ref) String() string { return r.Batch.String() + "/" + strconv.Itoa(int(r.Index)) }

// MarshalText returns the text that String gives.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText accepts the text that String gives.
func (r *Ref) UnmarshalText(text []byte) error {
	got, err := ParseRef(string(text))
	if err != nil {
		return err
	}
	*r = got
	return nil
}

// ParseRef reads "<batch CID>/<index>".
func ParseRef(s string) (Ref, error) {
	batch, index, ok := strings.Cut(s, "/")
	if !ok {
		return Ref{}, fmt.Errorf("taxonomy: %q is no statement reference; want <batch CID>/<index>", s)
	}
	c, err := cid.Decode(batch)
	if err != nil {
		return Ref{}, fmt.Errorf("taxonomy: %q is no batch CID: %w", batch, err)
	}
	if c, err = CIDFromBytes(c.Bytes()); err != nil {
		return Ref{}, err
	}
	i, err := strconv.ParseUint(index, 10, 16)
	if err != nil {
		return Ref{}, fmt.Errorf("taxonomy: %q is no index in a batch (0 to 4095)", index)
	}
	return Ref{Batch: c, Index: uint16(i)}, nil
}

// CIDFromBytes decodes a CID and refuses every form but CIDv1, dag-cbor,
// sha2-256.
func CIDFromBytes(b []byte) (cid.Cid, error) {
	if len(b) != CIDSize || b[0] != 1 || b[1] != cid.DagCBOR || b[2] != 0x12 || b[3] != 32 {
		return cid.Undef, fmt.Errorf("taxonomy: not a CIDv1 of dag-cbor and sha2-256 (%d bytes)", len(b))
	}
	return cid.Cast(b)
}
