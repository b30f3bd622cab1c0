package words_test

import (
	"slices"
	"strings"
	"testing"

	"ringfence/node/council/words"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

func key(n byte) keys.Private { return keys.FromSeed([keys.SeedSize]byte{n}) }

// Anybody may ask for admission under any name, so what a regulator is shown has the keys
// that it compares with a card.
func TestAnAdmissionTellsItsKeys(t *testing.T) {
	issuer, host, recovery := key(1).Public(), key(2).Public(), key(3).Public()
	a := &article.MemberAdmission{Member: article.Member{
		ID: "acme", Name: "Acme", Roles: []article.Role{article.Vendor}, Group: "acme", Contact: "desk",
		Issuers: []keys.Public{issuer}, Hosts: []keys.Public{host}, Recovery: recovery,
	}}
	federation := wire.CID([]byte("federation"))
	if err := article.Endorse(a, federation, key(1)); err != nil {
		t.Fatal(err)
	}
	items, err := article.Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	said := words.Says(federation, motion.AdmitMember, items[0]).Text
	for _, want := range []string{"acme", "Acme", issuer.String(), host.String(), recovery.String()} {
		if !strings.Contains(said, want) {
			t.Errorf("no %s in %q", want, said)
		}
	}
}

// Roles and grounds are codes for machines, and have their names where Chinese is read.
func TestCodesInASentenceHaveTheirNames(t *testing.T) {
	zh := locale.New().Match("zh")
	m := article.Member{ID: "acme", Name: "Acme", Roles: []article.Role{article.MVNO, article.Vendor}, Group: "acme", Contact: "desk", Hosts: []keys.Public{key(2).Public()}, Recovery: key(3).Public()}
	federation := wire.CID([]byte("federation"))
	items, err := article.Encode(&article.MemberChange{Member: m})
	if err != nil {
		t.Fatal(err)
	}
	line, whole := words.Says(federation, motion.ChangeMember, items[0]), words.Change(federation, motion.ChangeMember, []motion.Opening{{Item: items[0]}})
	for _, said := range []phrase.Phrase{line, whole} {
		if text := zh.Phrase(said); !strings.Contains(text, "移动转售企业（mvno）, 号码标记企业（vendor）") || !strings.Contains(said.Text, "mvno, vendor") || !slices.Contains(said.Args, "mvno, vendor") {
			t.Errorf("%+v is told as %q", said, text)
		}
	}
	for _, ground := range words.Grounds() {
		said := phrase.New("item.block", "%s block %s (%s)", "+8613800138000", "crm.fraud.loan", ground)
		if text := zh.Phrase(said); strings.Contains(text, ground) || !strings.Contains(said.Text, ground) {
			t.Errorf("%q is told as %q", said.Text, text)
		}
	}
	items, err = article.Encode(&article.MemberRemoval{Member: "acme", How: article.Leave})
	if err != nil {
		t.Fatal(err)
	}
	if said := words.Says(federation, motion.RemoveMember, items[0]); said.Text != "acme: leave" || zh.Phrase(said) != "acme（方式：退出）" {
		t.Errorf("%q is told as %q", said.Text, zh.Phrase(said))
	}
}
