// Package loader reads batches back for explanations and undoing, and remembers the
// last few, since statements about neighbouring numbers stand together.
//
// Floor 5, a room of store/view.
package loader

import (
	"fmt"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
)

// Source is where batches are held.
type Source interface {
	Batch(batch cid.Cid) (feed.Record, bool, error)
}

// Loader reads batches from a source. It is safe for concurrent use.
type Loader struct {
	source Source

	mu   sync.Mutex
	last [8]loaded
	next int
}

type loaded struct {
	cid   cid.Cid
	slots []assertion.Slot
}

// New returns a Loader that remembers nothing yet.
func New(source Source) *Loader { return &Loader{source: source} }

// Slots returns the slots of a batch. Without the batch (it is quarantined or
// was lost) it fails.
func (l *Loader) Slots(batch cid.Cid) ([]assertion.Slot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.last {
		if l.last[i].cid == batch {
			return l.last[i].slots, nil
		}
	}
	r, ok, err := l.source.Batch(batch)
	if err != nil {
		return nil, fmt.Errorf("view: read batch %s: %w", batch, err)
	}
	if !ok {
		return nil, fmt.Errorf("view: batch %s is not held; scrub names what is damaged", batch)
	}
	slots, err := assertion.DecodeSlots(r.Body)
	if err != nil {
		return nil, fmt.Errorf("view: batch %s: %w", batch, err)
	}
	l.keep(batch, slots)
	return slots, nil
}

// Remember keeps slots that were decoded anyway.
func (l *Loader) Remember(batch cid.Cid, slots []assertion.Slot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(batch, slots)
}

func (l *Loader) keep(batch cid.Cid, slots []assertion.Slot) {
	l.last[l.next] = loaded{batch, slots}
	l.next = (l.next + 1) % len(l.last)
}
