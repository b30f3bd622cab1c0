package authority

import (
	"ringfence/consensus/quorum/applied"
	"ringfence/node/phrase"
	"ringfence/store/keys"
)

// Idle says why the node that holds the keys in ring takes no part in keeping the ledger
// although its voting key has a seat; it is zero where it takes part, or has no seat.
func (a *Authority) Idle(ring *keys.Ring) phrase.Phrase {
	if ring == nil {
		return phrase.Phrase{}
	}
	vote, err := ring.Private(keys.PurposeVote)
	if err != nil {
		return phrase.Phrase{}
	}
	state := a.follower.Standing().State
	seat, ok := state.Regulator(vote.Public())
	if !ok {
		return phrase.Phrase{}
	}
	host, ok := applied.HostOf(state, seat.Member)
	if a.regulator != nil && ok && host == a.cfg.Seat.Host {
		return phrase.Phrase{}
	}
	idle := phrase.New("problem.idle_seat", "this node takes no part in the quorum, although it holds the voting key of the regulator %s", seat.Member)
	log, err := ring.Private(keys.PurposeLog)
	switch {
	case a.regulator != nil && !ok:
		return phrase.Join(idle, phrase.New("seat.no_host", "the charter names no node of its member: propose a change_member motion that names this one"))
	case a.regulator != nil:
		return phrase.Join(idle, phrase.New("seat.other_host", "its member regulates on the node with the host key %s, the one that its card has named for the longest: move the voting and cosigning keys there, or propose a change_member motion that leaves that node out, and a later one that names it again", host))
	case err != nil:
		return phrase.Join(idle, phrase.New("seat.no_log", "it lacks the ledger's key: ringfence keys export-log on the node of a regulator that has it, ringfence keys import-log here, and start this node anew"))
	case log.Public() != state.LogKey():
		return phrase.Join(idle, phrase.New("seat.other_log", "its log key is that of another ledger: move keys/log.* away, take this ledger's with ringfence keys import-log, and start this node anew"))
	}
	return phrase.Join(idle, phrase.New("seat.no_key", "its cosigning or its host key is missing: put it back, or take a new seat by ringfence keys seat, and start this node anew"))
}
