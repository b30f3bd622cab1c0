// Package overtaken tells which of the motions that wait in an inbox can never enter the
// ledger any more: what has been enacted since leaves them no place, such as a second
// motion to let a member leave that has left.
//
// Floor 12, a room of node/council. It judges by the ledger alone, and once a size of it.
package overtaken

import (
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/node/council/letter"
	"ringfence/store/motion"
)

// Judge judges letters. It may be used concurrently.
type Judge struct {
	Past func() *enact.Past // the ledger as it is followed

	mu   sync.Mutex
	size uint64 // of the ledger by which it judged last
	said map[cid.Cid]*enact.Refusal
}

// Of returns why a letter has no place in the ledger and never will have; nil where it may
// enter, now or later. A request is judged by what is proposed of it, and what would be
// ratified only when it is voted on: nothing overtakes it.
func (j *Judge) Of(l *letter.Letter) *enact.Refusal {
	if l.IsRequest() || l.Kind == motion.Ratify {
		return nil
	}
	past := j.Past()
	j.mu.Lock()
	defer j.mu.Unlock()
	if size := past.Size(); j.said == nil || j.size != size {
		j.size, j.said = size, make(map[cid.Cid]*enact.Refusal)
	}
	r, known := j.said[l.ID]
	if !known {
		if r = past.Judge(l.Matter); r != nil && r.Code.Passing() {
			r = nil
		}
		j.said[l.ID] = r
	}
	return r
}
