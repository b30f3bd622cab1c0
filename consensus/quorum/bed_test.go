package quorum_test

import (
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/group/grouptest"
	"ringfence/consensus/quorum/standing"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// leader waits for one of the regulators that are there to lead.
func (c *council) leader() (leads string) {
	c.Helper()
	c.eventually("somebody leads", 20*time.Second, func() bool {
		for _, m := range c.there() {
			for _, seat := range c.all[m].Status().Regulators {
				if seat.Self && seat.Leads {
					leads = m
					return true
				}
			}
		}
		return false
	})
	return leads
}

// there is who takes part, in the order of the seats.
func (c *council) there() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.Seats() {
		if r := c.all[m]; r != nil && c.hosts[hostKey(m)] == r {
			all = append(all, m)
		}
	}
	return all
}

// settled waits until members hold the same, certified, with nothing open above it.
func (c *council) settled(members ...string) checkpoint.Tree {
	c.Helper()
	var tree checkpoint.Tree
	c.eventually("all that was applied is certified", 30*time.Second, func() bool {
		tree = c.all[members[0]].Follower().Standing().Note.Tree
		for _, m := range members {
			d, ok := c.all[m].Docket()
			if !ok || c.all[m].Follower().Standing().Note.Tree != tree || d.Size != tree.Size || c.all[m].Follower().Past().State().Size() != d.Size {
				return false
			}
			if index, _ := c.all[m].Follower().Past().LastTick(); index+1 != tree.Size {
				return false // a tick is to come
			}
		}
		return true
	})
	return tree
}

// lie has a member's regulator go and a liar on Raft's protocol take its place.
func (c *council) lie(member string, answer func(call any) any) *grouptest.Liar {
	c.Helper()
	s, _ := c.all[member].keeper.State()
	if c.all[member].done != nil {
		c.leave(member)
	}
	c.rough = true
	c.liars[c.all[member].cosign.Public()] = true
	l := grouptest.Lie(c.network, hostKey(member), group.Generation(s.Generation.Record), answer)
	c.finally = append(c.finally, l.Close)
	return l
}

// tell has a member receive a message as if it came from another.
func (c *council) tell(from, to string, message []byte) error {
	return c.all[to].Receive(hostKey(from), message)
}

// word is what a key says of a tree.
func (c *council) word(saying certify.Saying, g cosign.Generation, tree checkpoint.Tree, key keys.Private) []byte {
	federation := c.State.Constitution().Federation()
	w := certify.Word{Saying: saying, Generation: g, Tree: tree}
	switch saying {
	case certify.Reported:
		w.By = cosign.Reporting.Sign(federation, g, tree, key)
	case certify.Locked:
		w.By = cosign.Locking.Sign(federation, g, tree, key)
	default:
		w.Generation, w.Time = cosign.Generation{}, time.Now().Unix()
		s := checkpoint.Checkpoint{Origin: checkpoint.Origin(federation), Tree: tree}.Cosign(key, w.Time)
		w.By = cosign.Signer{Key: key.Public(), Signature: s.Signature}
	}
	return w.Bytes()
}

// place is where a regulator's Raft log ends.
type place struct{ index, term, logTerm uint64 }

func (c *council) place(member string) (p place) {
	c.Helper()
	d := c.all[member].log()
	var l raft.Log
	var err1, err2, err3 error
	p.index, err1 = d.LastIndex()
	err2 = d.GetLog(p.index, &l)
	p.term, err3 = d.GetUint64([]byte("CurrentTerm"))
	if err := errors.Join(err1, err2, err3); err != nil {
		c.Fatal(err)
	}
	p.logTerm = l.Term
	return p
}

// leads sends commands as the leader of the place's term does, on top of what is there.
func (p *place) leads(l *grouptest.Liar, to string, commands ...[]byte) error {
	a := &raft.AppendEntriesRequest{Term: p.term, PrevLogEntry: p.index, PrevLogTerm: p.logTerm, LeaderCommitIndex: p.index + uint64(len(commands))}
	for i, b := range commands {
		a.Entries = append(a.Entries, &raft.Log{Index: p.index + 1 + uint64(i), Term: p.term, Type: raft.LogCommand, Data: b})
	}
	r, err := l.Append(hostKey(to), a)
	if err == nil && !r.Success && len(commands) > 0 {
		err = errors.New("the entries were not taken")
	}
	if err == nil && len(commands) > 0 {
		p.index, p.logTerm = p.index+uint64(len(commands)), p.term
	}
	return err
}

// carrying is the commands by which members carry a motion, and the mark that follows.
func (c *council) carrying(p ballottest.Proposal, members ...string) [][]byte {
	all := [][]byte{c.Propose(p, members[0])}
	for _, m := range members[1:] {
		v := c.Vote(p, m, nil)
		all = append(all, ballot.VoteCommand(&v))
	}
	return append(all, ballot.MarkCommand())
}

// realign has members promise themselves to another generation, and waits until they are
// there.
func (c *council) realign(number uint64, members ...string) {
	c.Helper()
	for _, m := range members {
		if _, err := c.all[m].Realign(); err != nil {
			c.Fatal(err)
		}
	}
	c.inGeneration(number, members...)
}

func (c *council) inGeneration(number uint64, members ...string) {
	c.Helper()
	c.eventually("they are in the next generation", 60*time.Second, func() bool {
		for _, m := range members {
			if s := c.all[m].Status(); s.Generation != number || !s.Running {
				return false
			}
		}
		return true
	})
}

// status is where the regulators stand, as a member sees it.
func (c *council) status(member string) standing.Status { return c.all[member].Status() }

// snapshot is one as a member would take it now.
func (c *council) snapshot(member string) []byte {
	c.Helper()
	b, err := ballot.NewState(c.all[member].Follower().Past()).Snapshot(c.all[member].Follower().Standing().Note.Bytes())
	if err != nil {
		c.Fatal(err)
	}
	return b
}

// ofAnotherStory is a snapshot that begins where the ledger is certified and goes on with
// a decision that a quorum did vote for, and nobody brought before the regulators.
func (c *council) ofAnotherStory() []byte {
	c.Helper()
	m := c.there()[0]
	s := ballot.NewState(c.all[m].Follower().Past())
	p := c.label("+8613800138077")
	for _, command := range c.carrying(p, c.Seats()[:3]...) {
		s.Apply(command)
	}
	b, err := s.Snapshot(c.all[m].Follower().Standing().Note.Bytes())
	if err != nil {
		c.Fatal(err)
	}
	return b
}

// endings returns with what runs of a regulator ended before it was told to go.
func (r *regulator) endings() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ended)
}
