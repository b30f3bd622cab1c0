package charter_test

import (
	"strings"
	"testing"

	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/number"
)

// sample is a federation in which everything occurs: two regulators and
// founders, a member of two roles, a shared group, a trusted member, nested
// and any-length grants, resold and hosted ranges, protected codes.
func sample(t testing.TB) charter.FoundingConfig {
	t.Helper()
	cfg := chartertest.Config(t,
		"moe: regulator",
		"op-a: operator",
		"op-b: operator, vendor",
		"mno: mvno",
		"ven-a: vendor; group data",
		"ven-b: vendor; group data; trusted",
		"desk: callcentre",
		"police: public_security",
	)
	for i := range cfg.Cards {
		if cfg.Cards[i].ID == "moe" {
			cfg.Cards[i].Founder = chartertest.Key("founder", "moe").Public()
			cfg.Cards[i].NameZh = "通信管理局"
			cfg.Cards[i].Jurisdiction = "CN-31"
		}
	}
	cfg.Grants = []charter.RangeGrant{
		chartertest.Grant(t, "+86138*/13", "op-a", "", ""),
		chartertest.Grant(t, "+861700*/13", "op-b", "", ""),
		chartertest.Grant(t, "+861700123*/13", "op-b", "mno", ""),
		chartertest.Grant(t, "+861700124*/13", "op-b", "mno", "op-a"),
		chartertest.Grant(t, "+86!95163*", "desk", "", "op-a"),
		chartertest.Grant(t, "+86!9516388*/10", "op-b", "", ""),
		chartertest.Grant(t, "+86!962121@31", "op-b", "", ""),
	}
	cfg.Protected = []number.Range{
		chartertest.Range(t, "+86!12321"),
		chartertest.Range(t, "+86!110"),
		chartertest.Range(t, "+86!95588*"),
	}
	return cfg
}

func found(t testing.TB, cfg charter.FoundingConfig) *charter.Charter {
	t.Helper()
	c, err := charter.Found(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}
