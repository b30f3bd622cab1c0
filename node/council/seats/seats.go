// Package seats tells how the regulators stand: who of them is at work, how many more may
// fail, and what a person must look after.
//
// Floor 12, a room of node/council.
package seats

import (
	"context"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/cosign"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/standing"
	"ringfence/node/api"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
)

// Follower is the ledger as it is followed here.
type Follower interface{ Standing() follow.Standing }

// Regulator is a regulator's part in keeping it.
type Regulator interface {
	Docket() (ballot.Docket, bool)
	Realign() (cosign.SignedPromise, error)
	Status() standing.Status
}

// Seats answers for the regulators.
type Seats struct {
	Ledger    Follower
	Regulator Regulator                               // nil of a member
	Seat      func() string                           // the member whose regulator this node is; "" if none
	Anchors   interface{ Problems() []phrase.Phrase } // of a regulator, or what a member has asked for; may be nil
	Idle      func() phrase.Phrase                    // why this node does not take the seat that its key has; may be nil
	Now       func() time.Time
}

// QuorumState implements api.Council.
func (c *Seats) QuorumState(context.Context) (api.QuorumState, error) {
	ledger := c.Ledger.Standing()
	out := c.count(&ledger, c.status())
	if r := c.Regulator; r != nil {
		if d, running := r.Docket(); running && d.Paused != nil {
			paused := words.Told(d.Paused)
			out.Paused = &paused
		}
	}
	out.Problems = c.Problems()
	return out, nil
}

// status is how a regulator sees them; nil of a member.
func (c *Seats) status() *standing.Status {
	if c.Regulator == nil {
		return nil
	}
	s := c.Regulator.Status()
	return &s
}

// count tells who is at work, and how many more may fail: by cosignatures alone, or as a
// regulator knows.
func (c *Seats) count(s *follow.Standing, status *standing.Status) api.QuorumState {
	set := s.State.Cosigners()
	out := api.QuorumState{
		Regulator: c.Seat(), Regulators: len(set), Quorum: set.Quorum(), Seats: []api.QuorumSeat{}, Size: s.Size(),
		Promises: []api.QuorumPromise{}, Problems: []phrase.Phrase{},
	}
	now := c.Now().Unix()
	for _, seat := range s.State.Regulators() {
		one := api.QuorumSeat{Member: seat.Member, Idle: string(standing.IdleSilent)}
		if last := s.Seen[seat.Cosign]; last > 0 {
			age := max(now-last, 0)
			one.Cosigned, one.Age = words.Clock(last), &age
			if one.Live = standing.AtWork(last, now); one.Live {
				one.Idle = ""
			}
		}
		out.Seats = append(out.Seats, one)
	}
	if status != nil {
		words.Within(&out, status)
	}
	for _, seat := range out.Seats {
		if seat.Live {
			out.Fresh++
		}
	}
	out.Margin = standing.Margin(out.Fresh, out.Quorum, standing.Stop(out.Stopped))
	return out
}

// Problems tells what a person must look after about ledger and quorum.
func (c *Seats) Problems() []phrase.Phrase {
	all := []phrase.Phrase{}
	s := c.Ledger.Standing()
	if s.Trouble != nil {
		all = append(all, phrase.Join(phrase.New("problem.ledger", "the regulators' ledger is followed no further; what it held goes on standing"), phrase.From(s.Trouble)))
	}
	status := c.status()
	if status != nil {
		all = append(all, words.Regulates(status)...)
	}
	if c.Idle != nil {
		if why := c.Idle(); !why.IsZero() {
			all = append(all, why)
		}
	}
	if c.Anchors != nil {
		all = append(all, c.Anchors.Problems()...)
	}
	if s.Note.Size == 0 {
		return all // no ledger has begun
	}
	out := c.count(&s, status)
	switch {
	case c.Now().Unix()-s.Fresh > int64(staleAfter.Seconds()):
		all = append(all, phrase.New("problem.ledger_stale", "the newest checkpoint of the ledger is from %s: too few regulators are at work, or this node does not hear of them; nothing becomes authoritative here until that ends", words.Clock(s.Fresh)))
	case out.Margin <= 0:
		if p := words.Short(&out); !p.IsZero() {
			all = append(all, p)
		}
	}
	return all
}

// staleAfter is how old the newest checkpoint may be before it is a problem.
const staleAfter = 10 * time.Minute

// RealignQuorum implements api.Council.
func (c *Seats) RealignQuorum(ctx context.Context, sure bool) (api.QuorumState, error) {
	status := c.status()
	if status == nil || c.Seat() == "" {
		return api.QuorumState{}, words.NoPromise()
	}
	if status.Costs() && !sure {
		return api.QuorumState{}, api.Tell(api.Refused, words.Costs(status))
	}
	promise, err := c.Regulator.Realign()
	if err != nil {
		return api.QuorumState{}, api.Tell(api.Refused, phrase.New("council.no_promise", "this regulator cannot promise itself to a new generation: %s", err))
	}
	out, err := c.QuorumState(ctx)
	said := words.Promised(promise.Number, status.Realign.Begun, &out)
	out.Told = &said
	return out, err
}
