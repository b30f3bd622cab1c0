package council

import (
	"context"
	"slices"
	"time"

	"ringfence/consensus/quorum/standing"
	"ringfence/node/api"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
)

// freshFor is how old a cosignature may be that tells that its regulator is at work: the
// newest checkpoint is cosigned anew each minute.
const freshFor = 3 * time.Minute

// QuorumState implements api.Council.
func (c *Council) QuorumState(context.Context) (api.QuorumState, error) {
	s := c.cfg.Ledger.Standing()
	set := s.State.Cosigners()
	out := api.QuorumState{
		Regulator: c.seat(), Regulators: len(set), Quorum: set.Quorum(), Seats: []api.QuorumSeat{}, Size: s.Size(),
		Promises: []api.QuorumPromise{}, Problems: []phrase.Phrase{},
	}
	signed := set.Cosignatures(s.Note)
	now := c.cfg.Now().Unix()
	for i, seat := range s.State.Regulators() {
		one := api.QuorumSeat{Member: seat.Member}
		if signed[i] != nil {
			one.Cosigned = words.Clock(signed[i].Time)
			if one.Live = now-signed[i].Time <= int64(freshFor.Seconds()); one.Live {
				out.Fresh++
			}
		}
		out.Seats = append(out.Seats, one)
	}
	out.Margin = out.Fresh - out.Quorum
	if r := c.cfg.Regulator; r != nil {
		status := r.Status()
		within(&out, &status)
		if d, running := r.Docket(); running && d.Paused != nil {
			paused := told(d.Paused)
			out.Paused = &paused
		}
	}
	out.Problems = c.Problems()
	return out, nil
}

// within adds what only a regulator knows.
func within(out *api.QuorumState, s *standing.Status) {
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
		if seat.Leads {
			g.Leader = seat.Member
		}
	}
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

// Problems tells what a person must look after about ledger and quorum.
func (c *Council) Problems() []phrase.Phrase {
	all := []phrase.Phrase{}
	s := c.cfg.Ledger.Standing()
	if s.Trouble != nil {
		all = append(all, phrase.Join(phrase.New("problem.ledger", "the regulators' ledger is followed no further; what it held goes on standing"), phrase.From(s.Trouble)))
	}
	if r := c.cfg.Regulator; r != nil {
		status := r.Status()
		all = append(all, words.Regulates(&status)...)
	}
	set, now := s.State.Cosigners(), c.cfg.Now().Unix()
	if s.Note.Size == 0 {
		return all // no ledger has begun
	}
	fresh := 0
	for _, signed := range set.Cosignatures(s.Note) {
		if signed != nil && now-signed.Time <= int64(freshFor.Seconds()) {
			fresh++
		}
	}
	switch q := set.Quorum(); {
	case now-s.Fresh > int64(staleAfter.Seconds()):
		all = append(all, phrase.New("problem.ledger_stale", "the newest checkpoint of the ledger is from %s: too few regulators are at work, or this node does not hear of them; nothing becomes authoritative here until that ends", words.Clock(s.Fresh)))
	case fresh == q && len(set) > q:
		all = append(all, phrase.New("problem.quorum_margin", "%d of %d regulators cosign, no more than it takes: one more loss stops the ledger", fresh, len(set)))
	}
	return all
}

// staleAfter is how old the newest checkpoint may be before it is a problem.
const staleAfter = 10 * time.Minute

// RealignQuorum implements api.Council.
func (c *Council) RealignQuorum(ctx context.Context) (api.QuorumState, error) {
	if c.cfg.Regulator == nil || c.seat() == "" {
		return api.QuorumState{}, errNoRegulator()
	}
	promise, err := c.cfg.Regulator.Realign()
	if err != nil {
		return api.QuorumState{}, api.Tell(api.Refused, phrase.New("council.no_promise", "this regulator cannot promise itself to a new generation: %s", err))
	}
	out, err := c.QuorumState(ctx)
	said := phrase.New("council.promised", "this regulator promised itself to generation %d and takes part in its own no more; the new one begins by itself once %d regulators have promised: each says ringfence quorum realign --promise", promise.Number, out.Quorum)
	out.Told = &said
	return out, err
}
