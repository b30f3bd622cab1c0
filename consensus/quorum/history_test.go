package quorum_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum/group"
)

// histories that `go test` looks at; soak_test.go looks at hundreds.
const histories = 4

// TestHistoriesOfDecisionsAreLinearizable has clients propose, vote and look up through
// partitions, kills, pauses, and messages that are lost and overtake each other, and has
// Porcupine look for one order that explains all answers (F01, F02, F11, F12, F14). A
// decision happens when its last vote is cast and is looked up at size ≥ n: in a ledger
// that is followed at least as far as one in which somebody saw it.
func TestHistoriesOfDecisionsAreLinearizable(t *testing.T) {
	for seed := range uint64(histories) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { linearizable(t, seed) })
	}
}

// did is what a client did with one motion.
type did struct {
	motion int
	what   string // propose, vote, look
	member string // whose vote it is
}

// saw is what came of it.
type saw struct {
	unknown bool
	outcome ballot.Outcome // of propose and vote
	enacted bool           // of look
	size    uint64         // of the ledger: with the decision that this entered, or that was looked at
}

// tabled is one motion: by whom it was voted for, and whether that entered it.
type tabled struct {
	before  bool
	voted   string // members, each with a comma after it
	entered bool
}

// decisions is what regulators do with each motion, of which q vote.
func decisions(q int) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
			by := make(map[int][]porcupine.Operation)
			for _, op := range history {
				by[op.Input.(did).motion] = append(by[op.Input.(did).motion], op)
			}
			for _, ops := range by {
				parts = append(parts, ops)
			}
			return parts
		},
		Init: func() any { return tabled{} },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(tabled), input.(did), output.(saw)
			if in.what == "look" {
				return !out.enacted || s.entered, s // later is allowed: what is certified comes after
			}
			next, outcome := s.cast(in, q)
			return out.unknown || out.outcome == outcome, next
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
	}
}

// cast is what a vote, or a proposal with one, makes of a motion.
func (s tabled) cast(in did, q int) (tabled, ballot.Outcome) {
	switch {
	case s.entered:
		return s, ballot.Known
	case in.what == "vote" && !s.before:
		return s, ballot.Refused
	case hasVoted(s.voted, in.member):
		return s, ballot.Known
	}
	s.before, s.voted = true, s.voted+in.member+","
	if s.entered = count(s.voted) >= q; s.entered {
		return s, ballot.Entered
	}
	return s, ballot.Taken
}

func hasVoted(voted, member string) bool { return slices.Contains(strings.Split(voted, ","), member) }

func count(voted string) int { return strings.Count(voted, ",") }

func linearizable(t *testing.T, seed uint64) {
	var mu sync.Mutex
	var ops []porcupine.Operation
	bubble(t, func(t *testing.T) {
		c := sitWith(t, 4, seed, nil)
		defer c.close()
		c.begun(c.Seats()...)
		c.rough = true
		c.mu.Lock()
		c.lose, c.late = 0.1, 80*time.Millisecond
		c.mu.Unlock()
		random := rand.New(rand.NewPCG(seed, 21))
		var all []ballottest.Proposal
		for i := range 5 {
			all = append(all, c.label(fmt.Sprintf("+861380013%04d", i)))
		}
		stop := make(chan struct{})
		var clients sync.WaitGroup
		for k := range 3 {
			mine := rand.New(rand.NewPCG(seed, uint64(100+k)))
			clients.Go(func() {
				decide(c, k, all, mine, stop, func(op porcupine.Operation) { mu.Lock(); ops = append(ops, op); mu.Unlock() })
			})
		}
		for range 4 {
			c.trouble(random)
		}
		close(stop)
		clients.Wait()
		c.mu.Lock()
		c.lose = 0
		c.mu.Unlock()
		last := c.label("+8613800139999")
		c.carry(last, c.Seats()[:3]...)
		c.everywhere(last, 60*time.Second, c.Seats()...)
		c.oneLedger(c.Seats()...)
		end := time.Now().UnixNano()
		for i, p := range all { // once more, when all is calm
			for _, m := range c.Seats() {
				if c.all[m].holds(p) {
					ops = append(ops, porcupine.Operation{ClientId: 9, Input: did{i, "look", ""}, Output: saw{enacted: true, size: c.all[m].Follower().Past().Size()}, Call: end, Return: end + 1})
				}
			}
		}
	})
	atSize(t, ops)
	known, enacted := 0, 0
	for _, op := range ops {
		if !op.Output.(saw).unknown {
			known++
		}
		if op.Output.(saw).enacted {
			enacted++
		}
	}
	if known < 20 || enacted == 0 {
		t.Errorf("only %d of %d operations have an answer, %d saw a decision", known, len(ops), enacted)
	}
	if got := porcupine.CheckOperationsTimeout(decisions(3), ops, 30*time.Second); got != porcupine.Ok {
		t.Errorf("seed %d: %d operations: %v", seed, len(ops), got)
	}
}

