package found_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringfence/cmd/ringfence/found"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// two returns two founders with their regulators' seats and a vendor, made.
func two(t *testing.T) (reg, moe, acme found.Member) {
	t.Helper()
	reg, moe, acme = founder(t), founder(t), member(t, "acme", charter.Vendor)
	moe.ID, moe.Name = "moe", "Ministry of Examples"
	for _, m := range []found.Member{reg, moe, acme} {
		makeMember(t, m)
	}
	return reg, moe, acme
}

func card(m found.Member) string { return filepath.Join(m.Dir, found.CardFile) }

func draft(t *testing.T, by found.Member, cards ...string) *charter.Genesis {
	t.Helper()
	g, err := found.Draft(found.Founding{Dir: by.Dir, Cards: cards, Name: "Test", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// written writes a draft as somebody receives it.
func written(t *testing.T, g *charter.Genesis) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), found.DraftFile)
	if err := found.Write(path, g); err != nil {
		t.Fatal(err)
	}
	return path
}

func sign(t *testing.T, path string, by found.Member) *charter.Genesis {
	t.Helper()
	g, err := found.ReadDraft(path)
	if err != nil {
		t.Fatal(err)
	}
	if member, err := found.Sign(g, by.Dir, by.Unlock); err != nil || member != by.ID {
		t.Fatalf("signed by %q: %v", member, err)
	}
	return g
}

// Founders sign at the same time, each on a copy, and what each adds is merged in
// any order.
func TestFoundersSignApart(t *testing.T) {
	reg, moe, acme := two(t)
	path := written(t, draft(t, reg, card(moe), card(acme)))
	var signed []string
	for _, m := range []found.Member{reg, moe} {
		g, err := found.Only(sign(t, path, m), m.ID)
		if err != nil || len(g.Signatures) != 1 {
			t.Fatalf("%d signatures: %v", len(g.Signatures), err)
		}
		signed = append(signed, written(t, g))
	}
	var sealed []byte
	for _, order := range [][]string{{signed[0], signed[1]}, {signed[1], path, signed[0], signed[1]}} {
		g, err := found.Merge(order)
		if err != nil {
			t.Fatal(err)
		}
		if err := found.Whole(g); err != nil {
			t.Fatal(err)
		}
		b, err := g.Encode()
		if err != nil || sealed != nil && !bytes.Equal(b, sealed) {
			t.Errorf("merged in another order the charter has other bytes: %v", err)
		}
		sealed = b
	}
	half, err := found.Merge(signed[:1])
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Whole(half); err == nil || !strings.Contains(err.Error(), "have not signed: moe;") {
		t.Errorf("with one signature: %v", err)
	}
	if _, err := found.Merge([]string{signed[0], written(t, draft(t, reg, card(moe)))}); err == nil || !strings.Contains(err.Error(), "the charters differ") {
		t.Errorf("merged with another draft: %v", err)
	}
}

// Founders sign one after the other, in one file.
func TestFoundersSignInTurn(t *testing.T) {
	reg, moe, _ := two(t)
	path := written(t, draft(t, reg, card(moe)))
	for _, m := range []found.Member{moe, reg} {
		if err := found.Replace(path, sign(t, path, m)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := found.Read(path); err != nil {
		t.Errorf("both have signed: %v", err)
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 {
		t.Errorf("left beside the draft: %v, %v", left, err)
	}
}

func TestSignRefuses(t *testing.T) {
	reg, moe, acme := two(t)
	path := written(t, draft(t, reg, card(moe), card(acme)))
	for name, c := range map[string]struct {
		dir    string
		unlock keys.Unlock
		want   string
	}{
		"no founder": {acme.Dir, acme.Unlock, "ringfence init --founder makes one"},
		"no card":    {t.TempDir(), acme.Unlock, "ringfence init makes the card"},
		"wrong key":  {reg.Dir, moe.Unlock, "does not open with this"},
	} {
		g, err := found.ReadDraft(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := found.Sign(g, c.dir, c.unlock); err == nil || !strings.Contains(err.Error(), c.want) || len(g.Signatures) != 0 {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := found.Sign(sign(t, path, reg), reg.Dir, reg.Unlock); err == nil || !strings.Contains(err.Error(), "signed already") {
		t.Errorf("twice: %v", err)
	}
}

// Whoever writes the draft cannot slip in keys for another founder unseen.
func TestSignRefusesOtherKeysForTheSigner(t *testing.T) {
	reg, moe, acme := two(t)
	for name, forge := range map[string]func(forged, other *charter.Card){
		"issuer":   func(f, o *charter.Card) { f.Issuers = o.Issuers },
		"host":     func(f, o *charter.Card) { f.Hosts = o.Hosts },
		"recovery": func(f, o *charter.Card) { f.Recovery = o.Recovery },
		"member":   func(f, o *charter.Card) { f.ID = "other" },
	} {
		forged, err := found.ReadCard(card(moe))
		if err != nil {
			t.Fatal(err)
		}
		other, err := found.ReadCard(card(acme))
		if err != nil {
			t.Fatal(err)
		}
		forge(&forged, &other)
		text, err := forged.YAML()
		if err != nil {
			t.Fatal(err)
		}
		g := draft(t, reg, write(t, filepath.Join(t.TempDir(), "card.yaml"), string(text)))
		if _, err := found.Sign(g, moe.Dir, moe.Unlock); err == nil || len(g.Signatures) != 0 {
			t.Errorf("with another %s it was signed", name)
		}
	}
}

// A member's nodes have issuers and hosts of their own and are one organisation.
func TestSeveralNodesOfOneMember(t *testing.T) {
	reg, acme := founder(t), member(t, "acme", charter.Vendor)
	makeMember(t, reg)
	first := makeMember(t, acme)
	var cards []string
	var all []keys.Public
	for range 2 {
		given, err := found.ReadCard(card(acme))
		if err != nil {
			t.Fatal(err)
		}
		more := member(t, "", 0)
		more.With = &given
		made := makeMember(t, more)
		if got := purposes(made); got != "issuer host" {
			t.Errorf("a further node has the keys %s", got)
		}
		if made.Card.ID != "acme" || len(made.Card.Issuers) != 2 || len(made.Card.Hosts) != 2 || made.Card.Recovery != first.Card.Recovery {
			t.Errorf("its card %+v", made.Card)
		}
		cards = append(cards, card(more))
		all = append(all, made.Card.Issuers...)
	}
	slices.SortFunc(all, keys.Public.Compare)
	g := draft(t, reg, append(cards, card(acme))...)
	c, err := charter.Decode(g.Charter)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Members) != 2 || !slices.Equal(c.Members[0].Issuers, slices.Compact(all)) || len(c.Members[0].Hosts) != 3 {
		t.Errorf("the members %+v", c.Members)
	}
	// Two cards that differ in more are two, and refused.
	text, err := os.ReadFile(cards[0])
	if err != nil {
		t.Fatal(err)
	}
	other := write(t, filepath.Join(t.TempDir(), "card.yaml"), strings.Replace(string(text), "contact: ", "contact: not ", 1))
	if _, err := found.Draft(found.Founding{Dir: reg.Dir, Cards: []string{card(acme), other}, Name: "Test", Now: now}); err == nil || !strings.Contains(err.Error(), "acme") {
		t.Errorf("two cards of one member: %v", err)
	}
}
