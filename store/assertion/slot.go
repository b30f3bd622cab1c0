package assertion

import (
	"fmt"

	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// SlotsVersion is the only version of batch bodies.
const SlotsVersion = 1

// MaxSlots is the size in bytes of an encoded batch body. It is part of the
// format and never changes.
const MaxSlots = 1 << 20

// Salt keeps a reader of a slot's commitment from guessing the statement.
type Salt [merkle.SaltSize]byte

// Slot is one place in a batch's body. A live slot holds a statement and the
// salt that opens its commitment; an erased one only what the leaf needs. Both
// have the same leaf, so erasing changes neither root nor signature. Slots are
// made by NewSlot, ErasedSlot and DecodeSlots; the zero Slot is none.
type Slot struct {
	publication PublicationID
	expiry      taxonomy.Day
	salt        Salt        // live
	encoded     []byte      // live: the statement's encoding, else nil
	statement   Statement   // live
	inner       merkle.Hash // erased
}

// NewSlot returns the live slot of an encoded statement, which it decodes and
// shares.
func NewSlot(publication PublicationID, salt Salt, encoded []byte) (Slot, error) {
	s := Slot{publication: publication, salt: salt, encoded: encoded}
	if err := decodeStatement(encoded, &s.statement); err != nil {
		return Slot{}, err
	}
	s.expiry = taxonomy.DayOf(s.statement.Expires)
	return s, nil
}

// ErasedSlot returns the slot of a statement whose opening is gone. The expiry
// must be a day that a statement can have.
func ErasedSlot(expiry taxonomy.Day, publication PublicationID, inner merkle.Hash) (Slot, error) {
	if expiry > lastDay && expiry != taxonomy.NeverDay {
		return Slot{}, fmt.Errorf("assertion: slot: no statement expires on day %d; the last is %d, or %d for never", uint32(expiry), uint32(lastDay), uint32(taxonomy.NeverDay))
	}
	return Slot{publication: publication, expiry: expiry, inner: inner}, nil
}

// lastDay is the day of taxonomy.MaxTime.
const lastDay = taxonomy.Day(taxonomy.MaxTime / 86400)

// Erased reports whether the slot's opening is gone.
func (s *Slot) Erased() bool { return s.encoded == nil }

// Publication returns the delivery that the statement belongs to.
func (s *Slot) Publication() PublicationID { return s.publication }

// Expiry returns the statement's expiry day; NeverDay for a retract.
func (s *Slot) Expiry() taxonomy.Day { return s.expiry }

// Statement returns the statement, nil when it was erased. It is not to be
// changed.
func (s *Slot) Statement() *Statement {
	if s.Erased() {
		return nil
	}
	return &s.statement
}

// Encoded returns the statement's encoding, nil when it was erased.
func (s *Slot) Encoded() []byte { return s.encoded }

// Salt returns the salt of a live slot.
func (s *Slot) Salt() Salt { return s.salt }

// Inner returns the commitment to salt and statement.
func (s *Slot) Inner() merkle.Hash {
	if s.Erased() {
		return s.inner
	}
	return merkle.Inner(s.salt, s.encoded)
}

// Leaf returns the RFC 6962 leaf hash of the slot, the same before and after
// erasing.
func (s *Slot) Leaf() merkle.Hash {
	return merkle.LeafHash(uint32(s.expiry), s.publication, s.Inner())
}

// Erase returns the slot without its opening.
func (s *Slot) Erase() Slot {
	return Slot{publication: s.publication, expiry: s.expiry, inner: s.Inner()}
}

// Leaves returns the leaves of slots in their order.
func Leaves(slots []Slot) []merkle.Hash {
	leaves := make([]merkle.Hash, len(slots))
	for i := range slots {
		leaves[i] = slots[i].Leaf()
	}
	return leaves
}

// Match returns the leaves of slots when a header speaks of them: there are as
// many as it says, and they give its root.
func (h *Header) Match(slots []Slot) ([]merkle.Hash, error) {
	if len(slots) != h.Count {
		return nil, fmt.Errorf("the body has %d statements, the header says %d", len(slots), h.Count)
	}
	leaves := Leaves(slots)
	if root := merkle.Root(leaves); root != h.Root {
		return nil, fmt.Errorf("the body's root is %s, the header says %s", root, h.Root)
	}
	return leaves, nil
}

const (
	slotsFields = 2
	slotFields  = 3
)

// EncodeSlots returns the canonical encoding of a batch's body.
func EncodeSlots(slots []Slot) ([]byte, error) {
	if len(slots) < 1 || len(slots) > MaxStatements {
		return nil, fmt.Errorf("assertion: body: %d slots, want 1 to %d", len(slots), MaxStatements)
	}
	size := 8
	for i := range slots {
		size += 40 + merkle.HashSize + len(slots[i].encoded)
	}
	b := appendSlotsHead(make([]byte, 0, size), len(slots))
	for i := range slots {
		b = slots[i].appendTo(b)
	}
	if len(b) > MaxSlots {
		return nil, fmt.Errorf("assertion: body: %d bytes encoded, the most is %d", len(b), MaxSlots)
	}
	return b, nil
}

func appendSlotsHead(b []byte, count int) []byte {
	b = wire.AppendArray(b, slotsFields)
	b = wire.AppendUint(b, SlotsVersion)
	return wire.AppendArray(b, count)
}

func (s *Slot) appendTo(b []byte) []byte {
	b = wire.AppendArray(b, slotFields)
	if s.Erased() {
		b = wire.AppendUint(b, uint64(s.expiry))
		b = wire.AppendBytes(b, s.publication[:])
		return wire.AppendBytes(b, s.inner[:])
	}
	b = wire.AppendBytes(b, s.publication[:])
	b = wire.AppendBytes(b, s.salt[:])
	return wire.AppendBytes(b, s.encoded)
}

// minSlot is the size in bytes of the smallest slot: an erased one that
// expires on one of the first 24 days.
const minSlot = 1 + 1 + 1 + merkle.PublicationSize + 2 + merkle.HashSize

// DecodeSlots reads what EncodeSlots writes and nothing else; every statement
// in it is decoded as by DecodeStatement and shares b.
func DecodeSlots(b []byte) ([]Slot, error) {
	if len(b) > MaxSlots {
		return nil, fmt.Errorf("assertion: body: %d bytes, the most is %d", len(b), MaxSlots)
	}
	if err := Newer("body", b, SlotsVersion); err != nil {
		return nil, err
	}
	r := wire.NewReader("assertion: body", b)
	r.Array("body", slotsFields, slotsFields)
	r.Version(SlotsVersion)
	count := r.Array("slots", 1, MaxStatements)
	if err := r.Err(); err != nil {
		return nil, err
	}
	if count > len(b)/minSlot {
		return nil, fmt.Errorf("assertion: body: %d slots announced in %d bytes", count, len(b))
	}
	slots := make([]Slot, count)
	for i := range slots {
		if err := slots[i].read(&r); err != nil {
			return nil, fmt.Errorf("slot %d: %w", i, err)
		}
	}
	if err := r.End(); err != nil {
		return nil, err
	}
	return slots, nil
}

// read fills a zero slot; the first element's major type tells which form.
func (s *Slot) read(r *wire.Reader) error {
	r.Array("slot", slotFields, slotFields)
	if r.NextIsUint() {
		day := taxonomy.Day(r.Uint("expiry day", uint64(taxonomy.NeverDay)))
		copy(s.publication[:], r.Bytes("publication", merkle.PublicationSize, merkle.PublicationSize))
		copy(s.inner[:], r.Bytes("inner hash", merkle.HashSize, merkle.HashSize))
		if err := r.Err(); err != nil {
			return err
		}
		erased, err := ErasedSlot(day, s.publication, s.inner)
		*s = erased
		return err
	}
	copy(s.publication[:], r.Bytes("publication", merkle.PublicationSize, merkle.PublicationSize))
	copy(s.salt[:], r.Bytes("salt", merkle.SaltSize, merkle.SaltSize))
	s.encoded = r.Bytes("statement", 1, MaxSealed)
	if err := r.Err(); err != nil {
		return err
	}
	if err := decodeStatement(s.encoded, &s.statement); err != nil {
		return err
	}
	s.expiry = taxonomy.DayOf(s.statement.Expires)
	return nil
}
