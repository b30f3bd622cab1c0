package motion

import (
	"errors"
	"fmt"

	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// MaxItem is the size in bytes of an item, so that with its salt it fits into a
// bundle of openings.
const MaxItem = 60_000

// Opening is an item and the salt that keeps a reader of its commitment from
// guessing it.
type Opening struct {
	Salt [merkle.SaltSize]byte
	Item []byte // as its kind encodes it
}

// Bytes returns the canonical encoding. Openings come by the thousand, so that they are
// written and read by hand; a test holds that against the general codec.
func (o *Opening) Bytes() []byte {
	const heads = 8
	b := wire.AppendArray(make([]byte, 0, heads+merkle.SaltSize+len(o.Item)), 2)
	return wire.AppendBytes(wire.AppendBytes(b, o.Salt[:]), o.Item)
}

// OpenOpening reads what Bytes writes and nothing else. The item is a part of b, which
// must not change.
func OpenOpening(b []byte) (o Opening, err error) {
	in := wire.NewReader("motion: opening", b)
	in.Array("opening", 2, 2)
	copy(o.Salt[:], in.Bytes("salt", merkle.SaltSize, merkle.SaltSize))
	o.Item = in.Bytes("item", 1, MaxItem)
	return o, in.End()
}

func (o *Opening) validate() error {
	if n := len(o.Item); n == 0 || n > MaxItem {
		return fmt.Errorf("motion: an item of %d bytes; 1 to %d", n, MaxItem)
	}
	return nil
}

// Commitment returns what stands in the ledger for the item: SHA-256(salt ‖ item).
func (o *Opening) Commitment() merkle.Hash { return merkle.Inner(o.Salt, o.Item) }

// Root returns the RFC 6962 root over the commitments as leaves.
func Root(commitments []merkle.Hash) merkle.Hash {
	leaves := make([]merkle.Hash, len(commitments))
	for i, c := range commitments {
		leaves[i] = merkle.EntryHash(c[:])
	}
	return merkle.Root(leaves)
}

// Commit sets Count and Root of a header for its items, and returns their
// commitments.
func (h *Header) Commit(items []Opening) ([]merkle.Hash, error) {
	commitments, err := commitmentsOf(items)
	if err != nil {
		return nil, err
	}
	h.Count, h.Root = len(items), Root(commitments)
	return commitments, nil
}

func commitmentsOf(items []Opening) ([]merkle.Hash, error) {
	if n := len(items); n < 1 || n > MaxItems {
		return nil, fmt.Errorf("motion: it has %d items; 1 to %d", n, MaxItems)
	}
	size := 0
	commitments := make([]merkle.Hash, len(items))
	for i := range items {
		if err := items[i].validate(); err != nil {
			return nil, fmt.Errorf("%w (item %d)", err, i)
		}
		size += len(items[i].Item) + merkle.SaltSize
		commitments[i] = items[i].Commitment()
	}
	if size > MaxBytes {
		return nil, fmt.Errorf("motion: its items have %d bytes; at most %d: make several motions", size, MaxBytes)
	}
	return commitments, nil
}

// Holds returns the commitments of items, which must be those that h commits to.
func (h *Header) Holds(items []Opening) ([]merkle.Hash, error) {
	commitments, err := commitmentsOf(items)
	if err != nil {
		return nil, err
	}
	if len(items) != h.Count || Root(commitments) != h.Root {
		return nil, errors.New("motion: the items are not those that the header commits to")
	}
	return commitments, nil
}
