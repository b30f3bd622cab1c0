package charter_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

func record(t testing.TB, s *charter.State, k keys.Public) *charter.IssuerRecord {
	t.Helper()
	r, ok := s.Record(k)
	if !ok {
		t.Fatalf("issuer %s has no record", k.Short())
	}
	return r
}

func index(t testing.TB, s *charter.State, id string) charter.MemberIndex {
	t.Helper()
	m, ok := s.MemberByID(id)
	if !ok {
		t.Fatalf("%q is no member", id)
	}
	return m
}

// head is the head of an issuer's open epoch at a sequence.
func head(t testing.TB, s *charter.State, k keys.Public, sequence uint64) motion.AnchoredHead {
	t.Helper()
	r := record(t, s, k)
	return motion.AnchoredHead{
		Issuer: r.Index, Epoch: r.Epochs[len(r.Epochs)-1].Number, Sequence: sequence, Digest: merkle.Hash{byte(sequence), 1},
	}
}

func second(id string) keys.Private { return chartertest.Key("issuer", id+"/2") }

func rotation(t testing.TB, s *charter.State, from, to keys.Private, heads ...motion.AnchoredHead) *article.IssuerEnd {
	t.Helper()
	return chartertest.Endorsed(t, s, &article.IssuerEnd{Issuer: from.Public(), How: article.Rotate, Successor: to.Public(), Heads: heads}, from, to)
}

func changed(t testing.TB, s *charter.State, id string, edit func(*charter.Member)) *article.MemberChange {
	t.Helper()
	m := *s.Member(index(t, s, id))
	m.Issuers, m.Roles, m.Hosts = nil, slices.Clone(m.Roles), slices.Clone(m.Hosts)
	edit(&m)
	return &article.MemberChange{Member: m}
}

func policyOf(s *charter.State, edit func(*article.PolicySetting)) *article.PolicySetting {
	c := s.Charter()
	p := &article.PolicySetting{Policy: c.Policy, Taxonomy: c.Taxonomy, Protected: c.Protected}
	edit(p)
	return p
}

func TestAdmitAMember(t *testing.T) {
	before := chartertest.State(t, sample(t))
	s := chartertest.Enact(t, before, chartertest.Admission(t, before, "new", "operator"), chartertest.Admission(t, before, "a-first", "vendor"))
	if s.Size() != 4 || before.Size() != 1 {
		t.Errorf("the ledger has %d entries, want 4", s.Size())
	}
	m, issuer := index(t, s, "new"), chartertest.Issuer("new").Public()
	if m != 9 || index(t, s, "a-first") != 10 || index(t, s, "desk") != 0 {
		t.Errorf("the new members have indexes %d and %d, want those behind the last", m, index(t, s, "a-first"))
	}
	info, ok := s.Issuer(issuer)
	if !ok || info.Member != m || info.Index != 9 || s.Weight(m) != 650 || !s.May(m, assertion.KindFlag) {
		t.Errorf("its issuer is %+v, %t, its weight %d", info, ok, s.Weight(m))
	}
	if host, ok := s.Host(chartertest.Key("host", "new").Public()); !ok || host != m {
		t.Error("its host is not known")
	}
	if r := record(t, s, issuer); r.Since != 1 || !s.Opened(issuer, 0) || s.Opened(issuer, 1) || r.End != nil {
		t.Errorf("its record: %+v", r)
	}
	if _, ok := before.MemberByID("new"); ok || before.EverAdmitted(issuer) {
		t.Error("the constitution before knows it")
	}
}

