package queue

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
)

// The spaces of named values that this package owns: entries by order of arrival,
// and the parts of each by publication ID and number.
const (
	spaceLine  = "queue"
	spaceParts = "queued"
)

// Values is where the line is kept.
type Values interface {
	Put(space, key string, value []byte) error // durable
	Get(space, key string) ([]byte, bool, error)
	Delete(space, key string) error
	List(space string, fn func(key string, value []byte) error) error // by rising key
}

// Entry is one thing that waits to be said.
type Entry struct {
	ID      publication.ID `json:"id"`
	Parts   int            `json:"parts"`
	Drafts  int            `json:"drafts"`            // that wait
	Refused int            `json:"refused,omitempty"` // that were not accepted
	Note    string         `json:"note,omitempty"`    // of what is said by hand
	File    *File          `json:"file,omitempty"`    // nil: by hand

	key string // its place in the line
}

// File is a delivery but for its drafts.
type File struct {
	Name    string           `json:"name"`
	Mapping string           `json:"mapping"`
	Digest  [32]byte         `json:"digest"`
	Adds    bool             `json:"adds"`
	Medium  assertion.Medium `json:"medium"`
}

// Line is what waits, in a store. It may be read at any time; one goroutine at a
// time may change it.
type Line struct{ Values Values }

// All returns what waits, in order.
func (l Line) All() ([]Entry, error) {
	var all []Entry
	err := l.Values.List(spaceLine, func(key string, value []byte) error {
		one := Entry{key: key}
		if err := json.Unmarshal(value, &one); err != nil {
			return fmt.Errorf("publish: entry %s of the queue: %w", key, err)
		}
		all = append(all, one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("publish: read the queue: %w", err)
	}
	return all, nil
}

// Join puts an entry whose parts are written at the end of the line, durably. When
// its ID stands in the line already it takes that place, and what waits now is what
// was written last.
func (l Line) Join(e *Entry) error {
	all, err := l.All()
	if err != nil {
		return err
	}
	var was Entry
	if i := slices.IndexFunc(all, func(o Entry) bool { return o.ID == e.ID }); i >= 0 {
		was = all[i]
	} else if was.key, err = end(all); err != nil {
		return err
	}
	b, err := json.Marshal(e)
	if err == nil {
		err = l.Values.Put(spaceLine, was.key, b)
	}
	for n := e.Parts; err == nil && n < was.Parts; n++ {
		err = l.Values.Delete(spaceParts, partKey(e.ID, n))
	}
	if err != nil {
		return fmt.Errorf("publish: queue drafts: %w", err)
	}
	return nil
}

// Sweep deletes parts of what never joined the line, or left it in a stop.
func (l Line) Sweep() error {
	all, err := l.All()
	if err != nil {
		return err
	}
	waits := make(map[string]bool, len(all))
	for i := range all {
		waits[all[i].ID.String()] = true
	}
	var orphans []string
	err = l.Values.List(spaceParts, func(key string, _ []byte) error {
		if id, _, _ := strings.Cut(key, "/"); !waits[id] {
			orphans = append(orphans, key)
		}
		return nil
	})
	for i := 0; err == nil && i < len(orphans); i++ {
		err = l.Values.Delete(spaceParts, orphans[i])
	}
	if err != nil {
		return fmt.Errorf("publish: sweep the queue: %w", err)
	}
	return nil
}

// end returns the place behind all that wait.
func end(all []Entry) (string, error) {
	last := 0
	if n := len(all); n > 0 {
		if _, err := fmt.Sscanf(all[n-1].key, "%d", &last); err != nil {
			return "", fmt.Errorf("publish: entry %q of the queue: %w", all[n-1].key, err)
		}
	}
	return fmt.Sprintf("%020d", last+1), nil
}

// Leave takes an entry that All returned off the line, with its parts.
func (l Line) Leave(e *Entry) error {
	err := l.Values.Delete(spaceLine, e.key)
	for n := 0; err == nil && n < e.Parts; n++ {
		err = l.Values.Delete(spaceParts, partKey(e.ID, n))
	}
	if err != nil {
		return fmt.Errorf("publish: take %s off the queue: %w", e.ID, err)
	}
	return nil
}
