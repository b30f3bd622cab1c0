package assertion

import (
	"github.com/ipfs/go-cid"

	"ringfence/store/wire"
)

// MaxElements is how many elements one array may have.
const MaxElements = wire.MaxElements

// Encode returns the canonical encoding of v; see wire.Encode.
func Encode(v any) ([]byte, error) { return wire.Encode(v) }

// Decode reads into v, a pointer, what Encode writes and nothing else; see
// wire.Decode.
func Decode(b []byte, v any) error { return wire.Decode(b, v) }

// CID returns the only form of content ID in use: CIDv1, dag-cbor, sha2-256.
func CID(b []byte) cid.Cid { return wire.CID(b) }
