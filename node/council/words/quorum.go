package words

import (
	"slices"

	"ringfence/consensus/quorum/standing"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Within adds to how the quorum stands what only a regulator knows.
func Within(out *api.QuorumState, s *standing.Status) {
	if !s.Running {
		return
	}
	if s.Applied > out.Size {
		out.Provisional = s.Applied
	}
	g := api.QuorumGeneration{
		Number: s.Generation, Reports: trees(s.Reports), Locks: trees(s.Locks), Cosignatures: trees(s.Cosignatures),
		Promised: s.Realign.Promised, Begun: s.Realign.Begun,
	}
	for _, seat := range s.Regulators {
		i := slices.IndexFunc(out.Seats, func(q api.QuorumSeat) bool { return q.Member == seat.Member })
		if i < 0 {
			continue // of a set that is not certified yet
		}
		out.Seats[i].Leads, out.Seats[i].Lag, out.Seats[i].Lied = seat.Leads, seat.Lag, seat.Lied
		out.Seats[i].Live, out.Seats[i].Idle = seat.Live, string(seat.Idle)
		if !seat.Heard.IsZero() {
			out.Seats[i].Heard = Clock(seat.Heard.Unix())
		}
		if seat.Leads {
			g.Leader = seat.Member
		}
	}
	out.Promising, out.Stopped = s.Realign.Needed, string(s.Stopped)
	for _, p := range s.Realign.Promises {
		out.Promises = append(out.Promises, api.QuorumPromise{Member: p.Member, Generation: p.Number})
	}
	out.Generation = &g
}

func trees(all []standing.Agreed) []api.QuorumTree {
	out := []api.QuorumTree{}
	for _, a := range all {
		out = append(out, api.QuorumTree{Size: a.Tree.Size, Root: a.Tree.Root.String(), Members: a.Members})
	}
	return out
}

// Regulates tells what is wrong with this node's own part in the quorum.
func Regulates(s *standing.Status) (all []phrase.Phrase) {
	switch {
	case s.Silence == standing.SilentLost:
		all = append(all, phrase.New("problem.lost", "this node's regulator lost its certification state and is silent until a rekey_regulator motion gives it a new cosigning key: %s", s.Why))
	case s.Silence == standing.SilentPromised:
		all = append(all, phrase.New("problem.promised_away", "this node's regulator is promised to generation %d: it reports and locks nothing more, and cosigns only what the others lock; it is back at work in the new generation, which begins once %d regulators have promised by ringfence quorum realign --promise, each on its own node", s.Realign.Promised, s.Realign.Needed))
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
	if s.Realign.Begun > s.Realign.Promised {
		all = append(all, phrase.New("problem.generation_begun", "other regulators began generation %d; this one joins it by ringfence quorum realign --promise", s.Realign.Begun))
	}
	return all
}
