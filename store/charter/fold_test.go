package charter_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/number"
)

// federation folds random motions and keeps beside the State a charter that is edited
// by hand, as one would write it who knew nothing of States.
type federation struct {
	t     testing.TB
	r     *rand.Rand
	s     *charter.State
	c     *charter.Charter
	made  int                          // names and keys that were made
	keys  map[keys.Public]keys.Private // all that were made
	ended []keys.Public                // issuers
}

func newFederation(t testing.TB, seed uint64) *federation {
	t.Helper()
	cfg := sample(t)
	for i := range cfg.Cards[1:] {
		cfg.Cards[i].Audience = "" // checking these for each version is slow
	}
	s := chartertest.State(t, cfg)
	return &federation{t: t, r: rand.New(rand.NewPCG(seed, 1)), s: s, c: s.Charter(), keys: make(map[keys.Public]keys.Private)}
}

func (f *federation) key(purpose string) keys.Private {
	f.made++
	k := chartertest.Key(purpose, fmt.Sprint("fold#", f.made))
	f.keys[k.Public()] = k
	return k
}

func (f *federation) private(k keys.Public) keys.Private {
	if known, ok := f.keys[k]; ok {
		return known
	}
	for _, m := range f.c.Members {
		for _, purpose := range []string{"issuer", "recovery", "vote", "cosign"} {
			if known := chartertest.Key(purpose, m.ID); known.Public() == k {
				return known
			}
		}
	}
	f.t.Fatalf("nobody made key %s", k.Short())
	return keys.Private{}
}

func (f *federation) member() *charter.Member { return &f.c.Members[f.r.IntN(len(f.c.Members))] }

func (f *federation) roles() []charter.Role {
	var list []charter.Role
	for _, r := range everyRole {
		if r != charter.Regulator && f.r.IntN(4) == 0 {
			list = append(list, r)
		}
	}
	if len(list) == 0 {
		list = append(list, charter.Vendor)
	}
	return list
}

func (f *federation) heads(issuers ...keys.Public) []motion.AnchoredHead {
	var list []motion.AnchoredHead
	for _, k := range issuers {
		if f.r.IntN(2) == 0 {
			list = append(list, head(f.t, f.s, k, uint64(f.r.IntN(100))))
		}
	}
	slices.SortFunc(list, func(a, b motion.AnchoredHead) int { return cmp.Compare(a.Issuer, b.Issuer) })
	return list
}

// step makes one motion that has its place and edits the charter alike; nil where
// chance asked for what cannot be now.
func (f *federation) step() article.Item {
	switch f.r.IntN(12) {
	case 0:
		return f.admitMember()
	case 1:
		return f.changeMember()
	case 2:
		return f.removeMember()
	case 3, 4:
		return f.admitIssuer()
	case 5:
		return f.endIssuer()
	case 6:
		return f.admitRegulator()
	case 7:
		return f.removeRegulator()
	case 8:
		return f.rekeyRegulator()
	case 9:
		return f.reinstate()
	case 10:
		return f.grant()
	}
	if f.r.IntN(2) == 0 {
		return f.endGrant()
	}
	return f.setPolicy()
}

func (f *federation) admitMember() article.Item {
	f.made++
	id := fmt.Sprintf("%c%d", 'a'+rune(f.r.IntN(26)), f.made)
	m := charter.Member{ID: id, Name: id, Roles: f.roles(), Group: fmt.Sprint("g", f.r.IntN(5)), Contact: id}
	var by []keys.Private
	for range f.r.IntN(3) {
		k := f.key("issuer")
		by = append(by, k)
		m.Issuers = append(m.Issuers, k.Public())
		m.Hosts = append(m.Hosts, f.key("host").Public())
	}
	if f.r.IntN(2) == 0 {
		k := f.key("recovery")
		by = append(by, k)
		m.Recovery = k.Public()
	}
	slices.SortFunc(m.Issuers, keys.Public.Compare)
	slices.SortFunc(m.Hosts, keys.Public.Compare)
	f.c.Members = append(f.c.Members, m)
	return chartertest.Endorsed(f.t, f.s, &article.MemberAdmission{Member: m}, by...)
}

