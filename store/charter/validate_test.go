package charter_test

import (
	"slices"
	"strings"
	"testing"

	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// The sample's members in order of ID: desk, mno, moe, op-a, op-b, police,
// reg, ven-a, ven-b.
const (
	desk = iota
	mno
	moe
	opA
	opB
	police
	reg
	venA
	venB
)

func TestValidate(t *testing.T) {
	smallOrder := keys.Public{keys.Ed25519, 1}
	for _, c := range []struct {
		name   string
		change func(*charter.Charter)
		parts  []string
	}{
		{"version", func(c *charter.Charter) { c.Version = 2 }, []string{"version: 2", "upgrade needed"}},
		{"taxonomy", func(c *charter.Charter) { c.Taxonomy = 9 }, []string{"taxonomy", "upgrade needed"}},
		{"no time", func(c *charter.Charter) { c.Created = 0 }, []string{"created"}},
		{"time after 9999", func(c *charter.Charter) { c.Created = taxonomy.MaxTime + 1 }, []string{"created"}},
		{"no name", func(c *charter.Charter) { c.Name = "" }, []string{"name: 0 bytes"}},
		{"long name", func(c *charter.Charter) { c.Name = strings.Repeat("n", 65) }, []string{"name: 65 bytes"}},
		{"name not UTF-8", func(c *charter.Charter) { c.Name = "\xff" }, []string{"name", "UTF-8"}},
		{"name with a line feed", func(c *charter.Charter) { c.Name = "a\nb" }, []string{"name", "control"}},
		{"no founder", func(c *charter.Charter) { c.Founders = nil }, []string{"founders: 0"}},
		{"no regulator", func(c *charter.Charter) { c.Regulators = nil }, []string{"regulators: 0"}},
		{"no member", func(c *charter.Charter) { c.Members = nil }, []string{"members: 0"}},
		{"too many regulators", func(c *charter.Charter) { c.Regulators = make([]charter.RegulatorSeat, 65) }, []string{"regulators: 65"}},
		{"too many grants", func(c *charter.Charter) { c.Grants = make([]charter.Grant, 4097) }, []string{"grants: 4097"}},

		{"half a predecessor", func(c *charter.Charter) { c.Predecessor.Checkpoint = []byte("note") }, []string{"predecessor.federation"}},
		{"predecessor without a charter", func(c *charter.Charter) { c.Predecessor = predecessor(t); c.Predecessor.Charter = nil }, []string{"predecessor.charter"}},
		{"predecessor without a checkpoint", func(c *charter.Charter) { c.Predecessor = predecessor(t); c.Predecessor.Checkpoint = nil }, []string{"predecessor.checkpoint"}},

		{"ID twice", func(c *charter.Charter) { c.Members[opB].ID = "op-a" }, []string{`members[4].id: "op-a" stands twice`}},
		{"IDs out of order", func(c *charter.Charter) { c.Members[opA], c.Members[opB] = c.Members[opB], c.Members[opA] }, []string{"members[4].id", "out of order"}},
		{"empty ID", func(c *charter.Charter) { c.Members[desk].ID = "" }, []string{"members[0].id"}},
		{"ID in capitals", func(c *charter.Charter) { c.Members[desk].ID = "Desk" }, []string{"members[0].id", `"Desk"`}},
		{"ID that begins with a hyphen", func(c *charter.Charter) { c.Members[desk].ID = "-desk" }, []string{"members[0].id"}},
		{"long ID", func(c *charter.Charter) { c.Members[desk].ID = strings.Repeat("d", 33) }, []string{"members[0].id"}},
		{"no group", func(c *charter.Charter) { c.Members[mno].Group = "" }, []string{"members[1].group"}},
		{"no name of a member", func(c *charter.Charter) { c.Members[mno].Name = "" }, []string{"members[1].name"}},
		{"long Chinese name", func(c *charter.Charter) { c.Members[mno].NameZh = strings.Repeat("名", 43) }, []string{"members[1].name_zh", "129 bytes"}},
		{"no contact", func(c *charter.Charter) { c.Members[mno].Contact = "" }, []string{"members[1].contact"}},
		{"no role", func(c *charter.Charter) { c.Members[mno].Roles = nil }, []string{"members[1].roles"}},
		{"unknown role", func(c *charter.Charter) { c.Members[mno].Roles = []charter.Role{11} }, []string{"members[1].roles[0]", "11"}},
		{"role 0", func(c *charter.Charter) { c.Members[mno].Roles = []charter.Role{0} }, []string{"members[1].roles[0]"}},
		{"role twice", func(c *charter.Charter) { c.Members[mno].Roles = []charter.Role{2, 2} }, []string{"members[1].roles[1]: mvno stands twice"}},
		{"roles out of order", func(c *charter.Charter) { slices.Reverse(c.Members[opB].Roles) }, []string{"members[4].roles[1]", "out of order"}},
		{"too many issuers", func(c *charter.Charter) { c.Members[mno].Issuers = make([]keys.Public, 65) }, []string{"members[1]", "65 issuers"}},
		{"bad audience", func(c *charter.Charter) { c.Members[mno].Audience = "age1x" }, []string{"members[1].audience", "age"}},

		{"founder that is no member", func(c *charter.Charter) { c.Founders[0].Member = "nobody" }, []string{`founders[0].member: "nobody" is no member`}},
		{"founder twice", func(c *charter.Charter) { c.Founders[1].Member = c.Founders[0].Member }, []string{`founders[1].member: "moe" stands twice`}},
		{"regulator that is no member", func(c *charter.Charter) { c.Regulators[0].Member = "nobody" }, []string{`regulators[0].member: "nobody" is no member`}},
		{"regulator without the role", func(c *charter.Charter) { c.Regulators[0].Member = "mno" }, []string{"regulators[0].member", "not the role"}},
		{"regulator twice", func(c *charter.Charter) { c.Regulators[1].Member = "moe" }, []string{"regulators[1].member", "twice"}},
		{"role without a seat", func(c *charter.Charter) { c.Regulators = c.Regulators[:1] }, []string{"members[6].roles", `"reg"`, "without a seat"}},
		{"no jurisdiction", func(c *charter.Charter) { c.Regulators[1].Jurisdiction = "" }, []string{"regulators[1].jurisdiction"}},
		{"jurisdiction in words", func(c *charter.Charter) { c.Regulators[1].Jurisdiction = "China" }, []string{"regulators[1].jurisdiction", `"China"`}},
		{"jurisdiction cut short", func(c *charter.Charter) { c.Regulators[1].Jurisdiction = "CN-" }, []string{"regulators[1].jurisdiction"}},
		{"jurisdiction in small letters", func(c *charter.Charter) { c.Regulators[1].Jurisdiction = "CN-sh" }, []string{"regulators[1].jurisdiction"}},
		{"no cosign name", func(c *charter.Charter) { c.Regulators[1].CosignName = "" }, []string{"regulators[1].cosign_name"}},
		{"cosign name with a plus", func(c *charter.Charter) { c.Regulators[1].CosignName = "a+b" }, []string{"regulators[1].cosign_name", "plus"}},
		{"cosign name with a space", func(c *charter.Charter) { c.Regulators[1].CosignName = "a b" }, []string{"regulators[1].cosign_name", "space"}},
		{"cosign name with a wide space", func(c *charter.Charter) { c.Regulators[1].CosignName = "a\u3000b" }, []string{"regulators[1].cosign_name", "space"}},
		{"cosign name twice", func(c *charter.Charter) { c.Regulators[1].CosignName = c.Regulators[0].CosignName }, []string{"regulators[1].cosign_name", `"moe"`}},

		{"no log key", func(c *charter.Charter) { c.LogKey = keys.Public{} }, []string{"log_key: the key is missing"}},
		{"no founder key", func(c *charter.Charter) { c.Founders[0].Key = keys.Public{} }, []string{"founders[0].key: the key is missing"}},
		{"no vote key", func(c *charter.Charter) { c.Regulators[0].Vote = keys.Public{} }, []string{"regulators[0].vote"}},
		{"no cosign key", func(c *charter.Charter) { c.Regulators[0].Cosign = keys.Public{} }, []string{"regulators[0].cosign"}},
		{"issuer of small order", func(c *charter.Charter) { c.Members[mno].Issuers[0] = smallOrder }, []string{"members[1].issuers[0]", "small order"}},
		{"host of an unknown algorithm", func(c *charter.Charter) { c.Members[mno].Hosts[0][0] = 2 }, []string{"members[1].hosts[0]", "algorithm 2"}},
		{"issuer is a vote key", func(c *charter.Charter) { c.Members[mno].Issuers[0] = c.Regulators[0].Vote }, []string{`members[1].issuers[0]: key is already vote key of "moe"`}},
		{"issuer of two members", func(c *charter.Charter) { c.Members[opB].Issuers[0] = c.Members[opA].Issuers[0] }, []string{`members[4].issuers[0]: key is already issuer key of "op-a"`}},
		{"host is the member's own issuer", func(c *charter.Charter) { c.Members[opA].Hosts[0] = c.Members[opA].Issuers[0] }, []string{`members[3].hosts[0]: key is already issuer key of "op-a"`}},
		{"recovery is a host", func(c *charter.Charter) { c.Members[opA].Recovery = c.Members[desk].Hosts[0] }, []string{`members[3].recovery: key is already host key of "desk"`}},
		{"cosign is the same regulator's vote", func(c *charter.Charter) { c.Regulators[0].Cosign = c.Regulators[0].Vote }, []string{`regulators[0].cosign: key is already vote key of "moe"`}},
		{"founder key is the log key", func(c *charter.Charter) { c.Founders[0].Key = c.LogKey }, []string{"founders[0].key: key is already the log key"}},
		{"issuers out of order", func(c *charter.Charter) {
			list := []keys.Public{chartertest.Key("a", "").Public(), chartertest.Key("b", "").Public()}
			slices.SortFunc(list, func(a, b keys.Public) int { return b.Compare(a) })
			c.Members[mno].Issuers = list
		}, []string{"members[1].issuers[1]: out of order"}},
		{"audience key of two members", func(c *charter.Charter) { c.Members[opB].Audience = c.Members[opA].Audience }, []string{`members[4].audience: key is already audience key of "op-a"`}},

		{"short range", func(c *charter.Charter) { c.Grants[0].Range = c.Grants[0].Range[:8] }, []string{"grants[0].range", "9 bytes"}},
		{"malformed range", func(c *charter.Charter) { c.Grants[0].Range = make([]byte, 9) }, []string{"grants[0].range"}},
		{"range twice", func(c *charter.Charter) { c.Grants[1] = c.Grants[0] }, []string{"grants[1].range", "stands twice"}},
		{"ranges out of order", func(c *charter.Charter) { slices.Reverse(c.Grants) }, []string{"grants[1].range", "out of order"}},
		{"grant to nobody", func(c *charter.Charter) { c.Grants[0].Allocatee = "" }, []string{`grants[0].allocatee: "" is no member`}},
		{"grant to a stranger", func(c *charter.Charter) { c.Grants[0].Allocatee = "stranger" }, []string{"grants[0].allocatee"}},
		{"resold to a stranger", func(c *charter.Charter) { c.Grants[0].ResoldTo = "stranger" }, []string{"grants[0].resold_to"}},
		{"hosted by a stranger", func(c *charter.Charter) { c.Grants[0].HostedBy = "stranger" }, []string{"grants[0].hosted_by"}},
		{"protected range twice", func(c *charter.Charter) { c.Protected[1] = c.Protected[0] }, []string{"protected[1]", "stands twice"}},
		{"malformed protected range", func(c *charter.Charter) { c.Protected[0] = []byte{1} }, []string{"protected[0]"}},

		{"policy out of bounds", func(c *charter.Charter) { c.Policy.LabelPermille = 1000 }, []string{"policy.label_permille: 1000"}},
		{"weight of a stranger", func(c *charter.Charter) { c.Policy.MemberWeights[0].Member = "stranger" }, []string{`policy.member_weights[0].member: "stranger" is no member`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			valid := found(t, sample(t))
			c.change(valid)
			err := valid.Validate()
			wantError(t, err, append(c.parts, "charter: ")...)
			if _, err := valid.Encode(); err == nil {
				t.Error("an invalid charter is encoded")
			}
		})
	}
}

func predecessor(t testing.TB) charter.Predecessor {
	t.Helper()
	c := found(t, sample(t))
	id, err := c.FederationID()
	if err != nil {
		t.Fatal(err)
	}
	return charter.Predecessor{Federation: id.Bytes(), Charter: id.Bytes(), Checkpoint: []byte("a signed note")}
}

// A longer prefix beats a shorter one; of equal prefixes neither could.
func TestGrantsOfEqualPrefixMustNotOverlap(t *testing.T) {
	for _, c := range []struct {
		name    string
		ranges  []string
		overlap bool
	}{
		{"nested", []string{"+861700*/13", "+861700123*/13", "+8617001234567"}, false},
		{"any length around a longer prefix", []string{"+86!95163*", "+86!9516388*/10"}, false},
		{"any length inside any length", []string{"+86!95163*", "+86!951638*"}, false},
		{"equal prefix, other lengths", []string{"+8610*/12", "+8610*/13"}, false},
		{"equal digits, other namespaces", []string{"+8695163*/13", "+86!95163*"}, false},
		{"equal digits, other provinces", []string{"+86!962121@31", "+86!962121@32", "+86!962121"}, false},
		{"any length over a length", []string{"+86!95163*", "+86!95163*/10"}, true},
		{"any length over its own number", []string{"+86!95163*", "+86!95163"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := sample(t)
			cfg.Grants = nil
			for _, r := range c.ranges {
				cfg.Grants = append(cfg.Grants, chartertest.Grant(t, r, "op-a", "", ""))
			}
			_, err := charter.Found(cfg)
			if c.overlap {
				wantError(t, err, "grants[1].range", "overlaps grants[0]")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// Normalize makes any order of the same lists one charter.
func TestNormalizeFixesTheOrder(t *testing.T) {
	want, err := found(t, sample(t)).Encode()
	if err != nil {
		t.Fatal(err)
	}
	cfg := sample(t)
	slices.Reverse(cfg.Cards)
	slices.Reverse(cfg.Grants)
	slices.Reverse(cfg.Protected)
	for i := range cfg.Cards {
		slices.Reverse(cfg.Cards[i].Roles)
	}
	got, err := found(t, cfg).Encode()
	if err != nil || string(got) != string(want) {
		t.Errorf("another order gives another charter: %v", err)
	}
}

func TestValidateAcceptsWhatMembersMayLack(t *testing.T) {
	c := found(t, sample(t))
	m := &c.Members[mno]
	m.Issuers, m.Hosts, m.Audience, m.Recovery = nil, nil, "", keys.Public{}
	c.Grants, c.Protected, c.Policy.MemberWeights = nil, nil, nil
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := charter.Decode(b); err != nil {
		t.Error(err)
	}
}
