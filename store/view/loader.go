package view

import (
	"fmt"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
)

// loader reads batches back for explanations and undoing, and remembers the
// last few, since statements about neighbouring numbers stand together.
type loader struct {
	source Source

	mu   sync.Mutex
	last [8]loaded
	next int
}

type loaded struct {
	cid   cid.Cid
	slots []assertion.Slot
}

// slots returns the slots of a batch. Without the batch (it is quarantined or
// was lost) it fails.
func (l *loader) slots(batch cid.Cid) ([]assertion.Slot, error) {
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

// remember keeps slots that were decoded anyway.
func (l *loader) remember(batch cid.Cid, slots []assertion.Slot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(batch, slots)
}

func (l *loader) keep(batch cid.Cid, slots []assertion.Slot) {
	l.last[l.next] = loaded{batch, slots}
	l.next = (l.next + 1) % len(l.last)
}
