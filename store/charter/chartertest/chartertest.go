// Package chartertest founds federations for tests in one line a member, with
// keys that follow from names: the same test makes the same federation, byte
// for byte, on every machine.
//
// It is for tests alone: whoever knows a member's ID knows its keys.
package chartertest

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
)

// Created is the time at which Found's federations are founded: 1 November
// 2026, 00:00 UTC.
const Created = 1793491200

// Key returns the private key of a purpose ("issuer", "host", "vote", …) of a
// member. It follows from its arguments.
func Key(purpose, member string) keys.Private {
	return keys.FromSeed(sha256.Sum256([]byte("chartertest/" + purpose + "/" + member)))
}

// Issuer returns the private key of a member's first feed.
func Issuer(member string) keys.Private { return Key("issuer", member) }

// Config returns what Found founds, for tests that change it first. Each line
// of members is "id: role, role" with, in this order and each optional, an
// independence group and "trusted": "id: role, role; group g; trusted". The
// member "reg", a regulator and the founder, is always there; a further
// regulator gets a seat of its own.
func Config(t testing.TB, members ...string) charter.FoundingConfig {
	t.Helper()
	cfg := charter.FoundingConfig{
		Name: "test", Created: Created, Policy: charter.DefaultPolicy(), LogKey: Key("log", "").Public(),
	}
	for _, line := range append([]string{"reg: regulator"}, members...) {
		id, rest, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("chartertest: %q is no member; want \"id: role, role; group g; trusted\"", line)
		}
		words := strings.Split(rest, ";")
		card := Card(t, id, strings.Split(words[0], ",")...)
		for _, w := range words[1:] {
			switch w = strings.TrimSpace(w); {
			case w == "trusted":
				cfg.Trusted = append(cfg.Trusted, id)
			case strings.HasPrefix(w, "group "):
				card.Group = strings.TrimPrefix(w, "group ")
			default:
				t.Fatalf("chartertest: %q in %q is neither a group nor \"trusted\"", w, line)
			}
		}
		cfg.Cards = append(cfg.Cards, card)
	}
	return cfg
}

// Card returns the card of a member: one issuer, one host, audience and
// recovery keys; a regulator's keys for the role regulator; for "reg" the
// founder's. Its independence group is its ID.
func Card(t testing.TB, id string, roleWords ...string) charter.Card {
	t.Helper()
	c := charter.Card{
		ID: id, Name: id, Group: id, Contact: "desk@" + id + ".example",
		Issuers:  []keys.Public{Issuer(id).Public()},
		Hosts:    []keys.Public{Key("host", id).Public()},
		Recovery: Key("recovery", id).Public(),
		Audience: recipient(t, id),
	}
	for _, w := range roleWords {
		var r charter.Role
		if err := r.UnmarshalText([]byte(strings.TrimSpace(w))); err != nil {
			t.Fatal(err)
		}
		c.Roles = append(c.Roles, r)
	}
	if slices.Contains(c.Roles, charter.Regulator) {
		c.Vote, c.Cosign = Key("vote", id).Public(), Key("cosign", id).Public()
		c.CosignName, c.Jurisdiction = id+".example/cosign", "CN"
	}
	if id == "reg" {
		c.Founder = Key("founder", id).Public()
	}
	return c
}

func recipient(t testing.TB, id string) string {
	t.Helper()
	seed := sha256.Sum256([]byte("chartertest/audience/" + id))
	key, err := keys.AudienceFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return key.Recipient()
}

// Grant returns a grant by its texts; resold to or hosted by nobody when empty.
func Grant(t testing.TB, text, allocatee, resoldTo, hostedBy string) charter.RangeGrant {
	t.Helper()
	return charter.RangeGrant{Range: Range(t, text), Allocatee: allocatee, ResoldTo: resoldTo, HostedBy: hostedBy}
}

// Range parses a range.
func Range(t testing.TB, text string) number.Range {
	t.Helper()
	r, err := number.ParseRange(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Seal founds cfg and signs it with the founder keys of its cards.
func Seal(t testing.TB, cfg charter.FoundingConfig) *charter.Genesis {
	t.Helper()
	c, err := charter.Found(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g, err := charter.NewGenesis(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Founders {
		if err := g.Sign(Key("founder", f.Member)); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// State returns the constitution that cfg founds.
func State(t testing.TB, cfg charter.FoundingConfig) *charter.State {
	t.Helper()
	s, err := charter.At(Seal(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Found returns the constitution of a federation of these members, as Config
// reads them.
func Found(t testing.TB, members ...string) *charter.State {
	t.Helper()
	return State(t, Config(t, members...))
}
