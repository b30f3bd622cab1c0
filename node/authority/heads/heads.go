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
	"ringfence/store/charter/article"
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
	last map[place]motion.AnchoredHead
}

// Add takes the next decisions. An error says that one of them is none that a ledger
// holds; those before it count.
func (h *Heads) Add(decided []charter.Enacted) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range decided {
		d := &decided[i]
		if d.Motion == nil || !d.Motion.Motion.Kind.NamesHeads() {
			continue
		}
		named, err := headsOf(d)
		if err != nil {
			return fmt.Errorf("heads: ledger entry %d: %w", d.First, err)
		}
		for _, one := range named {
			h.fix(one)
		}
	}
	return nil
}

// fix notes a head. What ends an authority may name a lower one than was anchored since it
// was made.
func (h *Heads) fix(one motion.AnchoredHead) {
	if h.last == nil {
		h.last = make(map[place]motion.AnchoredHead)
	}
	at := place{one.Issuer, one.Epoch}
	if known, ok := h.last[at]; !ok || one.Sequence > known.Sequence {
		h.last[at] = one
	}
}

// headsOf reads the heads that a motion names.
func headsOf(d *charter.Enacted) (named []motion.AnchoredHead, err error) {
	header := &d.Motion.Motion.Header
	if header.Kind != motion.Anchor {
		items, err := article.Open(header.Federation, header.Kind, d.Items)
		return article.Heads(items), err
	}
	for i := 1; i < len(d.Items); i++ { // the first is the point
		part, err := motion.DecodeAnchorHeads(d.Items[i].Item)
		if err != nil {
			return nil, err
		}
		named = append(named, part.Heads...)
	}
	return named, nil
}

// Anchored returns the last head that was anchored in an epoch, without its time.
func (h *Heads) Anchored(issuer keys.Public, epoch uint64) (feed.Tip, bool) {
	r, ok := h.State().Record(issuer)
	if !ok {
		return feed.Tip{}, false
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	head, ok := h.last[place{r.Index, epoch}]
	if !ok {
		return feed.Tip{}, false
	}
	return feed.Tip{Epoch: head.Epoch, Sequence: head.Sequence, CID: head.CID()}, true
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
