package charter_test

import (
	"errors"
	"slices"
	"testing"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// What has no place in the constitution is refused with its reason.
func TestRefusals(t *testing.T) {
	s := chartertest.State(t, sample(t))
	rng := func(text string) []byte { return chartertest.RangeBytes(chartertest.Range(t, text)) }
	key := func(purpose, id string) keys.Private { return chartertest.Key(purpose, id) }
	fresh := second("ven-a")
	admission := func(edit func(*charter.Member), by ...keys.Private) *article.MemberAdmission {
		a := chartertest.Admission(t, s, "new", "vendor")
		edit(&a.Member)
		a.Endorsements = nil
		if by == nil {
			by = []keys.Private{chartertest.Issuer("new")}
		}
		return chartertest.Endorsed(t, s, a, by...)
	}
	seat := func(edit func(*charter.RegulatorSeat), vote, cosign keys.Private) *article.RegulatorAdmission {
		card := chartertest.Card(t, "police", "regulator")
		a := &article.RegulatorAdmission{Seat: card.Seat()}
		a.Seat.Vote, a.Seat.Cosign = vote.Public(), cosign.Public()
		edit(&a.Seat)
		return chartertest.Endorsed(t, s, a, vote, cosign)
	}
	head := func(k keys.Public, edit func(*motion.AnchoredHead)) []motion.AnchoredHead {
		h := head(t, s, k, 3)
		edit(&h)
		return []motion.AnchoredHead{h}
	}
	same := func(*motion.AnchoredHead) {}
	for _, c := range []struct {
		name string
		item article.Item
		want []string
	}{
		{"a member that is one", chartertest.Admission(t, s, "op-a", "operator"), []string{"item 0", `"op-a" is a member`, "change_member"}},
		{"a host of another", admission(func(m *charter.Member) { m.Hosts = []keys.Public{key("host", "op-a").Public()} }), []string{"member.hosts[0]", `already host key of "op-a"`}},
		{"an issuer of another", admission(func(m *charter.Member) { m.Issuers = []keys.Public{chartertest.Issuer("op-a").Public()} }, chartertest.Issuer("op-a")), []string{"member.issuers[0]", `already issuer key of "op-a"`}},
		{"a voting key as recovery", admission(func(m *charter.Member) { m.Recovery = key("vote", "moe").Public() }), []string{"member.recovery", `already vote key of "moe"`}},
		{"the log key as a host", admission(func(m *charter.Member) { m.Hosts = []keys.Public{key("log", "").Public()} }), []string{"member.hosts[0]", "already the log key"}},
		{"a founder's key as a host", admission(func(m *charter.Member) { m.Hosts = []keys.Public{key("founder", "reg").Public()} }), []string{"member.hosts[0]", `already founder key of "reg"`}},
		{"one key for two purposes", admission(func(m *charter.Member) { m.Recovery = m.Hosts[0] }), []string{"member.recovery", `already host key of "new"`}},
		{"the audience key of another", admission(func(m *charter.Member) { m.Audience = s.Member(opA).Audience }), []string{"member.audience", `"op-a"`}},

		{"a change of a stranger", &article.MemberChange{Member: admission(func(m *charter.Member) { m.Issuers = nil }, []keys.Private{}...).Member}, []string{"member.id", `"new" is no member`}},
		{"a change that takes a seat", changed(t, s, "moe", func(m *charter.Member) { m.Roles = []charter.Role{charter.Sector} }), []string{"member.roles", "remove_regulator"}},
		{"a change that makes a regulator", changed(t, s, "op-a", func(m *charter.Member) { m.Roles = append(m.Roles, charter.Regulator) }), []string{"member.roles", "admit_regulator"}},
		{"a change to the audience key of another", changed(t, s, "op-a", func(m *charter.Member) { m.Audience = s.Member(opB).Audience }), []string{"member.audience", `"op-b"`}},
		{"a change to a host of another", changed(t, s, "op-a", func(m *charter.Member) { m.Hosts = s.Member(opB).Hosts }), []string{"member.hosts[0]", `"op-b"`}},

		{"a stranger removed", &article.MemberRemoval{Member: "new", How: article.Leave}, []string{`"new" is no member`}},
		{"a regulator removed as a member", &article.MemberRemoval{Member: "moe", How: article.Leave}, []string{`"moe" is a regulator`, "remove_regulator"}},
		{"who holds ranges removed", &article.MemberRemoval{Member: "op-b", How: article.Leave}, []string{`5 granted ranges name "op-b"`, "+861700*/13", "end_grant"}},
		{"who serves ranges removed", &article.MemberRemoval{Member: "mno", How: article.Leave}, []string{`2 granted ranges name "mno"`}},
		{"who has a weight removed", &article.MemberRemoval{Member: "ven-b", How: article.Leave}, []string{"weight of its own", "set_policy"}},
		{"a head of another's issuer", &article.MemberRemoval{Member: "police", How: article.Leave, Heads: head(chartertest.Issuer("op-a").Public(), same)}, []string{"heads[0]", "no issuer whose authority this ends"}},
		{"a head of nobody", &article.MemberRemoval{Member: "police", How: article.Leave, Heads: []motion.AnchoredHead{{Issuer: 99}}}, []string{"heads[0]", "roster index 99"}},
		{"a head of an epoch not open", &article.MemberRemoval{Member: "police", How: article.Leave, Heads: head(chartertest.Issuer("police").Public(), func(h *motion.AnchoredHead) { h.Epoch = 1 })}, []string{"heads[0]", "epoch 1", "not the open one, 0"}},

		{"an issuer for a stranger", chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "new", Key: fresh.Public()}, fresh), []string{`"new" is no member`}},
		{"an issuer that is one", chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "op-a", Key: chartertest.Issuer("op-a").Public()}, chartertest.Issuer("op-a")), []string{"key:", `already issuer key of "op-a"`}},
		{"an issuer that is a host", chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "op-a", Key: key("host", "op-a").Public()}, key("host", "op-a")), []string{"key:", `already host key of "op-a"`}},
		{"an issuer endorsed by a stranger", chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "op-a", Key: fresh.Public()}, fresh, chartertest.Issuer("op-b")), []string{"endorsements[", `neither an issuer nor the recovery key of "op-a"`}},

		{"an end of what never was", &article.IssuerEnd{Issuer: fresh.Public(), How: article.Expel}, []string{fresh.Public().Short(), "never admitted"}},
		{"an end at a fellow's head", &article.IssuerEnd{Issuer: chartertest.Issuer("op-a").Public(), How: article.Expel, Heads: head(chartertest.Issuer("op-b").Public(), same)}, []string{"heads[0]", "roster index"}},
		{"an end at an epoch not open", &article.IssuerEnd{Issuer: chartertest.Issuer("op-a").Public(), How: article.Expel, Heads: head(chartertest.Issuer("op-a").Public(), func(h *motion.AnchoredHead) { h.Epoch = 4 })}, []string{"heads[0]", "epoch 4"}},
		{"a rotation to a key in use", rotation(t, s, chartertest.Issuer("op-a"), chartertest.Issuer("op-b")), []string{"successor", `already issuer key of "op-b"`}},
		{"a rotation to itself", rotation2(t, s, chartertest.Issuer("op-a")), []string{"successor", "never admitted again"}},
		{"an end endorsed by a stranger", chartertest.Endorsed(t, s, &article.IssuerEnd{Issuer: chartertest.Issuer("op-a").Public(), How: article.Leave}, chartertest.Issuer("op-b")), []string{"endorsements[0]", `"op-a"`}},

		{"a reinstated stranger", &article.Reinstatement{Issuer: fresh.Public(), Epoch: 1}, []string{"never admitted"}},
		{"a reinstate endorsed by a stranger", chartertest.Endorsed(t, s, &article.Reinstatement{Issuer: chartertest.Issuer("op-a").Public(), Epoch: 1}, chartertest.Issuer("op-b")), []string{"endorsements[0]", `"op-a"`}},
		{"a reinstate on a fellow's head", &article.Reinstatement{Issuer: chartertest.Issuer("op-a").Public(), Epoch: 1, Base: head(chartertest.Issuer("op-b").Public(), same)}, []string{"heads[0]", "roster index"}},

		{"a seat for a stranger", chartertest.SeatFor(t, s, "new"), []string{"seat.member", `"new" is no member`}},
		{"a seat for who has one", chartertest.SeatFor(t, s, "moe"), []string{"seat.member", `"moe" has a seat`, "rekey_regulator"}},
		{"a cosigner's name that is another's", seat(func(r *charter.RegulatorSeat) { r.CosignName = "moe.example/cosign" }, key("vote", "police"), key("cosign", "police")), []string{"seat.cosign_name", `"moe"`}},
		{"another's voting key", seat(func(*charter.RegulatorSeat) {}, key("vote", "moe"), key("cosign", "police")), []string{"seat.vote", `already vote key of "moe"`}},
		{"one key that votes and cosigns", seat(func(r *charter.RegulatorSeat) { r.Cosign = r.Vote }, key("vote", "police"), key("cosign", "police")), []string{"seat.cosign", `already vote key of "police"`}},
		{"a seat endorsed by a stranger", chartertest.Endorsed(t, s, seat(func(*charter.RegulatorSeat) {}, key("vote", "police"), key("cosign", "police")), key("vote", "moe")), []string{"endorsements[", "none of the seat's"}},

		{"no regulator removed", &article.RegulatorRemoval{Member: "op-a", Roles: []charter.Role{charter.Operator}}, []string{`"op-a" is no regulator`}},
		{"no regulator re-keyed", &article.RegulatorRekeying{Member: "op-a", Vote: fresh.Public(), Cosign: second("x").Public()}, []string{`"op-a" is no regulator`}},
		{"re-keyed to what it has", &article.RegulatorRekeying{Member: "moe", Vote: key("vote", "moe").Public(), Cosign: key("cosign", "moe").Public()}, []string{"both keys are those"}},
		{"re-keyed to a key that does not agree", chartertest.Endorsed(t, s, &article.RegulatorRekeying{Member: "moe", Vote: key("vote", "moe").Public(), Cosign: fresh.Public()}, key("cosign", "moe")), []string{"the new cosign key", "has not endorsed"}},
		{"re-keyed with the word of a stranger", chartertest.Endorsed(t, s, &article.RegulatorRekeying{Member: "moe", Vote: key("vote", "moe").Public(), Cosign: fresh.Public()}, fresh, key("cosign", "reg")), []string{"endorsements[", "none of the seat's"}},
		{"re-keyed to a key in use", chartertest.Endorsed(t, s, &article.RegulatorRekeying{Member: "moe", Vote: key("vote", "moe").Public(), Cosign: key("cosign", "reg").Public()}, key("cosign", "reg")), []string{"cosign:", `already cosign key of "reg"`}},

		{"a range that is granted", chartertest.Granting(t, "+86138*/13", "op-b", "", ""), []string{"overlaps +86138*/13", `granted to "op-a"`, "end that first"}},
		{"a range of any length over one", chartertest.Granting(t, "+86!9516388*", "op-b", "", ""), []string{"overlaps +86!9516388*/10"}},
		{"a range for a stranger", chartertest.Granting(t, "+86139*/13", "new", "", ""), []string{"grant.allocatee", `"new" is no member`}},
		{"a range for nobody", chartertest.Granting(t, "+86139*/13", "", "", ""), []string{"grant.allocatee", "is no member"}},
		{"a range resold to a stranger", chartertest.Granting(t, "+86139*/13", "op-a", "new", ""), []string{"grant.resold_to", `"new"`}},
		{"a range hosted by a stranger", chartertest.Granting(t, "+86139*/13", "op-a", "", "new"), []string{"grant.hosted_by", `"new"`}},

		{"an end of no grant", &article.GrantEnd{Range: rng("+86139*/13")}, []string{"+86139*/13 is not granted as such"}},
		{"an end of a part of a grant", &article.GrantEnd{Range: rng("+861381*/13")}, []string{"+861381*/13 is not granted as such"}},
		{"an end by one length of any", &article.GrantEnd{Range: rng("+86!95163*/8")}, []string{"+86!95163*/8 is not granted as such"}},
		{"an end at the head of who did not hold it", &article.GrantEnd{Range: rng("+86138*/13"), Heads: head(chartertest.Issuer("op-b").Public(), same)}, []string{"heads[0]"}},
		{"a range that passes to a stranger", &article.GrantEnd{Range: rng("+86138*/13"), Next: []charter.Grant{{Range: rng("+86138*/13"), Allocatee: "new"}}}, []string{"next[0]", `"new" is no member`}},

		{"a policy for a stranger", policyOf(s, func(p *article.PolicySetting) {
			p.Policy.MemberWeights = []charter.MemberWeight{{Member: "new", Permille: 1}}
		}), []string{"policy.member_weights[0].member", `"new" is no member`}},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, s, []article.Item{c.item}, append(c.want, c.item.Kind().String())...) })
	}
}

