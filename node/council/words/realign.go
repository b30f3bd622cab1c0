package words

import (
	"ringfence/consensus/quorum/standing"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Short tells that fewer regulators are at work than may fail, or that the ledger has
// stopped; nothing when none may fail anyway.
func Short(out *api.QuorumState) phrase.Phrase {
	switch {
	case out.Stopped == string(standing.StopNoLeader):
		return phrase.New("problem.no_leader", "the ledger has stopped as far as this regulator sees: it knows of no leader, so nothing can be entered; %d of %d regulators are at work, and it takes %d", out.Fresh, out.Regulators, out.Quorum)
	case out.Stopped != "":
		return phrase.New("problem.uncertified", "the ledger has stopped as far as this regulator sees: entries wait and are not certified; %d of %d regulators are at work, and it takes %d", out.Fresh, out.Regulators, out.Quorum)
	case out.Margin < 0:
		return phrase.New("problem.quorum_short", "%d of %d regulators are at work, and it takes %d: nothing becomes authoritative until more are", out.Fresh, out.Regulators, out.Quorum)
	case out.Margin == 0 && out.Regulators > out.Quorum:
		return phrase.New("problem.quorum_margin", "%d of %d regulators are at work, no more than it takes: one more loss stops the ledger", out.Fresh, out.Regulators)
	}
	return phrase.Phrase{}
}

// Costs tells what a promise to another generation would do while the ledger goes on.
func Costs(s *standing.Status) phrase.Phrase {
	if s.Margin == 0 {
		return phrase.New("council.realign_stops", "nothing was promised: %d regulators are at work, no more than it takes, and a promise takes this one away, so nothing is certified any more until %d have promised; it is not taken back, and what leads on is the new generation alone. Where that is meant: ringfence quorum realign --promise --yes", s.Live, s.Realign.Needed)
	}
	return phrase.New("council.realign_narrows", "nothing was promised: %d regulators are at work and the ledger goes on; a promise takes this one away, so that %d more may fail, and it comes back only with a new generation, for which %d must promise: it is not taken back. Where that is meant: ringfence quorum realign --promise --yes", s.Live, s.Margin-1, s.Realign.Needed)
}

// Promised tells what comes of a promise. Begun is the generation that others had begun.
func Promised(number, begun uint64, out *api.QuorumState) phrase.Phrase {
	by := 0
	for _, p := range out.Promises {
		if p.Generation == number {
			by++
		}
	}
	switch {
	case begun == number:
		return phrase.New("council.promised_begun", "this regulator promised itself to generation %d, which others have begun: it joins it by itself, within seconds where the ledger is at hand", number)
	case by >= out.Promising && out.Promising > 0 || out.Generation != nil && out.Generation.Number >= number:
		return phrase.New("council.promised_enough", "this regulator promised itself to generation %d, and as many have as it takes, %d: the new one begins by itself, within seconds where the ledger is at hand", number, out.Quorum)
	}
	return phrase.New("council.promised", "this regulator promised itself to generation %d and takes part in its own no more; the new one begins by itself once %d regulators have promised: each says ringfence quorum realign --promise", number, out.Quorum)
}
