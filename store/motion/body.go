package motion

import (
	"errors"
	"fmt"
	"math"

	"github.com/ipfs/go-cid"

	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// MaxCitations is how many statements an entry is ratified on, at most.
const MaxCitations = 3

// Grounds is what an entry is ratified on, as a code. Append-only.
type Grounds uint8

// The grounds.
const (
	GroundsFlags         Grounds = 1 // of independent publishers
	GroundsReports       Grounds = 2 // from the public
	GroundsDetection     Grounds = 3
	GroundsInvestigation Grounds = 4
	GroundsDecision      Grounds = 5 // of a court or an authority
	GroundsAllocatee     Grounds = 6 // asked by who holds the range
	GroundsOther         Grounds = 7
)

// Ratification is an item of a Ratify motion: an authoritative entry of the list.
type Ratification struct {
	Subject   number.Range
	Action    taxonomy.Action // allow, label or block
	Category  taxonomy.Category
	Grounds   Grounds
	Citations []taxonomy.Ref // at most MaxCitations
}

// Reversal is an item of a Revoke or a Stay motion: the ledger index of the entry that
// is revoked, or suspended for a day.
type Reversal struct{ Index uint64 }

// AnchorPoint is the first item of an Anchor motion.
type AnchorPoint struct {
	Size     uint64 // of the ledger; the header builds on it
	Day      taxonomy.Day
	ListRoot merkle.Hash
}

// AnchorHeads are the other items of an Anchor motion: the heads of issuers that
// moved.
type AnchorHeads struct{ Heads []AnchoredHead }

// AnchoredHead is up to where an issuer's feed counts.
type AnchoredHead struct {
	_        struct{} `cbor:",toarray"`
	Issuer   uint32   // index in the roster
	Epoch    uint64
	Sequence uint64
	Digest   merkle.Hash // of the header's CID
	Frozen   bool        // the epoch forked above it
}

// CID returns the CID of the header that the head names.
func (h *AnchoredHead) CID() cid.Cid {
	b := append([]byte{1, cid.DagCBOR, 0x12, merkle.HashSize}, h.Digest[:]...) // version, codec, sha2-256 and its length
	c, _ := cid.Cast(b)                                                        // of this form it always is one
	return c
}

// MaxHeads is how many heads one item holds.
const MaxHeads = 1000

type (
	reversalArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Index   uint64
	}
	pointArray struct {
		_        struct{} `cbor:",toarray"`
		Version  uint8
		Size     uint64
		Day      uint32
		ListRoot merkle.Hash
	}
	headsArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Heads   []AnchoredHead
	}
)

// Encode returns the canonical encoding, which is written and read by hand like that of
// an Opening.
func (r *Ratification) Encode() ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	const heads = 16
	subject := r.Subject.Bytes()
	b := make([]byte, 0, heads+len(subject)+len(r.Citations)*(taxonomy.RefSize+2))
	b = wire.AppendUint(wire.AppendArray(b, 6), version)
	b = wire.AppendBytes(b, subject[:])
	b = wire.AppendUint(wire.AppendUint(wire.AppendUint(b, uint64(r.Action)), uint64(r.Category)), uint64(r.Grounds))
	b = wire.AppendArray(b, len(r.Citations))
	for _, c := range r.Citations {
		b = wire.AppendBytes(b, c.Bytes())
	}
	return b, nil
}

// DecodeRatification reads what Encode writes and nothing else.
func DecodeRatification(b []byte) (r Ratification, err error) {
	if err := wire.Newer("motion: ratification", b, version); err != nil {
		return r, err
	}
	in := wire.NewReader("motion: ratification", b)
	in.Array("ratification", 6, 6)
	in.Version(version)
	subject := in.Bytes("subject", number.KeySize, number.KeySize)
	r.Action = taxonomy.Action(in.Uint("action", math.MaxUint8))
	r.Category = taxonomy.Category(in.Uint("category", math.MaxUint16))
	r.Grounds = Grounds(in.Uint("grounds", math.MaxUint8))
	var refs [MaxCitations][]byte
	n := in.Array("citations", 0, MaxCitations)
	for i := range n {
		refs[i] = in.Bytes("citation", taxonomy.RefSize, taxonomy.RefSize)
	}
	if err := in.End(); err != nil {
		return Ratification{}, err
	}
	if r.Subject, err = number.RangeFromBytes([number.KeySize]byte(subject)); err != nil {
		return Ratification{}, fmt.Errorf("motion: ratification: %w", err)
	}
	for _, ref := range refs[:n] {
		c, err := taxonomy.RefFromBytes(ref)
		if err != nil {
			return Ratification{}, fmt.Errorf("motion: ratification: %w", err)
		}
		r.Citations = append(r.Citations, c)
	}
	return r, r.validate()
}

func (r *Ratification) validate() error {
	switch {
	case r.Subject.IsZero():
		return errors.New("motion: ratification: of no number")
	case r.Action > taxonomy.Block:
		return newer("a ratification with action", uint8(r.Action))
	case !r.Category.Known():
		return newer("a ratification with category", uint8(r.Category.Class()))
	case r.Grounds < GroundsFlags || r.Grounds > GroundsOther:
		return newer("a ratification with grounds", uint8(r.Grounds))
	case len(r.Citations) > MaxCitations:
		return fmt.Errorf("motion: ratification: %d citations; at most %d", len(r.Citations), MaxCitations)
	}
	return nil
}

// Encode returns the canonical encoding.
func (r *Reversal) Encode() []byte {
	return wire.Format(reversalArray{Version: version, Index: r.Index})
}

// DecodeReversal reads what Encode writes and nothing else.
func DecodeReversal(b []byte) (Reversal, error) {
	var a reversalArray
	err := decode("reversal", b, MaxItem, &a)
	return Reversal{a.Index}, err
}

// Encode returns the canonical encoding.
func (p *AnchorPoint) Encode() []byte {
	return wire.Format(pointArray{Version: version, Size: p.Size, Day: uint32(p.Day), ListRoot: p.ListRoot})
}

// DecodeAnchorPoint reads what Encode writes and nothing else.
func DecodeAnchorPoint(b []byte) (AnchorPoint, error) {
	var a pointArray
	err := decode("anchor", b, MaxItem, &a)
	return AnchorPoint{a.Size, taxonomy.Day(a.Day), a.ListRoot}, err
}

// Encode returns the canonical encoding.
func (h *AnchorHeads) Encode() ([]byte, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	return wire.Format(headsArray{Version: version, Heads: h.Heads}), nil
}

// DecodeAnchorHeads reads what Encode writes and nothing else.
func DecodeAnchorHeads(b []byte) (AnchorHeads, error) {
	var a headsArray
	if err := decode("anchored heads", b, MaxItem, &a); err != nil {
		return AnchorHeads{}, err
	}
	h := AnchorHeads{a.Heads}
	return h, h.validate()
}

func (h *AnchorHeads) validate() error {
	if n := len(h.Heads); n < 1 || n > MaxHeads {
		return fmt.Errorf("motion: %d anchored heads in one item; 1 to %d", n, MaxHeads)
	}
	for i := 1; i < len(h.Heads); i++ {
		a, b := &h.Heads[i-1], &h.Heads[i]
		if a.Issuer > b.Issuer || a.Issuer == b.Issuer && a.Epoch >= b.Epoch {
			return errors.New("motion: anchored heads are not in order of issuer and epoch, each once")
		}
	}
	return nil
}
