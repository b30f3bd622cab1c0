package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// partSize is about how many bytes one part has; a named value has at most 1 MiB.
const partSize = 256 << 10

// ErrGone says that a part of what waits is not there any more, or not what was
// written.
var ErrGone = errors.New("it is gone")

// Draft is what a file says of one number, as it waits.
type Draft struct {
	Number    number.Number
	Category  taxonomy.Category
	Label     string // any bytes
	Reports   uint32
	FirstSeen int64 // Unix seconds
	LastSeen  int64
}

// storedDraft is a Draft as it is written.
type storedDraft struct {
	Number    uint64            `json:"n"`
	Category  taxonomy.Category `json:"c"`
	Label     []byte            `json:"l,omitempty"` // a JSON string would not keep any bytes
	Reports   uint32            `json:"r,omitempty"`
	FirstSeen int64             `json:"f"`
	LastSeen  int64             `json:"t"`
}

// Parts writes what waits under one ID, in pieces that the store takes. What it
// wrote waits once the Entry that Finish returns has joined the line.
type Parts struct {
	values Values
	batch  []json.RawMessage
	size   int // of batch, in bytes
	entry  Entry
}

// Write begins to write what waits under an ID.
func (l Line) Write(id publication.ID) *Parts {
	return &Parts{values: l.Values, entry: Entry{ID: id}}
}

// Draft adds a draft of a file.
func (p *Parts) Draft(d *Draft) error {
	return p.add(storedDraft{d.Number.Uint64(), d.Category, []byte(d.Label), d.Reports, d.FirstSeen, d.LastSeen})
}

// Statement adds a statement that is said by hand.
func (p *Parts) Statement(s *assertion.Statement) error {
	b, err := s.Encode()
	if err != nil {
		return err
	}
	return p.add(b)
}

func (p *Parts) add(one any) error {
	b, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("publish: queue a draft: %w", err)
	}
	p.batch, p.size, p.entry.Drafts = append(p.batch, b), p.size+len(b), p.entry.Drafts+1
	if p.size < partSize {
		return nil
	}
	return p.flush()
}

func (p *Parts) flush() error {
	if len(p.batch) == 0 {
		return nil
	}
	b, err := json.Marshal(p.batch)
	if err == nil {
		err = p.values.Put(spaceParts, partKey(p.entry.ID, p.entry.Parts), b)
	}
	if err != nil {
		return fmt.Errorf("publish: queue drafts: %w", err)
	}
	p.batch, p.size, p.entry.Parts = nil, 0, p.entry.Parts+1
	return nil
}

// Finish writes the last part and returns the entry for all of them; its Drafts are
// 0 when nothing was added.
func (p *Parts) Finish() (Entry, error) {
	err := p.flush()
	return p.entry, err
}

func partKey(id publication.ID, part int) string { return fmt.Sprintf("%s/%08d", id, part) }

// Drafts yields the drafts of a file that waits, in order. An error is the last
// that it yields.
func (l Line) Drafts(e *Entry) iter.Seq2[Draft, error] {
	return func(yield func(Draft, error) bool) {
		for s, err := range parts[storedDraft](l, e) {
			var key number.Number
			if err == nil {
				key, err = number.FromUint64(s.Number)
			}
			if err != nil {
				yield(Draft{}, err)
				return
			}
			if !yield(Draft{key, s.Category, string(s.Label), s.Reports, s.FirstSeen, s.LastSeen}, nil) {
				return
			}
		}
	}
}

// Statements returns what waits to be said by hand, in order.
func (l Line) Statements(e *Entry) ([]assertion.Statement, error) {
	var all []assertion.Statement
	for b, err := range parts[[]byte](l, e) {
		if err != nil {
			return nil, err
		}
		s, err := assertion.DecodeStatement(b)
		if err != nil {
			return nil, fmt.Errorf("publish: what is queued as %s: %w", e.ID, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// parts yields what stands in the parts of an entry, one part in memory at a time.
func parts[T any](l Line, e *Entry) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for n := range e.Parts {
			all, err := readPart[T](l, e.ID, n)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, one := range all {
				if !yield(one, nil) {
					return
				}
			}
		}
	}
}

func readPart[T any](l Line, id publication.ID, n int) ([]T, error) {
	b, ok, err := l.Values.Get(spaceParts, partKey(id, n))
	var all []T
	if err == nil && !ok {
		err = ErrGone
	}
	if err == nil && json.Unmarshal(b, &all) != nil {
		err = ErrGone
	}
	if err != nil {
		return nil, fmt.Errorf("publish: read part %d of what is queued as %s: %w", n, id, err)
	}
	return all, nil
}