func TestChangeAMember(t *testing.T) {
	before := chartertest.State(t, sample(t))
	s := chartertest.Enact(t, before, changed(t, before, "ven-a", func(m *charter.Member) {
		m.Group, m.Roles, m.NameZh = "other", []charter.Role{charter.Operator, charter.Vendor}, "标注方"
		m.Hosts = []keys.Public{chartertest.Key("host", "ven-a/2").Public()}
	}))
	m := index(t, s, "ven-a")
	if s.Weight(m) != 650 || s.GroupName(s.Group(m)) != "other" || s.Group(venB) != before.Group(venB) || s.Member(m).NameZh != "标注方" {
		t.Errorf("it weighs %d in group %q", s.Weight(m), s.GroupName(s.Group(m)))
	}
	if _, ok := s.Issuer(chartertest.Issuer("ven-a").Public()); !ok {
		t.Error("a change took its issuer")
	}
	old, fresh := chartertest.Key("host", "ven-a").Public(), chartertest.Key("host", "ven-a/2").Public()
	if _, ok := s.Host(old); ok {
		t.Error("the host that it gave up is still its")
	}
	if host, ok := s.Host(fresh); !ok || host != m {
		t.Error("its new host is not known")
	}
	for k, had := range map[keys.Public]bool{old: true, fresh: true, chartertest.Issuer("ven-a").Public(): false, chartertest.Key("host", "nobody").Public(): false} {
		if who, ok := s.HostEver(k); ok != had || had && who != m {
			t.Errorf("%s is or was the host of %d, %t", k.Short(), who, ok)
		}
	}
	// A host comes back to its member, and to nobody else.
	back := func(id string) *article.MemberChange {
		return changed(t, s, id, func(m *charter.Member) { m.Hosts = []keys.Public{old} })
	}
	if host, ok := chartertest.Enact(t, s, back("ven-a")).Host(old); !ok || host != m {
		t.Error("a host does not come back to its member")
	}
	refused(t, s, []article.Item{back("ven-b")}, `hosts[0]`, `host key of "ven-a"`, "never admitted again")
}

func TestRemoveAMember(t *testing.T) {
	before := chartertest.State(t, sample(t))
	issuer := chartertest.Issuer("police").Public()
	last := head(t, before, issuer, 7)
	s := chartertest.Enact(t, before, &article.MemberRemoval{Member: "police", How: article.Expel, Heads: []motion.AnchoredHead{last}})
	was := index(t, before, "police")
	if s.IsMember(was) || !before.IsMember(was) || s.Member(was).ID != "police" || s.May(was, assertion.KindReport) {
		t.Error("it is a member still, or forgotten")
	}
	if _, ok := s.MemberByID("police"); ok {
		t.Error("it is found by its ID")
	}
	if end, ok := s.End(was); !ok || end != (charter.MemberEnd{Since: 1, How: article.Expel}) {
		t.Errorf("it ended as %+v, %t", end, ok)
	}
	for m := range s.Members() {
		if m == was {
			t.Error("it is among the members")
		}
	}
	if _, ok := s.Issuer(issuer); ok || !s.EverAdmitted(issuer) {
		t.Error("its issuer is in force, or forgotten")
	}
	if end := record(t, s, issuer).End; end == nil || end.How != article.Expel || end.Head == nil || *end.Head != last || end.BuildsOn != 1 || end.Since != 1 {
		t.Errorf("its issuer ended as %+v", end)
	}
	if _, ok := s.Host(chartertest.Key("host", "police").Public()); ok {
		t.Error("its host is known still")
	}
	refused(t, s, []article.Item{chartertest.Admission(t, s, "police", "vendor")}, `"police"`, "an ID is never given again")
	again := chartertest.Admission(t, s, "police2", "vendor")
	again.Member.Issuers, again.Endorsements = []keys.Public{issuer}, nil
	refused(t, s, []article.Item{chartertest.Endorsed(t, s, again, chartertest.Issuer("police"))}, "issuers[0]", `issuer of "police"`, "an ended key is never admitted again")
}

// What a member that left keeps standing is worth what it was.
func TestWhoLeftKeepsItsWeight(t *testing.T) {
	s := chartertest.State(t, sample(t))
	m, group := index(t, s, "ven-a"), s.Group(index(t, s, "ven-a"))
	s = chartertest.Enact(t, s, &article.MemberRemoval{Member: "ven-a", How: article.Leave})
	if s.Weight(m) != 420 || s.Group(m) != group {
		t.Errorf("it weighs %d in group %d", s.Weight(m), s.Group(m))
	}
	if end := record(t, s, chartertest.Issuer("ven-a").Public()).End; end.How != article.Leave || end.Head != nil {
		t.Errorf("its issuer ended as %+v", end)
	}
}

