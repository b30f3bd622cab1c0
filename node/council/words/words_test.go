package words_test

import (
	"strings"
	"testing"

	"ringfence/node/council/words"
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
