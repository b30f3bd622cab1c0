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
	items int // items in all
	gone  bool
}

// Add takes the next decisions of the ledger, in order.
func (p *Pieces) Add(all []charter.Enacted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return
	}
	p.all = append(p.all, all...)
	for i := range all {
		p.items += len(all[i].Items)
	}
}

// Drop keeps nothing any more: nobody will ask.
func (p *Pieces) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all, p.items, p.gone = nil, 0, true
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
	for k := range p.all[:i] {
		p.items -= len(p.all[k].Items)
	}
	p.all = append([]charter.Enacted(nil), p.all[i:]...)
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
// none; the size with all of them, 0 for none; and how many items they have.
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