func TestIssuersComeAndGo(t *testing.T) {
	s := chartertest.State(t, sample(t))
	first, next := chartertest.Issuer("ven-a"), second("ven-a")
	s = chartertest.Enact(t, s, chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "ven-a", Key: next.Public()}, next, chartertest.Key("recovery", "ven-a")))
	m := index(t, s, "ven-a")
	if info, ok := s.Issuer(next.Public()); !ok || info.Member != m || info.Index != 9 || len(s.Member(m).Issuers) != 2 {
		t.Fatalf("the new issuer is %+v, %t", info, ok)
	}
	third := chartertest.Key("issuer", "ven-a/3")
	at := s.Size()
	h := head(t, s, first.Public(), 41)
	s = chartertest.Enact(t, s, rotation(t, s, first, third, h))
	if end := record(t, s, first.Public()).End; end == nil || end.How != article.Rotate || end.Successor != third.Public() || *end.Head != h || end.Since != at {
		t.Errorf("the rotated key ended as %+v", end)
	}
	if info, ok := s.Issuer(third.Public()); !ok || info.Index != 10 {
		t.Errorf("its successor is %+v, %t", info, ok)
	}
	s = chartertest.Enact(t, s, &article.IssuerEnd{Issuer: next.Public(), How: article.Expel}, &article.IssuerEnd{Issuer: third.Public(), How: article.Leave})
	if len(s.Member(m).Issuers) != 0 || !s.IsMember(m) || s.Admitted() != 11 {
		t.Errorf("%d issuers are left; %d were admitted", len(s.Member(m).Issuers), s.Admitted())
	}
	for i := range s.Admitted() {
		if r, ok := s.RecordAt(i); !ok || r.Index != i || record(t, s, r.Key) != r {
			t.Errorf("place %d of the roster holds %+v", i, r)
		}
	}
	if _, ok := s.RecordAt(s.Admitted()); ok {
		t.Error("there is a record above the last")
	}
	refused(t, s, []article.Item{rotation(t, s, first, second("x"))}, first.Public().Short(), "ended at ledger entry 3")
	refused(t, s, []article.Item{chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "op-a", Key: first.Public()}, first)}, `issuer of "ven-a"`, "never admitted again")
}

func TestReinstate(t *testing.T) {
	s := chartertest.State(t, sample(t))
	k := chartertest.Issuer("ven-a")
	base := head(t, s, k.Public(), 12)
	base.Frozen = true
	reinstatement := func(epoch uint64, base ...motion.AnchoredHead) *article.Reinstatement {
		return chartertest.Endorsed(t, s, &article.Reinstatement{Issuer: k.Public(), Epoch: epoch, Base: base}, chartertest.Key("recovery", "ven-a"))
	}
	refused(t, s, []article.Item{reinstatement(2, base)}, "epoch: 2", "is 1")
	at := s.Size()
	s = chartertest.Enact(t, s, reinstatement(1, base))
	r := record(t, s, k.Public())
	if len(r.Epochs) != 2 || *r.Epochs[1].Base != base || r.Epochs[1].Number != 1 || r.Epochs[1].Since != at || r.Epochs[1].BuildsOn != at || r.End != nil {
		t.Errorf("its record: %+v", r)
	}
	if !s.Opened(k.Public(), 0) || !s.Opened(k.Public(), 1) || s.Opened(k.Public(), 2) || s.Opened(second("ven-a").Public(), 0) {
		t.Error("the epochs that are open are wrong")
	}
	refused(t, s, []article.Item{reinstatement(1, base)}, "epoch: 1", "is 2")
	refused(t, s, []article.Item{reinstatement(2, base)}, "epoch 0", "not the open one, 1")
	s = chartertest.Enact(t, s, reinstatement(2))
	if e := record(t, s, k.Public()).Epochs[2]; e.Base != nil || e.Number != 2 {
		t.Errorf("an epoch of no base: %+v", e)
	}
}

