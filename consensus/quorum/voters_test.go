package quorum_test

import (
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/grouptest"
)

// reseat has a liar who leads tell a regulator that others are the voters from the next
// entry of its log on, and that it is committed. The answer may be cut off.
func reseat(l *grouptest.Liar, member string, at place, voters ...string) {
	var to raft.Configuration
	for _, v := range voters {
		id := hostKey(v).String()
		to.Servers = append(to.Servers, raft.Server{Suffrage: raft.Voter, ID: raft.ServerID(id), Address: raft.ServerAddress(id)})
	}
	next := at.index + 1
	_, _ = l.Append(hostKey(member), &raft.AppendEntriesRequest{
		Term: at.term, PrevLogEntry: at.index, PrevLogTerm: at.logTerm, LeaderCommitIndex: next,
		Entries: []*raft.Log{{Index: next, Term: at.term, Type: raft.LogConfiguration, Data: raft.EncodeConfiguration(to)}},
	})
}

// A leader that makes a stranger the only voter ends the runs of those whom it tells so, and
// when they begin anew they elect nobody. They realign, and go on without it.
func TestWrongVotersAreLeftByRealigning(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		liar := c.leader()
		honest := c.but(liar)
		at := make(map[string]place)
		for _, m := range honest {
			at[m] = c.place(m)
		}
		l := c.lie(liar, nil)
		for _, m := range honest {
			reseat(l, m, at[m], "nobody")
		}
		time.Sleep(30 * time.Second)
		for _, m := range honest {
			if len(c.all[m].endings()) == 0 {
				t.Errorf("%s took it that a stranger alone votes", m)
			}
		}
		c.realign(1, honest...)
		p := c.label("+8613800138000")
		c.carry(p, honest...)
		c.everywhere(p, 60*time.Second, honest...)
		c.oneLedger(honest...)
	})
}

// Once Raft has carried the removal of a regulator out, a leader does not bring it back: the
// set before a change is in order only until then.
func TestARemovedRegulatorDoesNotVoteAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 5)
		defer c.close()
		c.begun(c.Seats()...)
		all := c.Seats()
		gone := "reg5"
		c.unseat(gone, c.but(gone)...)
		c.leave(gone)
		c.settled(c.but(gone)...)
		liar := c.leader()
		honest := c.but(liar, gone)
		at := make(map[string]place)
		for _, m := range honest {
			at[m] = c.place(m)
		}
		l := c.lie(liar, nil)
		for _, m := range honest {
			reseat(l, m, at[m], all...)
		}
		time.Sleep(10 * time.Second)
		for _, m := range honest {
			if len(c.all[m].endings()) == 0 {
				t.Errorf("%s took it that %s votes again", m, gone)
			}
		}
	})
}
