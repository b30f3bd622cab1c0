package anchors

import (
	"slices"
	"sync"

	"ringfence/store/charter"
	"ringfence/store/motion"
)

// Pieces are decisions of the followed ledger that the anchored view has yet to take, and
// those that it needs again where it must go back. The zero Pieces keeps all that it is
// given. It may be used concurrently.
type Pieces struct {
	mu    sync.Mutex
	all   []charter.Enacted
	items int    // in all: each decision is one, and each of its items
	begun uint64 // size of the ledger from which all goes on, or would; 0 before the first
	gone  bool
}

// Add takes the next decisions of the ledger, in order.
func (p *Pieces) Add(all []charter.Enacted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return
	}
	if len(all) > 0 && p.begun == 0 {
		p.begun = all[0].First
	}
	p.all = append(p.all, all...)
	p.items += weight(all)
}

// weight is how much decisions take, in items.
func weight(all []charter.Enacted) (items int) {
	for i := range all {
		items += 1 + len(all[i].Items)
	}
	return items
}

// Drop keeps nothing any more: nobody will ask.
func (p *Pieces) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all, p.items, p.gone = nil, 0, true
}

func (p *Pieces) dropped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// between returns the decisions that lead from a ledger of one size to one of another;
// none, if they are not here or no decision ends there.
func (p *Pieces) between(from, to uint64) ([]charter.Enacted, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if from == to {
		return nil, true
	}
	i := p.find(from)
	k := p.find(to)
	if i == len(p.all) || p.all[i].First != from || k == 0 || k <= i || p.all[k-1].Size != to {
		return nil, false
	}
	return slices.Clone(p.all[i:k]), true
}

// find returns the place of the first decision that begins at a size or above.
func (p *Pieces) find(size uint64) int {
	i, _ := slices.BinarySearchFunc(p.all, size, func(e charter.Enacted, size uint64) int {
		switch {
		case e.First < size:
			return -1
		case e.First > size:
			return 1
		}
		return 0
	})
	return i
}

// forget drops what lies below a size.
func (p *Pieces) forget(size uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.find(size)
	if i == 0 {
		return
	}
	p.begun = p.all[i-1].Size
	p.items -= weight(p.all[:i])
	p.all = append([]charter.Enacted(nil), p.all[i:]...)
}

// goOnFrom reports whether the decisions lead on from a ledger of a size.
func (p *Pieces) goOnFrom(size uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return false
	}
	i := p.find(size)
	if i < len(p.all) {
		return p.all[i].First == size
	}
	return p.begun <= size // it has all of them already
}

// last returns the last anchor among the decisions.
func (p *Pieces) last() (charter.Enacted, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.all) - 1; i >= 0; i-- {
		if m := p.all[i].Motion; m != nil && m.Motion.Kind == motion.Anchor {
			return p.all[i], true
		}
	}
	return charter.Enacted{}, false
}

// reach returns the size of the ledger with the last anchor among the decisions, 0 for
// none; the size with all of them, 0 for none; and how many items they are.
func (p *Pieces) reach() (anchored, whole uint64, items int) {
	if last, ok := p.last(); ok {
		anchored = last.Size
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.all); n > 0 {
		whole = p.all[n-1].Size
	}
	return anchored, whole, p.items
}
