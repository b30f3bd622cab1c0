package reconcile

import (
	"time"

	"ringfence/store/keys"
)

// Fresh returns when, by the machine's clock, a connected peer last said what it
// holds, of the peers that give what they claim: up to then this node has what
// somebody else has. It is zero when there is no such peer, or while the own store
// takes nothing in. A peer that says that it holds nothing cannot be told from one of
// a young federation.
func (r *Reconciler) Fresh() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	var last time.Time
	if r.plan.trouble != "" {
		return last
	}
	withholds := r.plan.withholds()
	for k, p := range r.plan.peers {
		if p.complete() && !withholds[k] && p.compared.After(last) {
			last = p.compared
		}
	}
	return last
}

// withholds returns which peers claim a batch and do not give it.
func (pl *plan) withholds() map[keys.Public]bool {
	all := make(map[keys.Public]bool)
	for _, f := range pl.feeds {
		if f.state == Withheld || f.state == Pulling {
			for _, k := range f.asked {
				all[k] = true
			}
		}
	}
	return all
}
