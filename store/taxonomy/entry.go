package taxonomy

import "fmt"

// EntrySize is the length in bytes of an encoded Entry without its key.
const EntrySize = 5

// Entry is what the list says of one key. The zero Entry says nothing: action
// allow and no class; no listed key has it.
type Entry struct {
	Action    Action
	Class     Class
	Category  Category
	Contested bool // a contest is open, or the evidence disagrees
	Ratified  bool // an entry of the ledger decides, not evidence
}

const (
	flagContested = 1 << 0
	flagRatified  = 1 << 1
)

// IsZero reports whether e says nothing.
func (e Entry) IsZero() bool { return e == Entry{} }

// Bytes returns action, class, category (big-endian) and flags, the five bytes
// that follow the key in a list entry.
func (e Entry) Bytes() [EntrySize]byte {
	var flags byte
	if e.Contested {
		flags |= flagContested
	}
	if e.Ratified {
		flags |= flagRatified
	}
	return [EntrySize]byte{byte(e.Action), byte(e.Class), byte(e.Category >> 8), byte(e.Category), flags}
}

// EntryFromBytes decodes what Bytes encodes and refuses anything else.
func EntryFromBytes(b [EntrySize]byte) (Entry, error) {
	e := Entry{
		Action:    Action(b[0]),
		Class:     Class(b[1]),
		Category:  Category(b[2])<<8 | Category(b[3]),
		Contested: b[4]&flagContested != 0,
		Ratified:  b[4]&flagRatified != 0,
	}
	switch {
	case e.Action > Block, !e.Class.Valid(), e.Category.Class() != e.Class, b[4] > flagContested|flagRatified:
		return Entry{}, fmt.Errorf("taxonomy: % x is no list entry", b)
	}
	return e, nil
}
