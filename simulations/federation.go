package simulations

import (
	"fmt"
	"io"
	"time"

	"ringfence/simulations/directory"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/plan"
)

// The members of the demo federation.
const (
	deskWest  = "desk-west"
	deskSouth = "desk-south"
	deskRest  = "desk-rest"
	USNumbers = "us-numbers" // a list that the charter trusts
	esList    = "es-list"
	carrier   = "cn-carrier"
	mobile    = "cn-mobile"
	reseller  = "cn-reseller"
	regulator = "regulator"
)

// regulators are those of a federation whose ledger is kept; the first founds it.
var regulators = [...]string{regulator, "regulator-east", "regulator-south", "regulator-west"}

// resold is the range that the mobile operator has resold.
const resold = "+861700*/13"

// seat is a member before it has keys.
type seat struct {
	id, name, nameZh string
	role             charter.Role
	trusted          bool
}

// seats are the members in the order in which they are presented: one regulator, who
// founds the federation and runs no node, or with a quorum four who keep its ledger.
func seats(quorum bool) []seat {
	all := []seat{
		{deskWest, "Complaints desk, US West", "美国西部投诉台", charter.Vendor, false},
		{deskSouth, "Complaints desk, US South", "美国南部投诉台", charter.Vendor, false},
		{deskRest, "Complaints desk, rest of the US", "美国其他地区投诉台", charter.Vendor, false},
		{USNumbers, "Complained-of numbers, US", "美国被投诉号码库", charter.Vendor, true},
		{esList, "Community list, Spain", "西班牙社区号码库", charter.Vendor, true},
		{carrier, "Carrier of service numbers, China", "中国服务号码承载商", charter.Operator, false},
		{mobile, "Mobile network operator, China", "中国移动通信运营商", charter.Operator, false},
		{reseller, "Resale operator, China", "中国移动转售企业", charter.MVNO, false},
		{regulator, "Regulator and founder", "监管机构（创始方）", charter.Regulator, false},
	}
	if !quorum {
		return all
	}
	return append(all,
		seat{regulators[1], "Regulator, East", "监管机构（东部）", charter.Regulator, false},
		seat{regulators[2], "Regulator, South", "监管机构（南部）", charter.Regulator, false},
		seat{regulators[3], "Regulator, West", "监管机构（西部）", charter.Regulator, false},
	)
}

// Federation is the demo's federation as it is founded: a sealed genesis and
// the issuer keys of its members.
type Federation struct {
	Genesis *charter.Genesis
	Cards   []charter.Card // of its members, as they handed them to the founders
	issuers map[string]keys.Private
	held    directory.Directory
}

// Issuer returns the key by which a member speaks; none for a stranger.
func (f *Federation) Issuer(member string) keys.Private { return f.issuers[member] }

// Voice is by what a member's node speaks and is known, and a regulator's votes.
type Voice struct{ Issuer, Host, Vote, Cosign keys.Private }

// Founding is what the demo's federation is founded of.
type Founding struct {
	Now    time.Time
	Random io.Reader
	// Voice returns the keys of a member that has its own; nil makes them all here, to be
	// forgotten with the Federation.
	Voice func(member string) (Voice, error)
	// Log is the ledger's key, which a quorum of regulators holds; zero: one regulator
	// founds, and nobody keeps a ledger.
	Log keys.Private
}

// Found makes keys and seals the charter of the demo: every publisher an
// independence group of its own, the two lists trusted, the carrier allocatee
// of the directory's numbers, which are protected with China's emergency numbers, the mobile
// operator of a range
// that it has resold.
func Found(of Founding) (*Federation, error) {
	held, err := directory.Shipped()
	if err != nil {
		return nil, err
	}
	f := &Federation{issuers: make(map[string]keys.Private), held: held}
	smith := maker{random: of.Random}
	quorum, voice, log := !of.Log.IsZero(), of.Voice, of.Log
	if voice == nil {
		voice = func(string) (Voice, error) {
			return Voice{smith.key(), smith.key(), smith.key(), smith.key()}, smith.err
		}
	}
	if !quorum {
		log = smith.key()
	}
	founder := smith.key()
	cfg := charter.FoundingConfig{
		Name: "Ringfence demo", Created: of.Now.Unix(), Policy: charter.DefaultPolicy(), LogKey: log.Public(),
		Grants: held.Grants(carrier),
	}
	if cfg.Protected, err = plan.WithEmergency(held.Ranges()); err != nil {
		return nil, err
	}
	bulk, err := number.ParseRange(resold)
	if err != nil {
		return nil, err
	}
	cfg.Grants = append(cfg.Grants, charter.RangeGrant{Range: bulk, Allocatee: mobile, ResoldTo: reseller})
	for _, s := range seats(quorum) {
		v := Voice{Issuer: smith.key(), Vote: smith.key(), Cosign: smith.key()}
		if quorum || s.role != charter.Regulator {
			if v, err = voice(s.id); err != nil {
				return nil, fmt.Errorf("keys of %s: %w", s.id, err)
			}
		}
		f.issuers[s.id] = v.Issuer
		card := smith.card(s, v)
		if s.id == regulator {
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
	f.Cards = cfg.Cards
	if f.Genesis, err = seal(cfg, founder); err != nil {
		return nil, err
	}
	return f, nil
}

func seal(cfg charter.FoundingConfig, founder keys.Private) (*charter.Genesis, error) {
	c, err := charter.Found(cfg)
	if err != nil {
		return nil, fmt.Errorf("found the demo federation: %w", err)
	}
	g, err := charter.NewGenesis(c)
	if err != nil {
		return nil, fmt.Errorf("found the demo federation: %w", err)
	}
	if err := g.Sign(founder); err != nil {
		return nil, fmt.Errorf("seal the demo federation: %w", err)
	}
	return g, nil
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
func (m *maker) card(s seat, v Voice) charter.Card {
	audience, err := keys.GenerateAudience(m.random)
	if m.err == nil {
		m.err = err
	}
	card := charter.Card{
		ID: s.id, Name: s.name, NameZh: s.nameZh, Roles: []charter.Role{s.role},
		Group: s.id, Contact: "nobody: a member of a demonstration",
		Issuers: []keys.Public{v.Issuer.Public()}, Audience: audience.Recipient(), Recovery: m.key().Public(),
	}
	if !v.Host.IsZero() {
		card.Hosts = []keys.Public{v.Host.Public()}
	}
	if s.role == charter.Regulator {
		card.Jurisdiction, card.CosignName = "CN", s.id+".example"
		card.Vote, card.Cosign = v.Vote.Public(), v.Cosign.Public()
	}
	return card
}