func (f *federation) changeMember() article.Item {
	m := f.member()
	isRegulator := slices.Contains(m.Roles, charter.Regulator)
	m.Roles, m.Group, m.Name = f.roles(), fmt.Sprint("g", f.r.IntN(6)), fmt.Sprint("changed ", f.r.IntN(99))
	if isRegulator {
		m.Roles = append(m.Roles, charter.Regulator)
		slices.Sort(m.Roles)
	}
	if f.r.IntN(2) == 0 {
		m.Hosts = []keys.Public{f.key("host").Public()}
		m.Recovery = f.key("recovery").Public()
	}
	to := *m
	to.Issuers, to.Roles = nil, slices.Clone(m.Roles)
	return &article.MemberChange{Member: to}
}

func (f *federation) removeMember() article.Item {
	m := f.member()
	named := slices.ContainsFunc(f.c.Grants, func(g charter.Grant) bool {
		return g.Allocatee == m.ID || g.ResoldTo == m.ID || g.HostedBy == m.ID
	}) || slices.ContainsFunc(f.c.Policy.MemberWeights, func(w charter.MemberWeight) bool { return w.Member == m.ID })
	if named || slices.Contains(m.Roles, charter.Regulator) || m.ID == "reg" { // of its founders a charter keeps one
		return nil
	}
	removal := &article.MemberRemoval{Member: m.ID, How: article.Leave + article.Manner(f.r.IntN(2)), Heads: f.heads(m.Issuers...)}
	f.ended = append(f.ended, m.Issuers...)
	f.c.Members = slices.DeleteFunc(f.c.Members, func(o charter.Member) bool { return o.ID == removal.Member })
	f.c.Founders = slices.DeleteFunc(slices.Clone(f.c.Founders), func(o charter.Founder) bool { return o.Member == removal.Member })
	return removal
}

func (f *federation) admitIssuer() article.Item {
	m, k := f.member(), f.key("issuer")
	m.Issuers = append(slices.Clone(m.Issuers), k.Public())
	return chartertest.Endorsed(f.t, f.s, &article.IssuerAdmission{Member: m.ID, Key: k.Public()}, k)
}

func (f *federation) endIssuer() article.Item {
	m := f.member()
	if len(m.Issuers) == 0 {
		return nil
	}
	k := m.Issuers[f.r.IntN(len(m.Issuers))]
	end := &article.IssuerEnd{Issuer: k, How: article.Rotate + article.Manner(f.r.IntN(3)), Heads: f.heads(k)}
	f.ended = append(f.ended, k)
	m.Issuers = slices.DeleteFunc(slices.Clone(m.Issuers), func(o keys.Public) bool { return o == k })
	if end.How != article.Rotate {
		return end
	}
	next := f.key("issuer")
	end.Successor = next.Public()
	m.Issuers = append(m.Issuers, next.Public())
	return chartertest.Endorsed(f.t, f.s, end, f.private(k), next)
}

func (f *federation) admitRegulator() article.Item {
	m := f.member()
	if slices.Contains(m.Roles, charter.Regulator) {
		return nil
	}
	vote, cosign := f.key("vote"), f.key("cosign")
	seat := charter.RegulatorSeat{Member: m.ID, Jurisdiction: "CN-31", Vote: vote.Public(), Cosign: cosign.Public(), CosignName: fmt.Sprint(m.ID, "/", f.made)}
	f.c.Regulators = append(f.c.Regulators, seat)
	m.Roles = append(slices.Clone(m.Roles), charter.Regulator)
	return chartertest.Endorsed(f.t, f.s, &article.RegulatorAdmission{Seat: seat}, vote, cosign)
}

