// Package publication is a node's own memory of what it published: a record for
// each publication ID, of what was said under it and how far it came.
//
// What is said under one ID can be undone in one step, and a file that was cut off
// is finished under the ID it began with. Both need somebody to remember which ID
// that was. So a record is written before anything is signed under its ID, it is
// found again by the digest of the content, and no member begins a second file
// while one of his is unfinished: what stood before a publication must not change
// under it.
//
// Floor 10, a room of node/publish. Records serve people and resuming; nothing of
// them is signed, and what counts is decided by the feed and the view alone.
package publication

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/store/assertion"
)

// ID names a publication: 16 random bytes, written in hexadecimal.
type ID assertion.PublicationID

// String returns 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText returns the text that String gives.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText accepts the text that String gives.
func (id *ID) UnmarshalText(text []byte) error {
	got, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = got
	return nil
}

// ParseID reads the text that String gives.
func ParseID(s string) (ID, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(ID{}) {
		return ID{}, phrase.New("say.no_publication", "%.40q is no publication ID of %d hexadecimal digits; the verb publications lists them", s, 2*len(ID{}))
	}
	return ID(b), nil
}

// NewID draws an ID from a cryptographic source.
func NewID(random io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return ID{}, fmt.Errorf("publish: draw a publication ID: %w", err)
	}
	return id, nil
}

// State is how far a publication came.
type State string

// The states.
const (
	Queued    State = "queued"           // accepted, to be signed when the peers have confirmed the feed
	Open      State = "open"             // begun; delivering the same content again finishes it
	Complete  State = "complete"         // all of it is said
	Closed    State = "closed"           // given up unfinished; what was said stands
	Partly    State = "partly_retracted" // some of what was said is retracted; never kept, but told by the list
	Retracted State = "retracted"        // undone as a whole
)

// Record is what a node remembers of one publication.
type Record struct {
	ID         ID        `json:"id"`
	Member     string    `json:"member"`
	Issuer     string    `json:"issuer"`
	State      State     `json:"state"`
	File       string    `json:"file,omitempty"`    // as it was called, or what was said by hand
	Mapping    string    `json:"mapping,omitempty"` // "" by hand
	Digest     string    `json:"digest,omitempty"`  // of the content, in hexadecimal
	Statements int       `json:"statements"`        // said, in every run
	Unchanged  int       `json:"unchanged"`         // drafts that stood already as the file says
	Refused    int       `json:"refused"`           // drafts that would have been void
	Begun      time.Time `json:"begun"`
	Ended      time.Time `json:"ended,omitzero"`
}

// Values is where records are kept.
type Values interface {
	Put(space, key string, value []byte) error
	Get(space, key string) ([]byte, bool, error)
	List(space string, fn func(key string, value []byte) error) error
}

// space is the space of named values that this package owns: from the ID in
// hexadecimal to the Record as JSON.
const space = "publication"

// ErrNone says that no publication of that ID was made here.
var ErrNone = errors.New("publish: no such publication was made on this node")

// ErrUnfinished says that another publication must be finished first.
var ErrUnfinished = errors.New("publish: an earlier publication is unfinished")

// Book holds the records.
type Book struct{ Values Values }

// Of lists a member's publications, oldest first.
func (b Book) Of(member string) ([]Record, error) {
	var all []Record
	err := b.Values.List(space, func(key string, value []byte) error {
		one, err := decode(key, value)
		if err == nil && one.Member == member {
			all = append(all, one)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("publish: list publications: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Record) int { return a.Begun.Compare(b.Begun) })
	return all, nil
}

func decode(key string, value []byte) (Record, error) {
	var one Record
	if err := json.Unmarshal(value, &one); err != nil {
		return Record{}, fmt.Errorf("publish: record of publication %s: %w", key, err)
	}
	return one, nil
}

// Get returns a member's publication. The error is ErrNone when there is no such
// one, or it is another member's.
func (b Book) Get(member string, id ID) (Record, error) {
	value, ok, err := b.Values.Get(space, id.String())
	if err != nil {
		return Record{}, fmt.Errorf("publish: read publication %s: %w", id, err)
	}
	if !ok {
		return Record{}, fmt.Errorf("%w: %s", ErrNone, id)
	}
	one, err := decode(id.String(), value)
	if err == nil && one.Member != member {
		return Record{}, fmt.Errorf("%w: %s is of member %s", ErrNone, id, one.Member)
	}
	return one, err
}

// Keep writes a record, durably, over what was known of its ID.
func (b Book) Keep(one *Record) error {
	value, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("publish: encode record: %w", err)
	}
	if err := b.Values.Put(space, one.ID.String(), value); err != nil {
		return fmt.Errorf("publish: keep record of publication %s: %w", one.ID, err)
	}
	return nil
}

// Known is what a member published of a content before.
type Known struct {
	Unfinished Record // queued or open; the zero Record: none
	Complete   Record // the newest that was said whole; the zero Record: none
	// Earlier are the IDs of all that were said whole, retracted since or not.
	Earlier []assertion.PublicationID
}

// Find returns what was published of a content. The error is ErrUnfinished while
// another publication of the member is open.
func (b Book) Find(member string, content [32]byte) (Known, error) {
	all, err := b.Of(member)
	if err != nil {
		return Known{}, err
	}
	var known Known
	digest := hex.EncodeToString(content[:])
	for i := range all {
		switch one := &all[i]; {
		case one.Digest != digest && one.State == Open:
			return Known{}, fmt.Errorf("%w: %s of file %q; publish that file again to finish it, retract it, or close it as it stands", ErrUnfinished, one.ID, one.File)
		case one.Digest != digest || one.State == Closed:
		case one.State == Queued || one.State == Open:
			known.Unfinished = *one
		default:
			if known.Earlier = append(known.Earlier, assertion.PublicationID(one.ID)); one.State == Complete {
				known.Complete = *one
			}
		}
	}
	return known, nil
}
