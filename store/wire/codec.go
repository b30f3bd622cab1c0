package wire

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Bounds of the general codec, checked before anything is allocated.
const (
	// MaxNesting is how deep arrays may lie in each other.
	MaxNesting = 16
	// MaxElements is how many elements one array may have.
	MaxElements = 4096
)

// The two modes are made once and never change; making them fails only for
// options that contradict each other, which the tests would see.
var (
	encoding = must(cbor.EncOptions{
		Sort:          cbor.SortCoreDeterministic,
		IndefLength:   cbor.IndefLengthForbidden,
		TagsMd:        cbor.TagsForbidden,
		NilContainers: cbor.NilContainerAsEmpty,
	}.EncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  MaxNesting,
		MaxArrayElements: MaxElements,
		MaxMapPairs:      16,
		UTF8:             cbor.UTF8RejectInvalid,
	}.DecMode())
)

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err)
	}
	return mode
}

// Encode returns the canonical encoding of v: a struct of fixed fields encoded
// as an array (tag `cbor:",toarray"`) whose first element is its version, with
// integers, booleans, strings, byte strings and lists of these inside. Empty
// and nil slices encode alike.
func Encode(v any) ([]byte, error) {
	b, err := encoding.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("wire: encode %T: %w", v, err)
	}
	return b, nil
}

// Format is Encode of a format of this project, which consists of what the codec
// takes; that it does not is a fault of ours, and panics.
func Format(v any) []byte {
	b, err := Encode(v)
	if err != nil {
		panic(err)
	}
	return b
}

// Decode reads into v, a pointer, what Encode writes and nothing else. It
// decodes, encodes again and compares, so every value has exactly one
// encoding: the usual decoders accept integers longer than needed, nulls and
// short byte arrays even with every strict option on. The caller bounds
// len(b).
func Decode(b []byte, v any) error {
	if err := decoding.Unmarshal(b, v); err != nil {
		return fmt.Errorf("wire: decode %T: %w", v, inWords(err))
	}
	again, err := Encode(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, b) {
		return fmt.Errorf("wire: decode %T: the encoding is not canonical (%d bytes, canonically %d)", v, len(b), len(again))
	}
	return nil
}

// inWords tells what people meet who hand over a wrong file in words that need no decoder.
func inWords(err error) error {
	var more *cbor.ExtraneousDataError
	switch {
	case errors.As(err, &more):
		return errors.New("more bytes follow behind its end")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is cut short")
	}
	return err
}

// CID returns the only form of content ID in use: CIDv1, dag-cbor, sha2-256.
func CID(b []byte) cid.Cid {
	sum := sha256.Sum256(b)
	hash := make([]byte, 0, 2+len(sum))
	hash = append(hash, multihash.SHA2_256, byte(len(sum)))
	return cid.NewCidV1(cid.DagCBOR, append(hash, sum[:]...))
}