func (f *federation) removeRegulator() article.Item {
	if len(f.c.Regulators) == 1 {
		return nil
	}
	i := f.r.IntN(len(f.c.Regulators))
	removal := &article.RegulatorRemoval{Member: f.c.Regulators[i].Member, Roles: f.roles()}
	f.c.Regulators = slices.Delete(slices.Clone(f.c.Regulators), i, i+1)
	for j := range f.c.Members {
		if f.c.Members[j].ID == removal.Member {
			f.c.Members[j].Roles = removal.Roles
		}
	}
	return removal
}

func (f *federation) rekeyRegulator() article.Item {
	seat := &f.c.Regulators[f.r.IntN(len(f.c.Regulators))]
	cosign := f.key("cosign")
	by := []keys.Private{cosign}
	seat.Cosign = cosign.Public()
	if f.r.IntN(2) == 0 {
		vote := f.key("vote")
		seat.Vote = vote.Public()
		by = append(by, vote)
	}
	return chartertest.Endorsed(f.t, f.s, &article.RegulatorRekeying{Member: seat.Member, Vote: seat.Vote, Cosign: seat.Cosign}, by...)
}

func (f *federation) reinstate() article.Item {
	m := f.member()
	if len(m.Issuers) == 0 {
		return nil
	}
	k := m.Issuers[f.r.IntN(len(m.Issuers))]
	return &article.Reinstatement{Issuer: k, Epoch: uint64(len(record(f.t, f.s, k).Epochs)), Base: f.heads(k)}
}

func (f *federation) grant() article.Item {
	held := make(map[number.Range]bool)
	for _, g := range f.c.Grants {
		r, err := article.ParseRange(g.Range)
		if err != nil {
			f.t.Fatal(err)
		}
		for key := range r.Keys() {
			held[key] = true
		}
	}
	one, err := number.NewRange(randomNumber(f.r), f.r.IntN(4))
	if err != nil {
		return nil
	}
	if f.r.IntN(4) == 0 {
		one = number.NewAnyLength(one.First())
	}
	for key := range one.Keys() {
		if held[key] {
			return nil
		}
	}
	g := charter.Grant{Range: chartertest.RangeBytes(one), Allocatee: f.member().ID, ResoldTo: f.member().ID}
	f.c.Grants = append(f.c.Grants, g)
	return &article.Granting{Grant: g}
}

func (f *federation) endGrant() article.Item {
	if len(f.c.Grants) == 0 {
		return nil
	}
	i := f.r.IntN(len(f.c.Grants))
	end := &article.GrantEnd{Range: f.c.Grants[i].Range}
	if f.r.IntN(2) == 0 {
		f.c.Grants[i] = charter.Grant{Range: end.Range, Allocatee: f.member().ID, HostedBy: f.member().ID}
		end.Next = f.c.Grants[i : i+1]
		return end
	}
	f.c.Grants = slices.Delete(slices.Clone(f.c.Grants), i, i+1)
	return end
}

func (f *federation) setPolicy() article.Item {
	p := &f.c.Policy
	p.LabelPermille, p.Weights.Vendor, p.MemberWeights = uint16(1+f.r.IntN(900)), uint16(f.r.IntN(1001)), nil
	if f.r.IntN(2) == 0 {
		p.MemberWeights = []charter.MemberWeight{{Member: f.member().ID, Permille: uint16(f.r.IntN(1001))}}
	}
	f.c.Protected = nil
	for range f.r.IntN(4) {
		f.c.Protected = append(f.c.Protected, chartertest.RangeBytes(randomNumber(f.r).Range()))
	}
	f.c.Normalize()
	f.c.Protected = slices.CompactFunc(f.c.Protected, bytes.Equal)
	return &article.PolicySetting{Policy: *p, Taxonomy: f.c.Taxonomy, Protected: f.c.Protected}
}