func TestRegulatorsComeAndGo(t *testing.T) {
	s := chartertest.State(t, sample(t))
	standing := s.Standing()
	s = chartertest.Enact(t, s, chartertest.SeatFor(t, s, "police"))
	if len(s.Regulators()) != 3 || s.Standing() == standing || s.Cosigners().Quorum() != 3 {
		t.Fatalf("%d regulators", len(s.Regulators()))
	}
	var ids []string
	for i, r := range s.Regulators() {
		ids = append(ids, r.Member)
		if v := checkpoint.Cosigner(r.CosignName, r.Cosign); s.Cosigners()[i] != v {
			t.Errorf("cosigner %d is %s, want %s", i, s.Cosigners()[i], v)
		}
	}
	if !slices.Equal(ids, []string{"moe", "police", "reg"}) {
		t.Errorf("the regulators are %v", ids)
	}
	vote := chartertest.Key("vote", "police").Public()
	seat, ok := s.Regulator(vote)
	if !ok || seat.Member != "police" || !s.May(police, assertion.KindBlock) {
		t.Errorf("its vote is that of %+v, %t", seat, ok)
	}
	// Its keys are replaced, one by one, with and without a word of the old.
	next := chartertest.Key("cosign", "police/2")
	s = chartertest.Enact(t, s, chartertest.Endorsed(t, s, &article.RegulatorRekeying{Member: "police", Vote: vote, Cosign: next.Public()}, next, chartertest.Key("cosign", "police")))
	if seat, ok = s.Regulator(vote); !ok || seat.Cosign != next.Public() || s.Cosigners()[1].Key() != next.Public() {
		t.Errorf("after it was re-keyed: %+v", seat)
	}
	newVote := chartertest.Key("vote", "police/2")
	s = chartertest.Enact(t, s, chartertest.Endorsed(t, s, &article.RegulatorRekeying{Member: "police", Vote: newVote.Public(), Cosign: next.Public()}, newVote))
	if _, ok := s.Regulator(vote); ok {
		t.Error("the old key votes still")
	}
	back := &article.RegulatorRekeying{Member: "police", Vote: vote, Cosign: next.Public()}
	refused(t, s, []article.Item{chartertest.Endorsed(t, s, back, chartertest.Key("vote", "police"))}, `vote key of "police"`, "never admitted again")
	s = chartertest.Enact(t, s, &article.RegulatorRemoval{Member: "police", Roles: []charter.Role{charter.PublicSecurity}})
	if _, ok := s.Regulator(newVote.Public()); ok || len(s.Regulators()) != 2 || !s.IsMember(police) || s.May(police, assertion.KindBlock) {
		t.Error("it is a regulator still")
	}
	refused(t, s, []article.Item{chartertest.SeatFor(t, s, "police")}, `vote key of "police"`, "never admitted again")
	for _, keys := range [][2]keys.Private{{newVote, second("a")}, {second("a"), next}} {
		card := chartertest.Card(t, "police", "regulator")
		again := &article.RegulatorAdmission{Seat: card.Seat()}
		again.Seat.Vote, again.Seat.Cosign = keys[0].Public(), keys[1].Public()
		refused(t, s, []article.Item{chartertest.Endorsed(t, s, again, keys[0], keys[1])}, `key of "police"`, "never admitted again")
	}
	s = chartertest.Enact(t, s, &article.RegulatorRemoval{Member: "moe", Roles: []charter.Role{charter.Sector}})
	refused(t, s, []article.Item{&article.RegulatorRemoval{Member: "reg", Roles: []charter.Role{charter.Sector}}}, `"reg"`, "the only regulator", "admit another first")
}

