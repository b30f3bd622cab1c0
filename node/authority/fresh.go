package authority

import (
	"time"

	"ringfence/node/phrase"
)

// Fresh returns since when the ledger that is followed is known to be the newest one: the
// time, by the regulators' clocks, at which a quorum last cosigned it. It is zero while
// there is no certified checkpoint. Each screened call asks it: it waits for nothing.
func (a *Authority) Fresh() time.Time {
	if fresh := a.follower.Standing().Fresh; fresh != 0 {
		return time.Unix(fresh, 0)
	}
	return time.Time{}
}

// Stale says that the newest certified checkpoint is older than the charter bears;
// nothing while it is not, and before the first one. Nothing else follows from it here:
// what a face does with an old list is its own policy.
func (a *Authority) Stale() phrase.Phrase {
	fresh := a.Fresh()
	age, most := a.cfg.Now().Sub(fresh), time.Duration(a.follower.Standing().State.Policy().CheckpointStaleSec)*time.Second
	if fresh.IsZero() || age <= most {
		return phrase.Phrase{}
	}
	return phrase.New("problem.checkpoint_stale", "the newest certified checkpoint of the ledger that this node knows is %v old, and the charter bears %v: the regulators certify nothing, or whoever this node hears keeps it from it; the list goes on from the ledger as it was then, and what was decided since is missing", age.Truncate(time.Second), most)
}

// Problems tells what a person must look after.
func (a *Authority) Problems() (all []phrase.Phrase) {
	if stale := a.Stale(); !stale.IsZero() {
		all = append(all, stale)
	}
	if why := a.ended.Load(); why != nil {
		all = append(all, phrase.Join(phrase.New("problem.regulator_ended", "this node's regulator takes part no more, since its own disk failed it: look after the disk, and start the node anew; the node follows the ledger meanwhile"), phrase.Plain((*why).Error())))
	}
	if a.full.Load() {
		all = append(all, phrase.New("problem.regulator_full", "this node's regulator takes no part while its disk is too full: free some space, and it goes on by itself"))
	}
	if t := a.follower.Standing().Trouble; t != nil {
		all = append(all, phrase.Join(phrase.New("problem.ledger_stopped", "the ledger is followed no further, and the list goes on from what was held"), phrase.Plain(t.Error())))
	}
	return all
}