// tell writes down what a State answers of the present, with members by their IDs, so
// that States whose rosters grew otherwise can be compared.
func tell(s *charter.State, probes []number.Number, ever []keys.Public) string {
	var b strings.Builder
	id := func(m charter.MemberIndex, ok bool) string {
		if !ok {
			return "nobody"
		}
		return s.Member(m).ID
	}
	var members []charter.MemberIndex
	for m := range s.Members() {
		members = append(members, m)
	}
	slices.SortFunc(members, func(x, y charter.MemberIndex) int { return cmp.Compare(s.Member(x).ID, s.Member(y).ID) })
	for _, m := range members {
		fmt.Fprintf(&b, "%+v weighs %d in %q, may", *s.Member(m), s.Weight(m), s.GroupName(s.Group(m)))
		for k := range assertion.Kind(64) {
			if s.May(m, k) {
				fmt.Fprintf(&b, " %d", k)
			}
		}
		for _, o := range members {
			if (s.Group(m) == s.Group(o)) != (s.Member(m).Group == s.Member(o).Group) {
				fmt.Fprintf(&b, "; the group of %s is told wrong", s.Member(o).ID)
			}
		}
		fmt.Fprintln(&b)
	}
	before := -1
	slices.SortFunc(ever, keys.Public.Compare)
	for _, k := range ever {
		info, ok := s.Issuer(k)
		host, hosts := s.Host(k)
		seat, votes := s.Regulator(k)
		fmt.Fprintf(&b, "%s: issuer of %s, host of %s, %t %v\n", k.Short(), id(info.Member, ok), id(host, hosts), votes, seat)
		if ok && int(info.Rank) <= before {
			fmt.Fprintln(&b, "the ranks do not rise")
		} else if ok {
			before = int(info.Rank)
		}
	}
	for _, n := range probes {
		a, allocated := s.Allocatee(n)
		v, served := s.Server(n)
		key, _ := n.Enclosing(2)
		fmt.Fprintf(&b, "%s: %s, %s, %t, %t", n, id(a, allocated), id(v, served), s.ProtectedNumber(n), s.Protected(key))
		for _, m := range members {
			fmt.Fprintf(&b, " %t%t", s.SpeaksFor(m, n.Range()), !key.IsZero() && s.SpeaksFor(m, key))
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintf(&b, "%+v %v %v %x %d %q %s\n", *s.Policy(), s.Regulators(), s.Cosigners(), s.Standing(), s.Taxonomy(), s.Name(), s.LogKey())
	return b.String()
}

// everyKey lists the keys of whoever a charter names.
func everyKey(c *charter.Charter) []keys.Public {
	var all []keys.Public
	for _, m := range c.Members {
		all = append(append(all, m.Issuers...), m.Hosts...)
	}
	for _, r := range c.Regulators {
		all = append(all, r.Vote, r.Cosign)
	}
	return all
}

// anew founds a federation by a charter and returns what it says.
func anew(t testing.TB, c *charter.Charter) *charter.State {
	t.Helper()
	g, err := charter.NewGenesis(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := charter.Preview(g)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A State that motions made answers as one that is compiled from the charter as a
// person would have edited it; that charter keeps every rule; who is ended stays known
// and ended; and no version is disturbed by those after it.
func TestFoldingIsCompilingAnew(t *testing.T) {
	kinds := make(map[motion.Kind]int)
	for seed := range uint64(5) {
		f := newFederation(t, seed)
		r := rand.New(rand.NewPCG(seed, 2))
		var probes []number.Number
		for range 12 {
			probes = append(probes, randomNumber(r))
		}
		type version struct {
			size uint64
			ever []keys.Public
			told string
		}
		var versions []version
		indexes := make(map[string]charter.MemberIndex)
		for range 64 {
			item := f.step()
			if item == nil {
				continue
			}
			kinds[item.Kind()]++
			f.s = chartertest.Enact(t, f.s, item).Grown(f.s.Size() + 2 + uint64(f.r.IntN(3)))
			f.c.Normalize()
			if err := f.s.Charter().Validate(); err != nil {
				t.Fatalf("seed %d: after a %s motion: %v", seed, item.Kind(), err)
			}
			ever := append(everyKey(f.c), f.ended...)
			told := tell(f.s, probes, ever)
			if want := tell(anew(t, f.c), probes, ever); told != want {
				t.Fatalf("seed %d: after a %s motion:\n%s", seed, item.Kind(), difference(told, want))
			}
			for m, member := range f.s.Members() {
				if was, known := indexes[member.ID]; known && was != m {
					t.Fatalf("seed %d: %q moved from %d to %d", seed, member.ID, was, m)
				}
				indexes[member.ID] = m
			}
			for _, k := range f.ended {
				if r := record(t, f.s, k); r.End == nil || !f.s.EverAdmitted(k) {
					t.Fatalf("seed %d: issuer %s is not ended", seed, k.Short())
				}
			}
			versions = append(versions, version{f.s.Size(), ever, told})
		}
		for _, v := range versions {
			at, ok := f.s.At(v.size)
			if !ok || at.Size() != v.size {
				t.Fatalf("seed %d: no constitution at %d", seed, v.size)
			}
			if told := tell(at, probes, v.ever); told != v.told {
				t.Fatalf("seed %d: the constitution at %d is not what it was:\n%s", seed, v.size, difference(told, v.told))
			}
		}
		if _, ok := f.s.At(0); ok {
			t.Error("there is a constitution before the genesis")
		}
		if _, ok := f.s.At(f.s.Size() + 1); ok {
			t.Error("there is a constitution to come")
		}
	}
	for k := motion.AdmitMember; k <= motion.SetPolicy; k++ {
		if kinds[k] < 5 {
			t.Errorf("only %d %s motions: the test sees too little", kinds[k], k)
		}
	}
}

// difference returns the first lines that differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "folded: " + x[i] + "\nanew:   " + y[i]
		}
	}
	return fmt.Sprintf("%d lines and %d", len(x), len(y))
}

// Between a motion's entry and the last of its items the constitution is the one before.
func TestHistoryBetweenEntries(t *testing.T) {
	s := chartertest.State(t, sample(t))
	m, items := chartertest.Motion(t, s, chartertest.Admission(t, s, "new", "vendor"), chartertest.Admission(t, s, "new2", "vendor"))
	s, err := s.Enact(m, 5, items)
	if err != nil {
		t.Fatal(err)
	}
	for size := uint64(1); size <= 8; size++ {
		at, ok := s.At(size)
		if !ok || at.Size() != size {
			t.Fatalf("no constitution at %d", size)
		}
		if _, known := at.MemberByID("new2"); known != (size == 8) {
			t.Errorf("at size %d it is a member: %t", size, known)
		}
	}
}

// The same ledger makes the same State, whatever else was tried on the way: two motions
// from one State do not see each other.
func TestBranchesDoNotMeet(t *testing.T) {
	s := chartertest.State(t, sample(t))
	a := chartertest.Enact(t, s, chartertest.Admission(t, s, "a", "vendor"))
	b := chartertest.Enact(t, s, chartertest.Admission(t, s, "b", "vendor"))
	if _, ok := a.MemberByID("b"); ok || b.EverAdmitted(chartertest.Issuer("a").Public()) {
		t.Error("a motion saw another that was never enacted with it")
	}
	ever := append(everyKey(a.Charter()), everyKey(b.Charter())...)
	again := chartertest.Enact(t, s, chartertest.Admission(t, s, "a", "vendor"))
	if x, y := tell(a, nil, ever), tell(again, nil, ever); x != y || a.Standing() != again.Standing() {
		t.Error(difference(x, y))
	}
}
