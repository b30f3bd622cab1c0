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

// most is how many letters it remembers: members bring as many as they like while the ledger
// stands still.
const most = 4096

// Judge judges letters. It may be used concurrently.
type Judge struct {
	Size func() uint64      // of the ledger as it is followed
	Past func() *enact.Past // a copy of what folds from it, which costs what that holds

	mu   sync.Mutex
	past *enact.Past // by which it judged last
	said map[cid.Cid]*enact.Refusal
}

// Of returns why a letter has no place in the ledger and never will have; nil where it may
// enter, now or later. A request is judged by what is proposed of it, and what would be
// ratified only when it is voted on: nothing overtakes it.
func (j *Judge) Of(l *letter.Letter) *enact.Refusal {
	if l.IsRequest() || l.Kind == motion.Ratify {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.past == nil || j.past.Size() != j.Size() {
		j.past, j.said = j.Past(), make(map[cid.Cid]*enact.Refusal)
	}
	r, known := j.said[l.ID]
	if !known && len(j.said) == most {
		clear(j.said)
	}
	if !known {
		if r = j.past.Judge(l.Matter); r != nil && r.Code.Passing() {
			r = nil
		}
		j.said[l.ID] = r
	}
	return r
}
