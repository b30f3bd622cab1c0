package charter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/policy"
)

func parse(t testing.TB, s string) number.Number {
	t.Helper()
	n, err := number.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStateKnowsTheRoster(t *testing.T) {
	s := chartertest.State(t, sample(t))
	ids := []string{"desk", "mno", "moe", "op-a", "op-b", "police", "reg", "ven-a", "ven-b"}
	seen := 0
	for i, m := range s.Members() {
		if m.ID != ids[i] || s.Member(i) != m {
			t.Errorf("member %d is %q", i, m.ID)
		}
		if back, ok := s.MemberByID(m.ID); !ok || back != i {
			t.Errorf("%q is found at %d, %t", m.ID, back, ok)
		}
		info, ok := s.Issuer(chartertest.Issuer(m.ID).Public())
		if !ok || info.Member != i {
			t.Errorf("the issuer of %q is of member %d, %t", m.ID, info.Member, ok)
		}
		if host, ok := s.Host(chartertest.Key("host", m.ID).Public()); !ok || host != i {
			t.Errorf("the host of %q is of member %d, %t", m.ID, host, ok)
		}
		seen++
	}
	if seen != len(ids) || s.Size() != 1 {
		t.Errorf("%d members at size %d", seen, s.Size())
	}
	for range s.Members() {
		break // an iterator that goes on after a break panics
	}
}

// Keys of one purpose are no keys of another, and strangers are nobody.
func TestStateRefusesStrangers(t *testing.T) {
	s := chartertest.State(t, sample(t))
	for _, purpose := range []string{"host", "recovery", "vote", "cosign", "founder"} {
		k := chartertest.Key(purpose, "reg").Public()
		if _, ok := s.Issuer(k); ok || s.EverAdmitted(k) {
			t.Errorf("the %s key speaks as an issuer", purpose)
		}
	}
	if _, ok := s.Host(chartertest.Issuer("reg").Public()); ok {
		t.Error("an issuer's key is a host's")
	}
	if !s.EverAdmitted(chartertest.Issuer("reg").Public()) || s.EverAdmitted(keys.Public{}) {
		t.Error("who was ever admitted is wrong")
	}
	if _, ok := s.MemberByID(""); ok {
		t.Error("the empty ID is a member's")
	}
	for _, beyond := range []charter.MemberIndex{9, 65535} {
		if s.Member(beyond) != nil || s.Weight(beyond) != 0 || s.May(beyond, assertion.KindTally) || s.SpeaksFor(beyond, parse(t, "+8613800138000").Range()) {
			t.Errorf("member %d beyond the roster has rights", beyond)
		}
	}
}

func TestRanksFollowTheKeys(t *testing.T) {
	cfg := sample(t)
	for i := range cfg.Cards {
		if cfg.Cards[i].ID == "ven-a" {
			for j := range 20 {
				cfg.Cards[i].Issuers = append(cfg.Cards[i].Issuers, chartertest.Key("issuer", fmt.Sprint(j)).Public())
			}
		}
	}
	s := chartertest.State(t, cfg)
	list := s.Issuers()
	if len(list) != 29 || !slices.IsSortedFunc(list, keys.Public.Compare) {
		t.Fatalf("%d issuers, not in order", len(list))
	}
	for rank, k := range list {
		if info, ok := s.Issuer(k); !ok || info.Rank != uint32(rank) {
			t.Errorf("issuer %s has rank %d, want %d", k.Short(), info.Rank, rank)
		}
	}
}

func TestWeightsAndGroups(t *testing.T) {
	s := chartertest.State(t, sample(t))
	groups := make(map[uint16][]string)
	for i, want := range []uint16{desk: 0, mno: 550, moe: 850, opA: 650, opB: 650, police: 0, reg: 850, venA: 420, venB: 850} {
		m := charter.MemberIndex(i)
		if got := s.Weight(m); got != want {
			t.Errorf("%q weighs %d, want %d", s.Member(m).ID, got, want)
		}
		g := s.Group(m)
		groups[g] = append(groups[g], s.Member(m).ID)
		if s.GroupName(g) != s.Member(m).Group {
			t.Errorf("%q is in group %q", s.Member(m).ID, s.GroupName(g))
		}
	}
	if got := groups[s.Group(venA)]; len(groups) != 8 || !slices.Equal(got, []string{"ven-a", "ven-b"}) {
		t.Errorf("%d groups; the shared one holds %v", len(groups), got)
	}
	if s.GroupName(8) != "" {
		t.Errorf("a group beyond the last is called %q", s.GroupName(8))
	}
}

// A member's own weight goes before those of its roles, also when it is less.
func TestOwnWeightBeatsRoles(t *testing.T) {
	cfg := sample(t)
	cfg.Policy.MemberWeights = []charter.MemberWeight{{Member: "op-a", Permille: 1}, {Member: "op-b", Permille: 0}}
	s := chartertest.State(t, cfg)
	if s.Weight(opA) != 1 || s.Weight(opB) != 0 || s.Weight(venB) != policy.Trusted {
		t.Errorf("weights %d, %d, %d", s.Weight(opA), s.Weight(opB), s.Weight(venB))
	}
	cfg.Trusted = append(cfg.Trusted, "op-a")
	_, err := charter.Found(cfg)
	wantError(t, err, `"op-a"`, "trusted", "member_weights")
}

func TestAuthorityOverNumbers(t *testing.T) {
	s := chartertest.State(t, sample(t))
	const none = -1
	for _, c := range []struct {
		number            string
		allocatee, server int
		speakers          []int
	}{
		{"+8613800138000", opA, opA, []int{opA}},
		{"+8617001220000", opB, opB, []int{opB}},
		{"+8617001230000", opB, opB, []int{mno, opB}},
		{"+8617001240000", opB, opA, []int{mno, opA, opB}},
		{"+86!95163", desk, opA, []int{desk, opA}},
		{"+86!9516312345", desk, opA, []int{desk, opA}},
		{"+86!95163881", opB, opB, []int{opB}},
		{"+86!951638812", desk, opA, []int{desk, opA}}, // the longer prefix is of another length
		{"+86!962121@31", opB, opB, []int{opB}},
		{"+86!962121@32", none, none, nil},
		{"+86!962121", none, none, nil},
		{"+8695163123456", none, none, nil}, // a landline of the digits of a code
		{"+861380013800", none, none, nil},  // one digit short
		{"+8613900139000", none, none, nil},
		{"+13800138000", none, none, nil},
	} {
		n := parse(t, c.number)
		t.Run(n.Masked(), func(t *testing.T) {
			allocatee, allocated := s.Allocatee(n)
			server, served := s.Server(n)
			if allocated != (c.allocatee != none) || allocated && int(allocatee) != c.allocatee {
				t.Errorf("allocatee %d, %t; want %d", allocatee, allocated, c.allocatee)
			}
			if served != (c.server != none) || served && int(server) != c.server {
				t.Errorf("server %d, %t; want %d", server, served, c.server)
			}
			var speakers []int
			for m := range s.Members() {
				if s.SpeaksFor(m, n.Range()) {
					speakers = append(speakers, int(m))
				}
			}
			if !slices.Equal(speakers, c.speakers) {
				t.Errorf("members %v speak for it, want %v", speakers, c.speakers)
			}
		})
	}
}

func TestProtected(t *testing.T) {
	s := chartertest.State(t, sample(t))
	for _, c := range []struct {
		key  string
		want bool
	}{
		{"+86!12321", true},
		{"+86!123210", false}, // the code with an extension is another number
		{"+86!95588", true},
		{"+86!955881", true},
		{"+86!95588*/8", true},
		{"+86!95588*", true},
		{"+86!955881*", true},
		{"+86!9558*/7", false}, // covers unprotected numbers too
		{"+86!9558*", false},
		{"+86!12321*", false},
		{"+8695588", false},
		{"+86!110", true},
		{"+86!110@31", false},
	} {
		r := chartertest.Range(t, c.key)
		if got := s.Protected(r); got != c.want {
			t.Errorf("%s protected: %t, want %t", r, got, c.want)
		}
		if n, ok := r.Number(); ok && s.ProtectedNumber(n) != c.want {
			t.Errorf("%s as a number protected: %t", r, !c.want)
		}
	}
	if s.Protected(number.Range{}) || s.ProtectedNumber(number.Number{}) {
		t.Error("no number is protected")
	}
}

// The index of grants agrees with looking at each of them in turn.
func TestGrantIndexAgreesWithScan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 40 {
		cfg := sample(t)
		cfg.Grants, cfg.Protected = randomGrants(r), nil
		for _, g := range cfg.Grants {
			cfg.Protected = append(cfg.Protected, g.Range)
		}
		s := chartertest.State(t, cfg)
		for range 300 {
			n := randomNumber(r)
			want, ok := scan(cfg.Grants, n)
			got, allocated := s.Allocatee(n)
			if allocated != ok || ok && s.Member(got).ID != want.Allocatee {
				t.Fatalf("round %d: %s is of %d, %t; by scan %q, %t", round, n.Masked(), got, allocated, want.Allocatee, ok)
			}
			if s.ProtectedNumber(n) != ok {
				t.Fatalf("round %d: %s protected: %t, by scan %t", round, n.Masked(), !ok, ok)
			}
			key, _ := n.Enclosing(r.IntN(3))
			covered := slices.ContainsFunc(cfg.Protected, func(p number.Range) bool { return p.Covers(key) })
			if !key.IsZero() && s.Protected(key) != covered {
				t.Fatalf("round %d: %s protected: %t, by scan %t", round, key, !covered, covered)
			}
		}
	}
}