func TestGrantsComeAndGo(t *testing.T) {
	s := chartertest.State(t, sample(t))
	n := parse(t, "+8613900139000")
	s = chartertest.Enact(t, s, chartertest.Granting(t, "+86139*/13", "op-b", "mno", "op-a"), chartertest.Granting(t, "+86!96110*", "police", "", ""))
	if a, ok := s.Allocatee(n); !ok || a != opB || !s.SpeaksFor(mno, n.Range()) || !s.SpeaksFor(opA, n.Range()) {
		t.Errorf("allocated to %d, %t", a, ok)
	}
	if a, ok := s.Allocatee(parse(t, "+86!961101")); !ok || a != police {
		t.Errorf("a number of a range of any length is allocated to %d, %t", a, ok)
	}
	// A range passes on in one step.
	r := chartertest.RangeBytes(chartertest.Range(t, "+86139*/13"))
	h := head(t, s, chartertest.Issuer("mno").Public(), 3)
	passed := &article.GrantEnd{Range: r, Heads: []motion.AnchoredHead{h}, Next: []charter.Grant{{Range: r, Allocatee: "op-a"}}}
	on := chartertest.Enact(t, s, passed)
	if a, _ := on.Allocatee(n); a != opA || on.SpeaksFor(mno, n.Range()) || !s.SpeaksFor(mno, n.Range()) {
		t.Errorf("it passed on to %d", a)
	}
	s = chartertest.Enact(t, on, &article.GrantEnd{Range: r}, &article.GrantEnd{Range: chartertest.RangeBytes(chartertest.Range(t, "+86!96110*"))})
	if _, ok := s.Allocatee(n); ok {
		t.Error("it is granted still")
	}
	if _, ok := s.Allocatee(parse(t, "+86!961101")); ok {
		t.Error("the range of any length is granted still")
	}
	if got := article.Heads([]article.Item{passed}); len(got) != 1 || got[0] != h {
		t.Errorf("the heads named are %v", got)
	}
}

func TestSetAPolicy(t *testing.T) {
	before := chartertest.State(t, sample(t))
	s := chartertest.Enact(t, before, policyOf(before, func(p *article.PolicySetting) {
		p.Policy.Weights.Operator, p.Policy.LabelPermille = 700, 300
		p.Policy.MemberWeights = []charter.MemberWeight{{Member: "ven-a", Permille: 5}}
		p.Protected = [][]byte{chartertest.RangeBytes(chartertest.Range(t, "+86!110"))}
	}))
	if s.Policy().LabelPermille != 300 || s.Weight(opA) != 700 || s.Weight(venA) != 5 || s.Weight(venB) != 420 || before.Weight(opA) != 650 {
		t.Errorf("weights %d, %d, %d", s.Weight(opA), s.Weight(venA), s.Weight(venB))
	}
	if s.Protected(chartertest.Range(t, "+86!12321")) || !s.Protected(chartertest.Range(t, "+86!110")) || !before.Protected(chartertest.Range(t, "+86!12321")) {
		t.Error("other numbers are protected")
	}
	if s.Standing() == before.Standing() || s.Taxonomy() != taxonomy.Version {
		t.Error("the standing is what it was")
	}
}

// A policy with long lists is cut into several items.
func TestSetAPolicyOfManyItems(t *testing.T) {
	s := chartertest.State(t, sample(t))
	p := policyOf(s, func(p *article.PolicySetting) {
		p.Protected = nil
		for i := range 4096 {
			p.Protected = append(p.Protected, chartertest.RangeBytes(parse(t, fmt.Sprintf("+86!9%05d", i+10000)).Range()))
		}
	})
	m, items := chartertest.Motion(t, s, p)
	if len(items) != 2 {
		t.Fatalf("%d items", len(items))
	}
	next, err := s.Enact(m, 1, items)
	if err != nil || next.Size() != 4 || !next.ProtectedNumber(parse(t, "+86!914095")) {
		t.Fatalf("%v", err)
	}
	cut := slices.Clone(items[:1])
	whole, _ := chartertest.Sign(t, m.Header, [][]byte{cut[0].Item})
	_, err = s.Enact(whole, 1, cut)
	wantError(t, err, "charter")
}

