package quorum

import (
	"context"
	"errors"
	"fmt"

	"ringfence/consensus/cosign"
)

// Bounds of Adopt.
const (
	fewRegulators = 4 // from so many on nobody may lie to who lost his state: it is re-keyed
	leastAsked    = 2 // members of which a node was asked
)

// Adopt brings a regulator back that lost its certification state, where fewer than four
// decide, so that all of them sign whatever is certified. Every node that can be reached
// was asked for its newest checkpoint; shown is what they gave, by member, empty of those
// that have none. The largest is taken for all that this regulator signed. It is called
// before Run. Where four or more decide it is an error, and the regulator comes back with
// a new cosigning key.
func (r *Regulator) Adopt(ctx context.Context, shown map[string][]byte) error {
	state, lost := r.cfg.Keeper.State()
	standing := r.follower.Standing()
	switch n := len(standing.State.Regulators()); {
	case r.now.Load() != nil:
		return errors.New("quorum: adopt what others know: the regulator runs")
	case lost == "":
		return errors.New("quorum: adopt what others know: the certification state is not lost")
	case n >= fewRegulators:
		return fmt.Errorf("quorum: adopt what others know: %d regulators decide, and one of them could lie; this one comes back with a new cosigning key", n)
	}
	asked := 0
	for member, note := range shown {
		if _, ok := standing.State.MemberByID(member); !ok {
			return fmt.Errorf("quorum: adopt what others know: %.64q is no member", member)
		}
		if asked++; len(note) == 0 {
			continue
		}
		if err := r.follower.Offer(ctx, note); err != nil {
			return fmt.Errorf("quorum: adopt what %s shows: %w", member, err)
		}
	}
	if asked < leastAsked {
		return fmt.Errorf("quorum: adopt what others know: nodes of %d members were asked; at least %d are", asked, leastAsked)
	}
	highest := r.follower.Standing().Note.Tree
	next := cosign.State{Generation: state.Generation, Start: state.Start, Promised: state.Promised, Cosigned: highest}
	if highest.Size > state.Start.Size {
		next.Settled = highest
	}
	return r.cfg.Keeper.Adopt(next)
}
