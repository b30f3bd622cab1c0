package assertion

import (
	"fmt"
	"io"

	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
)

// Batch is a body ready to be signed for: its encoding and what the header
// must say of it.
type Batch struct {
	Body  []byte // encoded slots
	Count int    // of statements
	Root  merkle.Hash
}

// Builder assembles statements into bodies within both caps, MaxStatements and
// MaxSlots. Make one with NewBuilder; it serves one goroutine.
type Builder struct {
	random io.Reader
	salts  []byte // drawn ahead, since a draw costs more than a hash
	body   []byte // after slotsHeadMax bytes of room for the head
	leaves []merkle.Hash
	buf    []byte // the statement at hand
}

// slotsHeadMax is the most bytes that a body has before its first slot.
const slotsHeadMax = 5

// saltsAhead is how many salts are drawn at once.
const saltsAhead = 256

// NewBuilder returns a builder that draws its salts from random, which must be
// a cryptographic source outside tests.
func NewBuilder(random io.Reader) *Builder {
	b := &Builder{random: random, leaves: make([]merkle.Hash, 0, MaxStatements)}
	b.reset()
	return b
}

func (b *Builder) reset() {
	// The body leaves with the batch, so the next one starts afresh; its room
	// is that of the last one, since batches of a run are alike.
	b.body = make([]byte, slotsHeadMax, max(cap(b.body), 4<<10))
	b.leaves = b.leaves[:0]
}

// Len returns how many statements the batch at hand has.
func (b *Builder) Len() int { return len(b.leaves) }

// Add puts a statement of a publication at the end of the batch at hand and
// reports true, or reports false and leaves the batch as it is when the
// statement no longer fits: then Finish and add again. It fails when the
// statement breaks the envelope's bounds or random does.
func (b *Builder) Add(publication PublicationID, s *Statement) (bool, error) {
	var err error
	if b.buf, err = s.AppendTo(b.buf[:0]); err != nil {
		return false, err
	}
	slot := Slot{publication: publication, expiry: taxonomy.DayOf(s.Expires), encoded: b.buf}
	const overhead = 1 + 1 + merkle.PublicationSize + 1 + merkle.SaltSize + 5
	if b.Len() == MaxStatements || len(b.body)+overhead+len(b.buf) > MaxSlots {
		return false, nil
	}
	if slot.salt, err = b.salt(); err != nil {
		return false, err
	}
	b.body = slot.appendTo(b.body)
	b.leaves = append(b.leaves, slot.Leaf())
	return true, nil
}

func (b *Builder) salt() (Salt, error) {
	if len(b.salts) == 0 {
		b.salts = make([]byte, saltsAhead*merkle.SaltSize)
		if _, err := io.ReadFull(b.random, b.salts); err != nil {
			b.salts = nil
			return Salt{}, fmt.Errorf("assertion: read random salts: %w", err)
		}
	}
	s := Salt(b.salts[:merkle.SaltSize])
	b.salts = b.salts[merkle.SaltSize:]
	return s, nil
}

// Finish returns the batch at hand and begins another. It fails when the batch
// is empty, for an empty batch says nothing.
func (b *Builder) Finish() (Batch, error) {
	if b.Len() == 0 {
		return Batch{}, fmt.Errorf("assertion: a batch needs at least one statement")
	}
	// The head's length depends on the count, which is known only now.
	var room [slotsHeadMax]byte
	head := appendSlotsHead(room[:0], b.Len())
	body := b.body[slotsHeadMax-len(head):]
	copy(body, head)
	batch := Batch{Body: body, Count: b.Len(), Root: merkle.Root(b.leaves)}
	b.reset()
	return batch, nil
}
