package federation

import (
	"slices"
	"time"

	"ringfence/store/charter"
	"ringfence/store/keys"
)

// hosted is the overlay's roster, as the ledger stands when it asks.
type hosted struct{ state func() *charter.State }

func (r hosted) Host(k keys.Public) (charter.MemberIndex, bool) { return r.state().Host(k) }

// enacted takes in that the ledger may have changed who is a member: whom it admitted is
// dialled and let in at once, whom it removed is hung up on.
func (f *Federation) enacted() {
	f.lookAround()
	f.gossip.SetDirect(f.directs())
	f.overlay.Reconsider()
	f.pull.Enacted()
}

// lookAround notes whether this node is alone in its federation. One that is not any
// longer begins to wait for what its peers hold.
func (f *Federation) lookAround() {
	alone := f.others() == 0
	if !alone && f.alone.Load() {
		f.hear(time.Now())
	}
	f.alone.Store(alone)
}

// hosts returns the hosts that the charter names.
func (f *Federation) hosts() []keys.Public {
	var all []keys.Public
	for _, m := range f.cfg.State().Members() {
		all = append(all, m.Hosts...)
	}
	return all
}

// others returns how many hosts the charter names beside this one.
func (f *Federation) others() int {
	all := f.hosts()
	if slices.Contains(all, f.cfg.Key.Public()) {
		return len(all) - 1
	}
	return len(all)
}

// isMember reports whether the charter names a host.
func (f *Federation) isMember(host keys.Public) bool {
	_, ok := f.cfg.State().Host(host)
	return ok
}

// direct reports whether a host is to be kept connected: a regulator's, or
// another one of this member.
func (f *Federation) direct(host keys.Public) bool {
	state := f.cfg.State()
	of, ok := state.Host(host)
	if !ok {
		return false
	}
	if self, ok := state.Host(f.cfg.Key.Public()); ok && self == of {
		return true
	}
	return regulates(state.Member(of))
}

// sameMember reports whether an issuer is one of this node's member: what a fork froze
// of it is held here as well, for the member to say it again.
func (f *Federation) sameMember(issuer keys.Public) bool {
	state := f.cfg.State()
	own, known := state.Host(f.cfg.Key.Public())
	r, admitted := state.Record(issuer)
	return known && admitted && own == r.Member
}

func regulates(m *charter.Member) bool { return slices.Contains(m.Roles, charter.Regulator) }

// directs returns the peers that gossip sends everything to and hears whatever
// they did: regulators among themselves, and nodes of one member. It must be
// mutual, since such peers are no part of each other's mesh.
func (f *Federation) directs() []keys.Public {
	state := f.cfg.State()
	self, ok := state.Host(f.cfg.Key.Public())
	if !ok {
		return nil
	}
	var all []keys.Public
	for m, member := range state.Members() {
		if m != self && !(regulates(member) && regulates(state.Member(self))) {
			continue
		}
		for _, host := range member.Hosts {
			if host != f.cfg.Key.Public() {
				all = append(all, host)
			}
		}
	}
	return all
}

// standingOf is what gossip thinks of a peer before it has behaved: members are
// welcome, regulators are always heard.
func (f *Federation) standingOf(peer keys.Public) float64 {
	state := f.cfg.State()
	of, ok := state.Host(peer)
	switch {
	case !ok:
		return 0
	case regulates(state.Member(of)):
		return 100
	}
	return 1
}

func (f *Federation) memberOf(host keys.Public) string {
	state := f.cfg.State()
	if of, ok := state.Host(host); ok {
		return state.Member(of).ID
	}
	return ""
}
