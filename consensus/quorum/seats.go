package quorum

import (
	"slices"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/group"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// seated returns the hosts of all who have a seat.
func seated(s *charter.State) (hosts []keys.Public) {
	for _, seat := range s.Regulators() {
		if host, ok := hostOf(s, seat.Member); ok {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// wanted is who is to take part: those with a seat vote, and those learn to whom a motion
// would give one.
func (m *machine) wanted() (w group.Wanted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.state.Constitution()
	w.Voters = seated(s)
	for _, member := range m.state.Newcomers() {
		if host, ok := hostOf(s, member); ok && !slices.Contains(w.Voters, host) {
			w.Learners = append(w.Learners, host)
		}
	}
	return w
}

// quorum implements cosign.Quorum over the regulators of a size, and where they change
// over those before it as well.
func (m *machine) quorum(size uint64, by []cosign.Signer) bool {
	sets := m.sets(size)
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

// cosigners returns all who may cosign a size.
func (m *machine) cosigners(size uint64) (all checkpoint.Set) {
	for _, set := range m.sets(size) {
		for _, v := range set {
			if !slices.ContainsFunc(all, func(o checkpoint.Verifier) bool { return o.Key() == v.Key() }) {
				all = append(all, v)
			}
		}
	}
	return all
}

// sets returns whose quorum each it takes to certify a size; none for a size that is not
// known here.
func (m *machine) sets(size uint64) []checkpoint.Set {
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
func (m *machine) at(size uint64) (*charter.State, bool) {
	if s, ok := m.r.follower.Standing().State.At(size); ok {
		return s, true
	}
	return m.constitution().At(size)
}

// known is the largest size of which the regulators are known here.
func (m *machine) known() uint64 {
	return max(m.r.follower.Standing().State.Size(), m.constitution().Size())
}

// peers returns the hosts of all others who are to take part, as far as is known here. A
// regulator that lags does not know all of them from what it applied.
func (m *machine) peers() (hosts []keys.Public) {
	w := m.wanted()
	for _, host := range slices.Concat(w.Voters, w.Learners, seated(m.r.follower.Standing().State)) {
		if host != m.r.cfg.Host && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// admitted reports whether a host may speak to the group: one that is to take part, that
// still does, or, for a regulator that lags, that does as the followed ledger has it.
func (m *machine) admitted(host keys.Public) bool {
	if _, ok := seatOf(m.r.follower.Standing().State, host); ok {
		return true
	}
	w := m.wanted()
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(w.Voters, host) || slices.Contains(w.Learners, host) || slices.Contains(m.voters, host)
}
