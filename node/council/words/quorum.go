package words

import (
	"ringfence/consensus/quorum/standing"
	"ringfence/node/phrase"
)

// Regulates tells what is wrong with this node's own part in the quorum.
func Regulates(s *standing.Status) (all []phrase.Phrase) {
	switch {
	case s.Silence == standing.SilentLost:
		all = append(all, phrase.New("problem.lost", "this node's regulator lost its certification state and is silent until a rekey_regulator motion gives it a new cosigning key: %s", s.Why))
	case s.Silence != "":
		all = append(all, phrase.New("problem.silent", "this node's regulator neither reports nor locks nor cosigns: %s", s.Why))
	}
	if s.Diverging {
		all = append(all, phrase.New("problem.diverging", "the regulators report different trees of one size: somebody told them different stories; if they cannot go on, ringfence quorum realign"))
	}
	for _, l := range s.Conflicts {
		who := l.Member
		if who == "" {
			who = l.Key.Short()
		}
		all = append(all, phrase.New("problem.lied", "%s signed two stories of the ledger", who))
	}
	if s.Realign.Begun > 0 {
		all = append(all, phrase.New("problem.generation_begun", "other regulators began generation %d; this one joins it by ringfence quorum realign --promise", s.Realign.Begun))
	}
	return all
}
