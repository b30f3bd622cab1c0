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

// Heads is what is anchored so far. The zero Heads is ready; it may be used concurrently.
type Heads struct {
	mu    sync.RWMutex
	last  map[place]motion.AnchoredHead
	state *charter.State // as of the last decision
}

// Add takes the next decisions. An error says that one of them is none that a ledger
// holds; those before it count.
func (h *Heads) Add(decided []charter.Enacted) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range decided {
		d := &decided[i]
		h.state = d.State
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
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.state == nil {
		return feed.Tip{}, false
	}
	r, ok := h.state.Record(issuer)
	if !ok {
		return feed.Tip{}, false
	}
	head, ok := h.last[place{r.Index, epoch}]
	if !ok {
		return feed.Tip{}, false
	}
	return feed.Tip{Epoch: head.Epoch, Sequence: head.Sequence, CID: head.CID()}, true
}
