// Package history remembers which motions the followed ledger holds, and where.
//
// Floor 12, a room of node/council.
package history

import (
	"strings"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/motion"
)

// History is what the ledger decided, as it is followed. The zero History is ready; it
// may be used concurrently.
type History struct {
	mu    sync.Mutex
	at    map[cid.Cid]uint64 // motions, and where their entries are
	order []Decided
}

// Decided is a motion that the ledger holds.
type Decided struct {
	Motion motion.Signed
	Votes  []motion.Vote
	First  uint64 // index of its entry
}

// Recent is how many of the last motions are kept in full.
const Recent = 4096

// Add takes the next decisions of the ledger, in order.
func (h *History) Add(all []charter.Enacted) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at == nil {
		h.at = make(map[cid.Cid]uint64)
	}
	for i := range all {
		if m := all[i].Motion; m != nil {
			h.at[m.Motion.ID] = all[i].First
			h.order = append(h.order, Decided{m.Motion, m.Votes, all[i].First})
		}
	}
	if over := len(h.order) - 2*Recent; over > 0 {
		h.order = append([]Decided(nil), h.order[len(h.order)-Recent:]...)
	}
}

// First returns where a motion lies in the ledger.
func (h *History) First(id cid.Cid) (uint64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.at[id]
	return at, ok
}

// Begins returns where the motion lies in the ledger whose ID begins so, if it is one alone.
func (h *History) Begins(id string) (uint64, bool) {
	if whole, err := cid.Decode(id); err == nil {
		return h.First(whole)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	at, found := uint64(0), 0
	for have, first := range h.at {
		if strings.HasPrefix(have.String(), id) {
			at, found = first, found+1
		}
	}
	return at, found == 1
}

// Last returns the last motions that were decided, the newest first.
func (h *History) Last(most int) []Decided {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []Decided
	for i := len(h.order) - 1; i >= 0 && len(all) < most; i-- {
		all = append(all, h.order[i])
	}
	return all
}
