package charter_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

// oracle answers a State's questions by reading the charter from end to end.
type oracle struct{ c *charter.Charter }

func (o oracle) owner(k keys.Public, list func(*charter.Member) []keys.Public) (int, bool) {
	for i := range o.c.Members {
		if slices.Contains(list(&o.c.Members[i]), k) {
			return i, true
		}
	}
	return 0, false
}

// rank counts the issuers with smaller keys.
func (o oracle) rank(k keys.Public) uint32 {
	var smaller uint32
	for _, m := range o.c.Members {
		for _, other := range m.Issuers {
			if bytes.Compare(other[:], k[:]) < 0 {
				smaller++
			}
		}
	}
	return smaller
}

func (o oracle) weight(m *charter.Member) uint16 {
	for _, w := range o.c.Policy.MemberWeights {
		if w.Member == m.ID {
			return w.Permille
		}
	}
	var most uint16
	w := o.c.Policy.Weights
	for _, r := range m.Roles {
		switch r {
		case charter.Operator:
			most = max(most, w.Operator)
		case charter.MVNO:
			most = max(most, w.MVNO)
		case charter.Vendor:
			most = max(most, w.Vendor)
		case charter.Coordinator:
			most = max(most, w.Coordinator)
		case charter.Regulator:
			most = max(most, w.Regulator)
		}
	}
	return most
}

// randomFounding draws a roster: roles, groups, several keys, own weights.
func randomFounding(t testing.TB, r *rand.Rand) charter.FoundingConfig {
	t.Helper()
	cfg := chartertest.Config(t)
	for i := range 2 + r.IntN(12) {
		id := fmt.Sprintf("m%d", i)
		var words []string
		for _, role := range everyRole {
			if role != charter.Regulator && r.IntN(4) == 0 {
				words = append(words, role.String())
			}
		}
		if len(words) == 0 {
			words = append(words, "vendor")
		}
		card := chartertest.Card(t, id, words...)
		card.Group = fmt.Sprintf("g%d", r.IntN(4))
		for j := range r.IntN(3) {
			card.Issuers = append(card.Issuers, chartertest.Key("issuer", fmt.Sprint(id, "/", j)).Public())
			card.Hosts = append(card.Hosts, chartertest.Key("host", fmt.Sprint(id, "/", j)).Public())
		}
		if r.IntN(4) == 0 {
			cfg.Policy.MemberWeights = append(cfg.Policy.MemberWeights, charter.MemberWeight{Member: id, Permille: uint16(r.IntN(1001))})
		}
		cfg.Cards = append(cfg.Cards, card)
	}
	w := &cfg.Policy.Weights
	for _, v := range []*uint16{&w.Operator, &w.MVNO, &w.Vendor, &w.Coordinator, &w.Regulator} {
		*v = uint16(r.IntN(1001))
	}
	return cfg
}

func TestStateAgreesWithOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 25 {
		cfg := randomFounding(t, r)
		s := chartertest.State(t, cfg)
		o := oracle{s.Charter()}
		groups := make(map[uint16]string)
		for i, m := range s.Members() {
			if got, want := s.Weight(i), o.weight(m); got != want {
				t.Errorf("%q with roles %v weighs %d, want %d", m.ID, m.Roles, got, want)
			}
			g := s.Group(i)
			if name, seen := groups[g]; seen && name != m.Group || s.GroupName(g) != m.Group || int(g) > len(groups) {
				t.Errorf("%q of group %q is in group %d, %q", m.ID, m.Group, g, name)
			}
			groups[g] = m.Group
		}
		for _, k := range append(slices.Clone(s.Issuers()), chartertest.Issuer("nobody").Public()) {
			owner, known := o.owner(k, func(m *charter.Member) []keys.Public { return m.Issuers })
			info, ok := s.Issuer(k)
			if ok != known || s.EverAdmitted(k) != known || ok && (int(info.Member) != owner || info.Rank != o.rank(k)) {
				t.Errorf("issuer %s: %+v, %t; want member %d of rank %d, %t", k.Short(), info, ok, owner, o.rank(k), known)
			}
		}
		for _, card := range cfg.Cards {
			for _, k := range card.Hosts {
				owner, known := o.owner(k, func(m *charter.Member) []keys.Public { return m.Hosts })
				if got, ok := s.Host(k); ok != known || int(got) != owner {
					t.Errorf("host %s: member %d, %t; want %d", k.Short(), got, ok, owner)
				}
			}
		}
	}
}

// A State is read by every goroutine of a node; the race detector watches.
func TestStateIsSharedSafely(t *testing.T) {
	s := chartertest.State(t, sample(t))
	n, key := parse(t, "+8617001240000"), chartertest.Range(t, "+86!95588")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				for m, member := range s.Members() {
					info, ok := s.Issuer(member.Issuers[0])
					if !ok || info.Member != m || s.SpeaksFor(m, n.Range()) && !s.May(m, assertion.KindReassign) || !s.Protected(key) {
						t.Errorf("member %d sees another constitution", m)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}
