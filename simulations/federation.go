package simulations

import (
	"fmt"
	"io"
	"time"

	"ringfence/store/charter"
	"ringfence/store/keys"
)

// The members of the demo federation.
const (
	deskWest  = "desk-west"
	deskSouth = "desk-south"
	deskRest  = "desk-rest"
	USNumbers = "us-numbers" // a list that the charter trusts
	esList    = "es-list"
	carrier   = "cn-carrier"
	regulator = "regulator"
)

// seat is a member before it has keys.
type seat struct {
	id, name, nameZh string
	role             charter.Role
	trusted          bool
}

// seats are the members in the order in which they are presented.
func seats() []seat {
	return []seat{
		{deskWest, "Complaints desk, US West", "美国西部投诉台", charter.Vendor, false},
		{deskSouth, "Complaints desk, US South", "美国南部投诉台", charter.Vendor, false},
		{deskRest, "Complaints desk, rest of the US", "美国其他地区投诉台", charter.Vendor, false},
		{USNumbers, "Complained-of numbers, US", "美国被投诉号码库", charter.Vendor, true},
		{esList, "Community list, Spain", "西班牙社区号码库", charter.Vendor, true},
		{carrier, "Carrier of service numbers, China", "中国服务号码承载商", charter.Operator, false},
		{regulator, "Regulator and founder", "监管机构（创始方）", charter.Regulator, false},
	}
}

// Federation is the demo's federation as it is founded: a sealed genesis and
// the issuer keys of its members.
type Federation struct {
	Genesis *charter.Genesis
	issuers map[string]keys.Private
	held    directory
}

// Issuer returns the key by which a member speaks; none for a stranger.
func (f *Federation) Issuer(member string) keys.Private { return f.issuers[member] }

// speakers returns the public keys by which the members speak.
func (f *Federation) speakers() []keys.Public {
	var all []keys.Public
	for _, key := range f.issuers {
		all = append(all, key.Public())
	}
	return all
}

// Found makes keys and seals the charter of the demo: every publisher an
// independence group of its own, the two lists trusted, the carrier allocatee
// of the directory's numbers, which are protected. The carrier speaks by the
// given key, or by a new one when it is none; the others' keys are made here
// and forgotten with the Federation.
func Found(now time.Time, random io.Reader, home keys.Private) (*Federation, error) {
	held, err := shippedDirectory()
	if err != nil {
		return nil, err
	}
	f := &Federation{issuers: make(map[string]keys.Private), held: held}
	smith := maker{random: random}
	founder, log := smith.key(), smith.key()
	cfg := charter.FoundingConfig{
		Name: "Ringfence demo", Created: now.Unix(), Policy: charter.DefaultPolicy(), LogKey: log.Public(),
		Grants: held.grants(carrier), Protected: held.ranges(),
	}
	for _, s := range seats() {
		issuer := home
		if s.id != carrier || home.IsZero() {
			issuer = smith.key()
		}
		f.issuers[s.id] = issuer
		card := smith.card(s, issuer.Public())
		if s.role == charter.Regulator {
			card.Founder = founder.Public()
		}
		cfg.Cards = append(cfg.Cards, card)
		if s.trusted {
			cfg.Trusted = append(cfg.Trusted, s.id)
		}
	}
	if smith.err != nil {
		return nil, fmt.Errorf("make the demo's keys: %w", smith.err)
	}
	c, err := charter.Found(cfg)
	if err != nil {
		return nil, fmt.Errorf("found the demo federation: %w", err)
	}
	if f.Genesis, err = charter.NewGenesis(c); err != nil {
		return nil, fmt.Errorf("found the demo federation: %w", err)
	}
	if err := f.Genesis.Sign(founder); err != nil {
		return nil, fmt.Errorf("seal the demo federation: %w", err)
	}
	return f, nil
}

// maker makes keys and keeps the first error.
type maker struct {
	random io.Reader
	err    error
}

func (m *maker) key() keys.Private {
	k, err := keys.Generate(m.random)
	if m.err == nil {
		m.err = err
	}
	return k
}

// card returns what a member hands to the founders.
func (m *maker) card(s seat, issuer keys.Public) charter.Card {
	audience, err := keys.GenerateAudience(m.random)
	if m.err == nil {
		m.err = err
	}
	card := charter.Card{
		ID: s.id, Name: s.name, NameZh: s.nameZh, Roles: []charter.Role{s.role},
		Group: s.id, Contact: "nobody: a member of a demonstration",
		Issuers: []keys.Public{issuer}, Hosts: []keys.Public{m.key().Public()},
		Audience: audience.Recipient(), Recovery: m.key().Public(),
	}
	if s.role == charter.Regulator {
		card.Jurisdiction, card.CosignName = "CN", s.id+".example"
		card.Vote, card.Cosign = m.key().Public(), m.key().Public()
	}
	return card
}