// A member speaks for a range when it speaks for each of its numbers.
func TestSpeaksForARangeAsForItsNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	spoken, refusedInside := 0, 0
	for round := range 60 {
		cfg := sample(t)
		cfg.Grants, cfg.Protected = randomGrants(r), nil
		for i := range cfg.Grants {
			cfg.Grants[i].Allocatee = []string{"op-a", "op-b"}[r.IntN(8)/7]
		}
		s := chartertest.State(t, cfg)
		m, _ := s.MemberByID("op-a")
		for range 60 {
			key, err := number.NewRange(randomNumber(r), r.IntN(4))
			if err != nil {
				continue
			}
			want, ends := true, true
			for i := range key.Size() {
				n, err := number.FromUint64(key.First().Uint64() + i)
				if err != nil {
					t.Fatal(err)
				}
				one := s.SpeaksFor(m, n.Range())
				want = want && one
				if i == 0 || i == key.Size()-1 {
					ends = ends && one
				}
			}
			if got := s.SpeaksFor(m, key); got != want {
				t.Fatalf("round %d: speaks for %s: %t, for each of its numbers: %t", round, key, got, want)
			}
			if want && key.Free() > 0 {
				spoken++
			}
			if ends && !want {
				refusedInside++
			}
		}
	}
	if spoken == 0 || refusedInside == 0 {
		t.Errorf("%d ranges were spoken for and %d refused for what lies inside; the test needs both", spoken, refusedInside)
	}
}

