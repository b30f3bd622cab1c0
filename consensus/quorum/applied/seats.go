package applied

import (
	"slices"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/group"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// Seated returns the hosts of all who have a seat.
func Seated(s *charter.State) (hosts []keys.Public) {
	for _, seat := range s.Regulators() {
		if host, ok := HostOf(s, seat.Member); ok {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// Wanted is who is to take part: those with a seat vote, and those learn to whom a motion
// would give one.
func (m *Machine) Wanted() (w group.Wanted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.state.Constitution()
	w.Voters = Seated(s)
	for _, member := range m.state.Newcomers() {
		if host, ok := HostOf(s, member); ok && !slices.Contains(w.Voters, host) {
			w.Learners = append(w.Learners, host)
		}
	}
	return w
}

// Quorum implements cosign.Quorum over the regulators of a size, and where they change
// over those before it as well.
func (m *Machine) Quorum(size uint64, by []cosign.Signer) bool {
	sets := m.Sets(size)
	for _, set := range sets {
		n := 0
		for _, v := range set {
			if slices.ContainsFunc(by, func(s cosign.Signer) bool { return s.Key == v.Key() }) {
				n++
			}
		}
		if n < set.Quorum() {
			return false
		}
	}
	return len(sets) > 0
}

// Cosigners returns all who may cosign a size.
func (m *Machine) Cosigners(size uint64) (all checkpoint.Set) {
	for _, set := range m.Sets(size) {
		for _, v := range set {
			if !slices.ContainsFunc(all, func(o checkpoint.Verifier) bool { return o.Key() == v.Key() }) {
				all = append(all, v)
			}
		}
	}
	return all
}

// Sets returns whose quorum each it takes to certify a size; none for a size that is not
// Known here.
func (m *Machine) Sets(size uint64) []checkpoint.Set {
	after, ok := m.at(size)
	if !ok {
		return nil
	}
	sets := []checkpoint.Set{after.Cosigners()}
	if before, ok := m.at(size - 1); ok && before.Standing() != after.Standing() {
		sets = append(sets, before.Cosigners())
	}
	return sets
}

// at returns the constitution as it stood at a size: as it was certified, and above that
// as it was applied. A regulator that lags has followed further than it applied.
func (m *Machine) at(size uint64) (*charter.State, bool) {
	if s, ok := m.cfg.Follower.Standing().State.At(size); ok {
		return s, true
	}
	return m.Constitution().At(size)
}

// Known is the largest size of which the regulators are known here.
func (m *Machine) Known() uint64 {
	return max(m.cfg.Follower.Standing().State.Size(), m.Constitution().Size())
}

// Peers returns the hosts of all others who are to take part, as far as is known here. A
// regulator that lags does not know all of them from what it applied.
func (m *Machine) Peers() (hosts []keys.Public) {
	w := m.Wanted()
	for _, host := range slices.Concat(w.Voters, w.Learners, Seated(m.cfg.Follower.Standing().State)) {
		if host != m.cfg.Host && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// Admitted reports whether a host may speak to the group: one that is to take part, that
// still does, or, for a regulator that lags, that does as the followed ledger has it.
func (m *Machine) Admitted(host keys.Public) bool {
	if _, ok := SeatOf(m.cfg.Follower.Standing().State, host); ok {
		return true
	}
	w := m.Wanted()
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(w.Voters, host) || slices.Contains(w.Learners, host) || slices.Contains(m.voters, host)
}
