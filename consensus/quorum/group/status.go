package group

import (
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/internal/rpc"
	"ringfence/store/keys"
)

// Status is how a group stands.
type Status struct {
	Running   bool
	Leading   bool        // this regulator leads
	Leader    keys.Public // zero: none is known
	Term      uint64
	Committed uint64 // index of the last committed entry that is known of
	Applied   uint64 // index of the last entry that the machine has seen
	Last      uint64 // index of the last entry in the own log
	Members   []Member
}

// Member is one regulator in Raft.
type Member struct {
	Host  keys.Public
	Voter bool
	// What the leader alone knows: when a regulator last answered, and how many
	// entries its log is behind. Of the leader himself they are zero.
	Contact time.Time
	Lag     uint64
}

// Status returns how the group stands; before and after Run all of it is zero.
func (g *Group) Status() Status {
	e := g.now.Load()
	if e == nil {
		return Status{}
	}
	_, id := e.raft.LeaderWithID()
	leader, _ := rpc.Host(id)
	s := Status{
		Running: true, Leading: e.raft.State() == raft.Leader, Leader: leader, Term: e.raft.CurrentTerm(),
		Committed: e.raft.CommitIndex(), Applied: e.fsm.applied.Load(), Last: e.raft.LastIndex(),
	}
	f := e.raft.GetConfiguration()
	if f.Error() != nil {
		return s
	}
	for _, server := range f.Configuration().Servers {
		host, _ := rpc.Host(server.ID)
		m := Member{Host: host, Voter: server.Suffrage == raft.Voter}
		if s.Leading && m.Host != g.cfg.Self {
			p := e.rpc.Peer(m.Host)
			m.Contact, m.Lag = p.Contact, s.Last-min(p.Match, s.Last)
		}
		s.Members = append(s.Members, m)
	}
	return s
}