// atSize fails where a ledger of the size with which a decision entered does not hold it.
func atSize(t *testing.T, ops []porcupine.Operation) {
	t.Helper()
	with := make(map[int]uint64)
	for _, op := range ops {
		if out := op.Output.(saw); out.outcome == ballot.Entered {
			with[op.Input.(did).motion] = out.size
		}
	}
	for _, op := range ops {
		in, out := op.Input.(did), op.Output.(saw)
		if n, entered := with[in.motion]; entered && in.what == "look" && out.size >= n && !out.enacted {
			t.Errorf("motion %d entered with %d entries, and a ledger of %d has it not", in.motion, n, out.size)
		}
	}
}

// decide proposes, votes and looks up, one after the other, through any regulator.
func decide(c *council, k int, all []ballottest.Proposal, random *rand.Rand, stop chan struct{}, record func(porcupine.Operation)) {
	seats := c.Seats()
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(random.Int64N(int64(300 * time.Millisecond)))):
		}
		i, through := random.IntN(len(all)), seats[random.IntN(len(seats))]
		in := did{motion: i, what: []string{"propose", "vote", "vote", "look"}[random.IntN(4)], member: seats[random.IntN(len(seats))]}
		op := porcupine.Operation{ClientId: k, Call: time.Now().UnixNano(), Return: math.MaxInt64}
		c.mu.Lock()
		r := c.all[through].Regulator
		c.mu.Unlock()
		if in.what == "look" {
			in.member = ""
			past := r.Follower().Past()
			op.Input, op.Output, op.Return = in, saw{enacted: past.HasEnacted(all[i].ID), size: past.Size()}, time.Now().UnixNano()
			record(op)
			continue
		}
		v := c.Vote(all[i], in.member, nil)
		command := ballot.VoteCommand(&v)
		if in.what == "propose" {
			command = ballot.ProposeCommand(&all[i].Signed, all[i].Items, &v)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(200+random.IntN(2000))*time.Millisecond)
		a, err := r.Submit(ctx, command)
		cancel()
		op.Input = in
		switch {
		case errors.Is(err, group.ErrUnknown):
			op.Output = saw{unknown: true}
		case err != nil:
			continue // nothing happened
		default:
			op.Return = time.Now().UnixNano()
			op.Output = saw{outcome: a.Outcome, size: a.Size}
		}
		record(op)
	}
}

// trouble is one of what can go wrong, and its end.
func (c *council) trouble(random *rand.Rand) {
	seats := c.Seats()
	one := []string{seats[random.IntN(len(seats))]}
	long := func() { time.Sleep(time.Duration(500+random.IntN(4000)) * time.Millisecond) }
	switch random.IntN(6) {
	case 0: // cut in two
		order := random.Perm(len(seats))
		half := []string{seats[order[0]], seats[order[1]]}
		c.apart(half, c.but(half...), true)
		long()
		c.apart(half, c.but(half...), false)
	case 1: // one way
		c.sever(one, c.but(one...), true)
		long()
		c.sever(one, c.but(one...), false)
	case 2: // the process dies
		c.leave(one[0])
		long()
		c.start(one[0])
	case 3: // links clog one by one, and unclog in another order
		for _, i := range random.Perm(len(seats) * len(seats)) {
			c.sever(seats[i%4:i%4+1], seats[i/4:i/4+1], true)
			time.Sleep(100 * time.Millisecond)
		}
		for _, i := range random.Perm(len(seats) * len(seats)) {
			c.sever(seats[i%4:i%4+1], seats[i/4:i/4+1], false)
			time.Sleep(100 * time.Millisecond)
		}
	case 4: // the process stands still, mostly that of who leads
		for _, m := range seats {
			if c.all[m].Leads() && random.IntN(3) > 0 {
				one = []string{m}
			}
		}
		release := c.all[one[0]].log().Hang()
		c.apart(one, c.but(one...), true)
		long()
		release()
		c.apart(one, c.but(one...), false)
	default: // all die
		for _, m := range seats {
			c.leave(m)
		}
		for _, m := range seats {
			c.start(m)
		}
	}
	long()
}
