package cosign

import (
	"cmp"

	"ringfence/store/checkpoint"
)

// Promise is a regulator's word that it reports and locks nothing more in
// generations before one, with what it locked and what it knows to be certified.
type Promise struct {
	Number    uint64 // of the generation to begin
	Lock      Agreement
	Certified checkpoint.Tree
}

// Promise says what the regulator brings to a realignment. It may be said again,
// and then shows the same lock. What is certified is told by the caller, who can
// prove it.
func (s State) Promise(number uint64, certified checkpoint.Tree) (State, Promise, Refusal) {
	if number < s.Promised || number <= s.Generation.Number {
		return s, Promise{}, Passed
	}
	s.Promised = number
	return s, Promise{number, s.Locked, certified}, None
}

// Start returns where a generation starts that those promises begin: at the tree
// of the highest lock, by generation and then by size, or at the largest certified
// one, if that is larger.
func Start(promises []Promise) checkpoint.Tree {
	var lock Agreement
	var certified checkpoint.Tree
	for _, p := range promises {
		if p.Certified.Size > certified.Size {
			certified = p.Certified
		}
		if p.Lock.IsZero() {
			continue
		}
		higher := cmp.Or(cmp.Compare(p.Lock.Generation.Number, lock.Generation.Number), cmp.Compare(p.Lock.Tree.Size, lock.Tree.Size))
		if lock.IsZero() || higher > 0 {
			lock = p.Lock
		}
	}
	if certified.Size > lock.Tree.Size {
		return certified
	}
	return lock.Tree
}

// Join begins a generation at its start, which the log must hold, and nothing
// beyond. It joins one record of a number, and by joining promises itself to it.
func (s State) Join(g Generation, start checkpoint.Tree, l Log) (State, Refusal) {
	_, longer := l.Root(start.Size + 1)
	switch {
	case g.Number < s.Promised:
		return s, Promised
	case g.Number <= s.Generation.Number:
		return s, Passed
	case contradicts(l, s.Cosigned):
		return s, Conflict
	case !has(l, start) || longer:
		return s, NotApplied
	}
	s.Generation, s.Start, s.Promised, s.Reported = g, start, g.Number, nil
	s.Settled = checkpoint.Tree{}
	return s, None
}
