package prove

import (
	"fmt"
	"slices"

	"ringfence/store/checkpoint"
	"ringfence/store/motion"
)

// need is how many of the regulators in office must have voted for a motion, and how many
// of these by hand, as what makes a ledger valid has it (docs/formats.md).
type need struct{ votes, hands int }

func needOf(k motion.Kind, regulators int, blocks bool) need {
	q, f := checkpoint.Quorum(regulators)
	switch {
	case k == motion.Stay:
		return need{votes: 1}
	case k == motion.Revoke:
		return need{votes: f + 1}
	case k == motion.Ratify && blocks:
		return need{votes: q, hands: f + 1}
	case k == motion.Ratify:
		return need{votes: q}
	}
	return need{votes: q, hands: q}
}

// carried returns the members whose regulators voted for a motion, or what the votes,
// whose signatures were verified, lack.
func (e *Era) carried(votes []motion.Vote, n need) (members []string, err error) {
	hands := 0
	for i := range votes {
		seat, ok := e.seat(votes[i].By)
		if !ok || !votes[i].For {
			return nil, fmt.Errorf("the vote of %s is not one for it by a regulator in office", votes[i].By.Short())
		}
		if votes[i].Cast == motion.ByHand {
			hands++
		}
		members = append(members, seat.Member)
	}
	if len(members) < n.votes || hands < n.hands {
		return nil, fmt.Errorf("%d regulators voted for it, %d of them by hand; it takes %d and %d", len(members), hands, n.votes, n.hands)
	}
	slices.Sort(members)
	return members, nil
}

// heldBy returns the time by which a quorum of those in office held more entries of the
// ledger than index: the lower median of a tick's times.
func (r *regulators) heldBy(t motion.Tick, index uint64) (int64, error) {
	if len(t.Times) == 0 {
		return 0, fmt.Errorf("the tick has no times")
	}
	era := &r.eras[r.at(t.Times[0].Size)]
	var times []int64
	for i := range t.Times {
		if _, ok := era.seat(t.Times[i].By); !ok || t.Times[i].Size <= index {
			return 0, fmt.Errorf("a time of the tick is not of a regulator in office that held entry %d", index)
		}
		times = append(times, t.Times[i].Unix)
	}
	if q := era.cosigners.Quorum(); len(times) < q {
		return 0, fmt.Errorf("the tick has the times of %d regulators; it takes %d", len(times), q)
	}
	slices.Sort(times)
	return times[(len(times)-1)/2], nil
}
