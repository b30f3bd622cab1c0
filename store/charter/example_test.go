package charter_test

import (
	"crypto/sha256"
	"fmt"
	"log"
	"strings"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
)

// Two organisations found a federation: each hands in a card, the founder
// signs, and from then on every node asks the same State.
func Example() {
	key := func(name string) keys.Private { return keys.FromSeed(sha256.Sum256([]byte(name))) }
	regulator := charter.Card{
		ID: "reg", Name: "Regulator", Roles: []charter.Role{charter.Regulator}, Group: "reg", Contact: "desk@reg.example",
		Founder: key("founder").Public(), Jurisdiction: "CN",
		Vote: key("vote").Public(), Cosign: key("cosign").Public(), CosignName: "reg.example/cosign",
	}
	operator := charter.Card{
		ID: "op", Name: "Operator", Roles: []charter.Role{charter.Operator}, Group: "op", Contact: "noc@op.example",
		Issuers: []keys.Public{key("issuer").Public()},
	}
	held, err := number.ParseRange("+861380013*/13")
	if err != nil {
		log.Fatal(err)
	}
	c, err := charter.Found(charter.FoundingConfig{
		Name: "example", Created: 1793491200, Cards: []charter.Card{regulator, operator},
		Grants: []charter.RangeGrant{{Range: held, Allocatee: "op"}},
		Policy: charter.DefaultPolicy(), LogKey: key("log").Public(),
	})
	if err != nil {
		log.Fatal(err)
	}
	genesis, err := charter.NewGenesis(c)
	if err != nil {
		log.Fatal(err)
	}
	if err := genesis.Sign(key("founder")); err != nil {
		log.Fatal(err)
	}
	state, err := charter.At(genesis)
	if err != nil {
		log.Fatal(err)
	}
	who, known := state.Issuer(key("issuer").Public())
	fmt.Println(known, state.Member(who.Member).ID, state.Weight(who.Member))
	fmt.Println(state.May(who.Member, assertion.KindFlag), state.May(who.Member, assertion.KindPenalty))
	server, _ := state.Server(held.First())
	fmt.Println(state.Member(server).Name)
	// Output:
	// true op 650
	// true false
	// Operator
}

// A card is a file that can be read aloud.
func ExampleReadCard() {
	_, err := charter.ReadCard(strings.NewReader("id: ven\nname: Vendor\nroles: [vendor]\ngruop: ven\ncontact: desk@ven.example\n"))
	fmt.Println(err)
	card, err := charter.ReadCard(strings.NewReader("id: ven\nname: Vendor\nroles: [vendor]\ngroup: ven\ncontact: desk@ven.example\n"))
	fmt.Println(card.ID, card.Roles, err)
	// Output:
	// read card: line 4: "gruop" is no key of a card; the nearest is "group"
	// ven [vendor] <nil>
}
