package quorum_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

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
		id := hostKey("nobody").String()
		voters := raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{{Suffrage: raft.Voter, ID: raft.ServerID(id), Address: raft.ServerAddress(id)}}})
		for _, m := range honest {
			p := at[m]
			_, _ = l.Append(hostKey(m), &raft.AppendEntriesRequest{
				Term: p.term, PrevLogEntry: p.index, PrevLogTerm: p.logTerm, LeaderCommitIndex: p.index + 1,
				Entries: []*raft.Log{{Index: p.index + 1, Term: p.term, Type: raft.LogConfiguration, Data: voters}},
			}) // its answer may be cut off
		}
		time.Sleep(30 * time.Second)
		for _, m := range honest {
			r := c.all[m]
			r.mu.Lock()
			ended := slices.Clone(r.ended)
			r.mu.Unlock()
			if len(ended) == 0 {
				t.Errorf("the runs of %s ended with %v", m, ended)
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
		var servers []raft.Server
		for _, m := range all {
			id := hostKey(m).String()
			servers = append(servers, raft.Server{Suffrage: raft.Voter, ID: raft.ServerID(id), Address: raft.ServerAddress(id)})
		}
		voters := raft.EncodeConfiguration(raft.Configuration{Servers: servers})
		for _, m := range honest {
			p := at[m]
			_, _ = l.Append(hostKey(m), &raft.AppendEntriesRequest{
				Term: p.term, PrevLogEntry: p.index, PrevLogTerm: p.logTerm, LeaderCommitIndex: p.index + 1,
				Entries: []*raft.Log{{Index: p.index + 1, Term: p.term, Type: raft.LogConfiguration, Data: voters}},
			}) // its answer may be cut off
		}
		time.Sleep(10 * time.Second)
		for _, m := range honest {
			r := c.all[m]
			r.mu.Lock()
			ended := slices.Clone(r.ended)
			r.mu.Unlock()
			if len(ended) == 0 {
				t.Errorf("%s took it that %s votes again", m, gone)
			}
		}
	})
}
