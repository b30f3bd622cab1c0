// Package heads keeps which head of each feed the ledger anchored last, as the door into
// feeds asks it of every batch of a feed that forked or was closed.
//
// It is fed what the regulators enacted, in order. A view keeps the same for itself, and
// more; the door must not wait for one.
//
// Floor 11, a room of node/authority.
package heads

import (
	"fmt"
	"sync"

	"ringfence/store/charter"
	fixed "ringfence/store/charter/heads"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// place is an epoch of an issuer, by its index in the roster.
type place struct {
	issuer uint32
	epoch  uint64
}

// Heads is what is anchored so far. It may be used concurrently.
type Heads struct {
	// State is the constitution as the list has it.
	State func() *charter.State

	mu   sync.RWMutex
	last map[place]fixed.Fixed
}

// Add takes the next decisions. An error says that one of them is none that a ledger
// holds; those before it count.
func (h *Heads) Add(decided []charter.Enacted) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range decided {
		d := &decided[i]
		named, err := fixed.Of(d)
		if err != nil {
			return fmt.Errorf("heads: ledger entry %d: %w", d.First, err)
		}
		for _, one := range named {
			h.fix(one, d)
		}
	}
	return nil
}

// fix notes a head that a motion names.
func (h *Heads) fix(head motion.AnchoredHead, by *charter.Enacted) {
	if h.last == nil {
		h.last = make(map[place]fixed.Fixed)
	}
	at := place{head.Issuer, head.Epoch}
	next := fixed.Fixed{Head: head, At: by.First}
	if known, ok := h.last[at]; ok {
		next, _ = known.Then(head, by.First, by.Motion.Motion.BuildsOn)
	}
	h.last[at] = next
}

// Anchored returns the last head that was anchored in an epoch, without its time.
func (h *Heads) Anchored(issuer keys.Public, epoch uint64) (feed.Tip, bool) {
	r, ok := h.State().Record(issuer)
	if !ok {
		return feed.Tip{}, false
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	last, ok := h.last[place{r.Index, epoch}]
	if !ok {
		return feed.Tip{}, false
	}
	return feed.Tip{Epoch: last.Head.Epoch, Sequence: last.Head.Sequence, CID: last.Head.CID()}, true
}

// Taken returns how many batches of an epoch are anchored, and whether the ledger has
// closed it: no more is taken of it then.
func (h *Heads) Taken(issuer keys.Public, epoch uint64) (batches uint64, closed bool) {
	if head, ok := h.Anchored(issuer, epoch); ok {
		batches = head.Sequence + 1
	}
	return batches, epoch < h.Opened(issuer)
}

// Opened returns the highest epoch that the ledger has opened of an issuer.
func (h *Heads) Opened(issuer keys.Public) uint64 { return h.State().OpenEpoch(issuer).Number }

// Base returns the batch on which an epoch goes on, without its time; the zero Tip for
// none.
func (h *Heads) Base(issuer keys.Public, epoch uint64) feed.Tip {
	e, _ := h.State().EpochOf(issuer, epoch)
	return e.Base
}