// A motion of a kind that leaves the constitution alone moves the size, and its items
// may be gone.
func TestOtherKindsMoveTheSize(t *testing.T) {
	s := chartertest.State(t, sample(t))
	m, items := chartertest.Sign(t, motion.Header{
		Federation: s.Federation(), Kind: motion.Revoke, Proposer: chartertest.Issuer("reg").Public(), Time: 1, Expires: 2,
	}, [][]byte{(&motion.Reversal{Index: 0}).Encode(), (&motion.Reversal{Index: 1}).Encode()})
	for _, items := range [][]motion.Opening{items, make([]motion.Opening, 2)} {
		next, err := s.Enact(m, 5, items)
		if err != nil || next.Size() != 8 || next.Standing() != s.Standing() {
			t.Fatalf("%v", err)
		}
	}
	if g := s.Grown(9); g.Size() != 9 || g.Grown(3).Size() != 9 || s.Size() != 1 {
		t.Error("a ledger shrank")
	}
}

func refused(t testing.TB, s *charter.State, items []article.Item, parts ...string) {
	t.Helper()
	m, openings := chartertest.Motion(t, s, items...)
	next, err := s.Enact(m, s.Size(), openings)
	if err == nil {
		t.Errorf("enacted; want a refusal that says %q", parts)
		return
	}
	if next != nil || errors.Is(err, wire.ErrNewer) {
		t.Errorf("refused with %v and a state", err)
	}
	wantError(t, err, parts...)
}

// What stands is digested as the page of formats says, from a charter's own bytes.
func TestAStrangerComputesTheStanding(t *testing.T) {
	canonical, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range fixedVectors(t) {
		var c []any
		if err := cbor.Unmarshal(unhex(t, v.Charter), &c); err != nil {
			t.Fatal(err)
		}
		message, err := canonical.Marshal([]any{1, c[5], []any{c[9], c[11], c[8]}})
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := charter.Decode(unhex(t, v.Charter))
		if err != nil {
			t.Fatal(err)
		}
		if want := merkle.Hash(sha256.Sum256(append([]byte("ringfence/standing/v1\n"), message...))); anew(t, decoded).Standing() != want {
			t.Errorf("%s: the standing is %x, want %x", v.Name, anew(t, decoded).Standing(), want)
		}
	}
}

// FuzzEnact puts whatever is handed in to the regulators. What is enacted leaves a
// charter that keeps every rule.
func FuzzEnact(f *testing.F) {
	s := chartertest.State(f, sample(f))
	for _, item := range []article.Item{
		chartertest.Admission(f, s, "new", "vendor"), changed(f, s, "op-a", func(*charter.Member) {}),
		&article.MemberRemoval{Member: "police", How: article.Leave, Heads: []motion.AnchoredHead{head(f, s, chartertest.Issuer("police").Public(), 1)}},
		rotation(f, s, chartertest.Issuer("op-a"), second("op-a")), chartertest.SeatFor(f, s, "police"),
		&article.RegulatorRemoval{Member: "moe", Roles: []charter.Role{charter.Sector}},
		&article.Reinstatement{Issuer: chartertest.Issuer("op-a").Public(), Epoch: 1}, chartertest.Granting(f, "+86139*/13", "op-a", "", ""),
		&article.GrantEnd{Range: chartertest.RangeBytes(chartertest.Range(f, "+86138*/13"))}, policyOf(s, func(*article.PolicySetting) {}),
	} {
		_, openings := chartertest.Motion(f, s, item)
		f.Add(uint8(item.Kind()), openings[0].Item)
	}
	f.Fuzz(func(t *testing.T, kind uint8, item []byte) {
		h := motion.Header{Federation: s.Federation(), Kind: motion.Kind(kind), Proposer: chartertest.Issuer("reg").Public(), Time: 1, Expires: 2, Until: taxonomy.NeverDay}
		if h.Kind.NamesHeads() {
			h.BuildsOn = 1
		}
		if h.Kind.Constitutes() {
			h.Standing = s.Standing()
		}
		if !h.Kind.Known() || len(item) == 0 || len(item) > motion.MaxItem {
			return
		}
		m, openings := chartertest.Sign(t, h, [][]byte{item})
		next, err := s.Enact(m, 1, openings)
		if err != nil {
			return
		}
		if err := next.Charter().Validate(); err != nil {
			t.Errorf("a %s motion left %v", h.Kind, err)
		}
	})
}
