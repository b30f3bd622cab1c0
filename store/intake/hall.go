package intake

import (
	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
)

// hall is the store as it will be once the batches admitted so far in a call
// are appended: later offers of the call are judged against it.
type hall struct {
	Store
	records []feed.Record
	tips    map[lane]feed.Tip
	headers map[place][]byte
	held    map[cid.Cid]bool
}

// lane is one epoch of one issuer's feed.
type lane struct {
	issuer keys.Public
	epoch  uint64
}

type place struct {
	lane
	sequence uint64
}

func newHall(store Store) *hall {
	return &hall{Store: store, tips: map[lane]feed.Tip{}, headers: map[place][]byte{}, held: map[cid.Cid]bool{}}
}

// Tip is that of the store, or of what waits to be appended.
func (h *hall) Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error) {
	if tip, ok := h.tips[lane{issuer, epoch}]; ok {
		return tip, true, nil
	}
	return h.Store.Tip(issuer, epoch)
}

// Header is that of the store, or of what waits to be appended.
func (h *hall) Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error) {
	if header, ok := h.headers[place{lane{issuer, epoch}, sequence}]; ok {
		return header, true, nil
	}
	return h.Store.Header(issuer, epoch, sequence)
}

// Has is that of the store, or true for what waits to be appended.
func (h *hall) Has(batch cid.Cid) (bool, error) {
	if h.held[batch] {
		return true, nil
	}
	return h.Store.Has(batch)
}

// add lets a record wait; a repaired one stands below the tip already.
func (h *hall) add(r feed.Record, repaired bool) {
	h.records = append(h.records, r)
	h.held[r.Tip.CID] = true
	at := lane{r.Issuer, r.Tip.Epoch}
	h.headers[place{at, r.Tip.Sequence}] = r.Header
	if !repaired {
		h.tips[at] = r.Tip
	}
}

// settle appends what waits, with one durable write.
func (h *hall) settle() error {
	if len(h.records) == 0 {
		return nil
	}
	return h.Store.Append(h.records)
}
