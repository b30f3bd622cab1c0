package constitution_test

import (
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/node/council/constitution"
	"ringfence/node/council/words"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// federation has two regulators and an operator that holds a range and said something.
func federation(t testing.TB) (*charter.State, constitution.Config) {
	t.Helper()
	cfg := chartertest.Config(t, "reg2: regulator", "op: operator")
	cfg.Grants = append(cfg.Grants, chartertest.Grant(t, "+86138*/13", "op", "", ""))
	s := chartertest.State(t, cfg)
	tip := feed.Tip{Sequence: 7, CID: cid.Cid(wire.CID([]byte("a header")))}
	return s, constitution.Config{State: s, Frontier: func() map[keys.Public]feed.Tip {
		return map[keys.Public]feed.Tip{chartertest.Issuer("op").Public(): tip}
	}}
}

func items(t testing.TB, s *charter.State, c *constitution.Config, text string) ([]article.Item, error) {
	t.Helper()
	d, err := constitution.Read(text, "change.yaml", s)
	if err != nil {
		return nil, err
	}
	return c.Items(&d)
}

// Each kind is written as what it changes; the rest is what stands, and has its place in
// the charter as it is.
func TestDocuments(t *testing.T) {
	s, c := federation(t)
	vote, cosign, issuer := chartertest.Key("vote", "op"), chartertest.Key("cosign", "op"), chartertest.Key("issuer", "op-2")
	seat := "member: op\njurisdiction: CN-31\nvote: " + vote.Public().String() + "\ncosign: " + cosign.Public().String() + "\n"
	for text, want := range map[string]struct {
		says string
		by   []keys.Private // who endorses it
	}{
		"kind: change_member\nmember: op\ncontact: night desk\n":                                                         {"changes what the charter says of op: op, roles operator, group op, responsible: night desk", nil},
		"kind: remove_member\nmember: reg2\nhow: expel\n":                                                                {"expels the member reg2", nil},
		"kind: end_issuer\nissuer: " + chartertest.Issuer("op").Public().String() + "\nhow: leave\n":                     {"ends the key ", nil},
		"kind: admit_issuer\nmember: op\nissuer: " + issuer.Public().String() + "\n":                                     {"gives op another key", []keys.Private{issuer}},
		"kind: admit_regulator\n" + seat + "cosign_name: op/cosign\n":                                                    {"makes op a regulator, jurisdiction CN-31", []keys.Private{vote, cosign}},
		"kind: rekey_regulator\nmember: reg2\nvote: " + vote.Public().String() + "\ncosign: " + cosign.Public().String(): {"gives the regulator reg2 the voting key", []keys.Private{vote, cosign}},
		"kind: remove_regulator\nmember: reg2\nroles: [coordinator]\n":                                                   {"takes the regulator's seat of reg2, who keeps the roles coordinator", nil},
		"kind: grant\ngrants:\n  - {range: \"+86139*/13\", allocatee: op}\n":                                             {"grants the range +86139*/13: op", nil},
		"kind: end_grant\nends:\n  - {range: \"+86138*/13\", allocatee: reg2}\n":                                         {"ends the grant of a range and passes it on: +86138*/13: reg2", nil},
		"kind: end_grant\nends:\n  - range: \"+86138*/13\"\n":                                                            {"ends the grant of the range +86138*/13", nil},
		"kind: set_policy\npolicy:\n  label_permille: 700\n":                                                             {"", nil},
	} {
		kind, ok := constitution.KindOf(text, "")
		all, err := items(t, s, &c, text)
		if err != nil || !ok || len(all) != 1 || all[0].Kind() != kind {
			t.Errorf("%s: %v, %v", text, all, err)
			continue
		}
		for _, k := range want.by {
			if err := article.Endorse(all[0], s.Federation(), k); err != nil {
				t.Error(err)
			}
		}
		encoded, err := article.Encode(all...)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if says := words.Change(s.Federation(), kind, []motion.Opening{{Item: encoded[0]}}); !strings.HasPrefix(says.Text, want.says) {
			t.Errorf("%s says %q, want %q", text, says, want.says)
		}
		if kind != motion.RemoveMember { // a regulator is removed as one first
			chartertest.Enact(t, s, all...)
		}
	}
}

// Whoever ends an authority says up to where it counted, as far as this node knows.
func TestHeadsComeFromTheFrontier(t *testing.T) {
	s, c := federation(t)
	all, err := items(t, s, &c, "kind: end_grant\nends:\n  - range: \"+86138*/13\"\n")
	if err != nil {
		t.Fatal(err)
	}
	r, _ := s.Record(chartertest.Issuer("op").Public())
	if h := all[0].(*article.GrantEnd).Heads; len(h) != 1 || h[0].Sequence != 7 || h[0].Issuer != r.Index {
		t.Errorf("%+v", h)
	}
}

// What a policy document leaves out stays as it is.
func TestAPolicyKeepsWhatIsNotNamed(t *testing.T) {
	s, c := federation(t)
	all, err := items(t, s, &c, "kind: set_policy\npolicy:\n  label_permille: 701\n")
	if err != nil {
		t.Fatal(err)
	}
	want := *s.Policy()
	want.LabelPermille = 701
	got := all[0].(*article.PolicySetting)
	if string(wire.Format(got.Policy)) != string(wire.Format(want)) || got.Taxonomy != s.Taxonomy() || len(got.Protected) != len(s.Charter().Protected) {
		t.Errorf("%+v", got)
	}
}

// Who has to agree has done so in a request, which is found by what it says.
func TestEndorsementsAreFound(t *testing.T) {
	s, c := federation(t)
	key := chartertest.Key("issuer", "op-2")
	asked := chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "op", Key: key.Public()}, key)
	c.Endorsed = func(article.Item) article.Item { return asked }
	all, err := items(t, s, &c, "kind: admit_issuer\nmember: op\nissuer: "+key.Public().String())
	if err != nil || len(all[0].(*article.IssuerAdmission).Endorsements) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestDocumentsThatAreWrong(t *testing.T) {
	s, c := federation(t)
	for text, want := range map[string]string{
		"kind: change_member\nmember: nobody\n":               `"nobody" is no member`,
		"kind: remove_member\nmember: op\n":                   "how: ",
		"kind: remove_member\nmember: op\nhow: rotate\n":      "want leave",
		"kind: end_grant\nends:\n  - range: \"+86137*/13\"\n": "granted to nobody",
		"kind: grant\n":                      "nothing is named",
		"kind: grant\ngrant: []\n":           "grant",
		"kind: ratify\n":                     "another verb",
		"kind: admit_member\n":               "card: it is missing",
		"id: odd\nname: odd\n":               "card",
		"kind: set_policy\npolicy: {x: 1}\n": "x",
	} {
		if _, err := items(t, s, &c, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, ok := constitution.KindOf("kind: ratify\nitems: []\n", "admit_member"); ok {
		t.Error("a ratification changes the charter")
	}
}
