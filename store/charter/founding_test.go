package charter_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/policy"
)

func TestCardIsWrittenAndRead(t *testing.T) {
	for _, words := range [][]string{{"vendor"}, {"regulator", "coordinator"}} {
		want := chartertest.Card(t, "reg", words...)
		want.Name, want.NameZh = "Desk: of, all", "标注方"
		if !slices.Contains(want.Roles, charter.Regulator) {
			want.Recovery, want.Hosts = keys.Public{}, nil
		}
		text, err := want.YAML()
		if err != nil {
			t.Fatal(err)
		}
		got, err := charter.ReadCard(strings.NewReader(string(text)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("YAML gives back %+v, %v, from\n%s", got, err, text)
		}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err = charter.ReadCard(strings.NewReader(string(b)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("JSON gives back %+v, %v, from\n%s", got, err, b)
		}
		if missing := strings.Contains(string(b), `""`) || strings.Contains(string(text), `""`); missing {
			t.Errorf("a card writes what it does not have:\n%s\n%s", b, text)
		}
	}
}

func TestCardValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*charter.Card)
		parts  []string
	}{
		{"no ID", func(c *charter.Card) { c.ID = "" }, []string{"id:"}},
		{"role twice", func(c *charter.Card) { c.Roles = append(c.Roles, charter.Vendor) }, []string{"roles[1]: vendor stands twice"}},
		{"no role", func(c *charter.Card) { c.Roles = nil }, []string{"roles:"}},
		{"no contact", func(c *charter.Card) { c.Contact = "" }, []string{"contact:"}},
		{"issuer is host", func(c *charter.Card) { c.Hosts = c.Issuers }, []string{`hosts[0]: key is already issuer key of "ven"`}},
		{"founder is recovery", func(c *charter.Card) { c.Founder = c.Recovery }, []string{`founder: key is already recovery key of "ven"`}},
		{"issuer twice", func(c *charter.Card) { c.Issuers = append(c.Issuers, c.Issuers[0]) }, []string{"issuers[1]: key is already issuer key"}},
		{"key without algorithm", func(c *charter.Card) { c.Issuers[0][0] = 0 }, []string{"issuers[0]", "algorithm 0"}},
		{"vote key without the role", func(c *charter.Card) { c.Vote = chartertest.Key("vote", "ven").Public() }, []string{"not the role regulator"}},
		{"jurisdiction without the role", func(c *charter.Card) { c.Jurisdiction = "CN" }, []string{"not the role regulator"}},
		{"regulator without a jurisdiction", func(c *charter.Card) { *c = chartertest.Card(t, "ven", "regulator"); c.Jurisdiction = "" }, []string{"jurisdiction"}},
		{"regulator without a vote key", func(c *charter.Card) { *c = chartertest.Card(t, "ven", "regulator"); c.Vote = keys.Public{} }, []string{"vote: the key is missing"}},
		{"vote key that is the issuer", func(c *charter.Card) { *c = chartertest.Card(t, "ven", "regulator"); c.Vote = c.Issuers[0] }, []string{"vote: key is already issuer key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := chartertest.Card(t, "ven", "vendor")
			c.change(&card)
			wantError(t, card.Validate(), c.parts...)
			text, err := json.Marshal(card)
			if err == nil {
				_, err = charter.ReadCard(strings.NewReader(string(text)))
			}
			if err == nil {
				t.Error("the written card is accepted")
			}
			cfg := sample(t)
			cfg.Cards = append(cfg.Cards, card)
			_, err = charter.Found(cfg)
			wantError(t, err, append(c.parts, "charter: cards[9]: ")...)
		})
	}
}

// A card's lists come in any order, and checking it leaves them so.
func TestCardValidateKeepsTheCard(t *testing.T) {
	card := chartertest.Card(t, "both", "vendor", "operator")
	want := slices.Clone(card.Roles)
	if err := card.Validate(); err != nil || !slices.Equal(card.Roles, want) {
		t.Errorf("roles %v, %v", card.Roles, err)
	}
}

func TestReadCardRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		parts      []string
	}{
		{"empty", "", []string{"card: id"}},
		{"unknown key", "id: a\nweight: 850\n", []string{"line 2", `"weight" is no key of a card`}},
		{"unknown role", "id: a\nroles: [telco]\n", []string{`"telco" is no role`}},
		{"key in part", "id: a\nrecovery: 01ab\n", []string{"66 digits"}},
		{"key of small order", "id: a\nissuers: [\"0101" + strings.Repeat("00", 31) + "\"]\n", []string{"small order"}},
		{"two cards", "id: a\n---\nid: b\n", []string{"holds one"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := charter.ReadCard(strings.NewReader(c.text))
			wantError(t, err, append(c.parts, "card")...)
		})
	}
}

func TestFound(t *testing.T) {
	c := found(t, sample(t))
	if got := len(c.Members); got != 9 {
		t.Fatalf("%d members", got)
	}
	if len(c.Founders) != 2 || c.Founders[0].Member != "moe" || c.Founders[1].Member != "reg" {
		t.Errorf("founders %+v", c.Founders)
	}
	if len(c.Regulators) != 2 || c.Regulators[0].Jurisdiction != "CN-31" || c.Regulators[1].CosignName != "reg.example/cosign" {
		t.Errorf("regulators %+v", c.Regulators)
	}
	if want := []charter.MemberWeight{{Member: "ven-b", Permille: policy.Trusted}}; !reflect.DeepEqual(c.Policy.MemberWeights, want) {
		t.Errorf("member weights %+v", c.Policy.MemberWeights)
	}
	if c.Version != 1 || c.Taxonomy != 1 || c.Created != chartertest.Created {
		t.Errorf("version %d, taxonomy %d, created %d", c.Version, c.Taxonomy, c.Created)
	}
}

func TestFoundRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*charter.FoundingConfig)
		parts  []string
	}{
		{"same card twice", func(f *charter.FoundingConfig) { f.Cards = append(f.Cards, f.Cards[0]) }, []string{`"reg" stands twice`}},
		{"no founder", func(f *charter.FoundingConfig) {
			for i := range f.Cards {
				f.Cards[i].Founder = keys.Public{}
			}
		}, []string{"founders: 0"}},
		{"trusted stranger", func(f *charter.FoundingConfig) { f.Trusted = []string{"stranger"} }, []string{"stranger", "no member"}},
		{"trusted twice", func(f *charter.FoundingConfig) { f.Trusted = []string{"ven-a", "ven-a"} }, []string{"ven-a"}},
		{"grant without a range", func(f *charter.FoundingConfig) { f.Grants[2].Range = number.Range{} }, []string{"grants[2].range", "missing"}},
		{"protected without a range", func(f *charter.FoundingConfig) { f.Protected[1] = number.Range{} }, []string{"protected[1]", "missing"}},
		{"no log key", func(f *charter.FoundingConfig) { f.LogKey = keys.Public{} }, []string{"log_key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := sample(t)
			c.change(&cfg)
			_, err := charter.Found(cfg)
			wantError(t, err, append(c.parts, "charter: ")...)
		})
	}
}

// What the caller holds stays as it was.
func TestFoundKeepsItsConfig(t *testing.T) {
	cfg, want := sample(t), sample(t)
	cfg.Policy.MemberWeights = make([]charter.MemberWeight, 0, 8)
	found(t, cfg)
	if w := cfg.Policy.MemberWeights[:1][0]; w.Member != "" {
		t.Errorf("the caller's list of weights holds %+v", w)
	}
	cfg.Policy.MemberWeights = want.Policy.MemberWeights
	if !reflect.DeepEqual(cfg, want) {
		t.Error("the caller's lists have changed")
	}
}

func FuzzReadCard(f *testing.F) {
	card := chartertest.Card(f, "reg", "regulator")
	text, err := card.YAML()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("id: a\nroles: [vendor]\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := charter.ReadCard(strings.NewReader(text))
		if err != nil {
			return
		}
		written, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := charter.ReadCard(strings.NewReader(string(written))); err != nil || back.ID != c.ID || !slices.Equal(back.Issuers, c.Issuers) {
			t.Errorf("%q does not come back: %v", text, err)
		}
	})
}