func scan(grants []charter.RangeGrant, n number.Number) (best charter.RangeGrant, ok bool) {
	longest := -1
	for _, g := range grants {
		if !g.Range.Contains(n) {
			continue
		}
		prefix := g.Range.First().Len()
		if !g.Range.AnyLength() {
			prefix -= g.Range.Free()
		}
		if prefix > longest {
			best, longest, ok = g, prefix, true
		}
	}
	return best, ok
}

// randomNumber draws from few digits, so that prefixes meet.
func randomNumber(r *rand.Rand) number.Number {
	digits := ""
	for range 1 + r.IntN(7) {
		digits += string('1' + rune(r.IntN(2)))
	}
	n, err := number.Service(86, digits)
	if err != nil || r.IntN(4) == 0 {
		n, _ = number.International("86" + digits)
	}
	return n
}

func randomGrants(r *rand.Rand) []charter.RangeGrant {
	held := make(map[number.Range]bool)
	var grants []charter.RangeGrant
	for range 25 {
		prefix := randomNumber(r)
		one, err := number.NewRange(prefix, r.IntN(4))
		if err != nil {
			continue
		}
		if r.IntN(4) == 0 {
			one = number.NewAnyLength(prefix)
		}
		free := true
		for key := range one.Keys() {
			free = free && !held[key]
		}
		if !free {
			continue
		}
		for key := range one.Keys() {
			held[key] = true
		}
		who := []string{"op-a", "op-b", "mno", "desk"}[r.IntN(4)]
		grants = append(grants, charter.RangeGrant{Range: one, Allocatee: who})
	}
	return grants
}

// The view asks these for every statement.
func TestQuestionsDoNotAllocate(t *testing.T) {
	s := chartertest.State(t, sample(t))
	n, key, issuer := parse(t, "+8617001240000"), chartertest.Range(t, "+86!9558*/7"), chartertest.Issuer("ven-a").Public()
	if allocs := testing.AllocsPerRun(100, func() {
		info, _ := s.Issuer(issuer)
		_ = s.Weight(info.Member) + s.Group(info.Member)
		_ = s.May(info.Member, assertion.KindFlag) && s.SpeaksFor(info.Member, n.Range()) && s.Protected(key) && s.ProtectedNumber(n)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkSpeaksFor(b *testing.B) {
	s := chartertest.State(b, sample(b))
	n := parse(b, "+8617001240000")
	for b.Loop() {
		if !s.SpeaksFor(mno, n.Range()) {
			b.Fatal("the reseller does not speak for its customer")
		}
	}
}

func BenchmarkProtected(b *testing.B) {
	s := chartertest.State(b, sample(b))
	key := parse(b, "+8617001240000").Range()
	for b.Loop() {
		if s.Protected(key) {
			b.Fatal("protected")
		}
	}
}
