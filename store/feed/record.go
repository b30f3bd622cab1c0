package feed

import (
	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
)

// Tip is the place of one batch in its issuer's feed, most often the last one
// held. The zero Tip is no place.
type Tip struct {
	Epoch    uint64
	Sequence uint64
	CID      cid.Cid // of the unsigned header
	Time     int64   // of the batch, Unix seconds
}

// Record is one accepted batch as it is kept: its place, the signed header and
// the body, byte for byte as they came.
type Record struct {
	Issuer keys.Public
	Tip    Tip
	Header []byte // signed header
	Body   []byte
}