// rotation2 is a rotation of a key to itself, endorsed once as it is one key.
func rotation2(t testing.TB, s *charter.State, k keys.Private) *article.IssuerEnd {
	t.Helper()
	return chartertest.Endorsed(t, s, &article.IssuerEnd{Issuer: k.Public(), How: article.Rotate, Successor: k.Public()}, k)
}

// The second of two items sees what the first did, and a motion is carried out in full
// or not at all.
func TestAMotionIsAllOrNothing(t *testing.T) {
	s := chartertest.State(t, sample(t))
	end := &article.IssuerEnd{Issuer: chartertest.Issuer("op-a").Public(), How: article.Expel}
	refused(t, s, []article.Item{end, end}, "item 1", "ended at ledger entry 1")
	if _, ok := s.Issuer(end.Issuer); !ok {
		t.Error("a motion that was refused ended an issuer")
	}
}

// What a header says can make a motion void before its items are looked at.
func TestRefusedForItsHeader(t *testing.T) {
	s := chartertest.State(t, sample(t)).Grown(10)
	end := &article.IssuerEnd{Issuer: chartertest.Issuer("op-a").Public(), How: article.Expel}
	setting := policyOf(s, func(*article.PolicySetting) {})
	for _, c := range []struct {
		name  string
		item  article.Item
		first uint64
		edit  func(*motion.Header)
		want  []string
	}{
		{"another federation's", end, 10, func(h *motion.Header) { h.Federation = wire.CID([]byte("another")) }, []string{"it is of federation"}},
		{"put below the end", end, 9, func(*motion.Header) {}, []string{"entry 9", "below the 10"}},
		{"built on nothing", end, 10, func(h *motion.Header) { h.BuildsOn = 0 }, []string{"builds on ledger size 0"}},
		{"built on what is to come", end, 10, func(h *motion.Header) { h.BuildsOn = 11 }, []string{"builds on ledger size 11"}},
		{"made under another policy", setting, 10, func(h *motion.Header) { h.Standing[0] ^= 1 }, []string{"have changed since", "make it anew"}},
		{"with a last day", end, 10, func(h *motion.Header) { h.Until = 30000 }, []string{"day 30000", "name no day"}},
	} {
		m, items := chartertest.Motion(t, s, c.item)
		h := m.Header
		c.edit(&h)
		signed, err := motion.Sign(h, chartertest.Issuer("reg"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enact(m, 10, items); err != nil {
			t.Fatalf("%s: as it was: %v", c.name, err)
		}
		t.Run(c.name, func(t *testing.T) {
			_, err := s.Enact(signed, c.first, items)
			wantError(t, err, append(c.want, h.Kind.String())...)
		})
	}
	m, _ := chartertest.Motion(t, s, end)
	_, other := chartertest.Motion(t, s, &article.IssuerEnd{Issuer: chartertest.Issuer("op-b").Public(), How: article.Expel})
	_, err := s.Enact(m, 10, other)
	wantError(t, err, "not those that the header commits to")
	_, err = s.Enact(m, 10, make([]motion.Opening, 1))
	wantError(t, err, "0 bytes")
}

// Two changes of the regulators are two motions, whoever writes them.
func TestOneRegulatorAMotion(t *testing.T) {
	s := chartertest.State(t, sample(t))
	one := &article.RegulatorRemoval{Member: "moe", Roles: []charter.Role{charter.Sector}}
	if _, err := article.Encode(one, one); err == nil {
		t.Error("two are encoded as one motion")
	}
	encoded, err := article.Encode(one)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := chartertest.Motion(t, s, one)
	two, openings := chartertest.Sign(t, m.Header, slices.Concat(encoded, encoded))
	_, err = s.Enact(two, 1, openings)
	wantError(t, err, "2 changes in one remove_regulator motion")
}

// What a newer release says is not refused but not judged.
func TestNewerIsNotJudged(t *testing.T) {
	s := chartertest.State(t, sample(t))
	m, _ := chartertest.Motion(t, s, &article.MemberRemoval{Member: "police", How: article.Leave})
	type removal struct {
		_      struct{} `cbor:",toarray"`
		Member string
		How    uint8
		Heads  []motion.AnchoredHead
	}
	type item struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Body    removal
	}
	for name, body := range map[string]item{
		"a version": {Version: 2, Body: removal{Member: "police", How: 2}},
		"a manner":  {Version: 1, Body: removal{Member: "police", How: 4}},
	} {
		newer, openings := chartertest.Sign(t, m.Header, [][]byte{wire.Format(body)})
		if _, err := s.Enact(newer, 1, openings); !errors.Is(err, wire.ErrNewer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
