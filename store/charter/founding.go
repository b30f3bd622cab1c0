package charter

import (
	"fmt"
	"io"
	"slices"

	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/policy"
	"ringfence/store/strictyaml"
	"ringfence/store/taxonomy"
)

// Card is what one organisation hands to the founders: who it is and the
// public halves of its keys. It is written as JSON or YAML, with roles and
// keys in their text forms, and holds nothing secret. What a card does not
// need it leaves out: the vote, cosign and jurisdiction fields belong to
// regulators, the founder key to those who sign the genesis charter.
type Card struct {
	ID           string        `json:"id" yaml:"id"`
	Name         string        `json:"name" yaml:"name"`
	NameZh       string        `json:"name_zh,omitempty" yaml:"name_zh,omitempty"`
	Roles        []Role        `json:"roles" yaml:"roles"`
	Group        string        `json:"group" yaml:"group"`
	Contact      string        `json:"contact" yaml:"contact"`
	Issuers      []keys.Public `json:"issuers,omitempty" yaml:"issuers,omitempty"`
	Hosts        []keys.Public `json:"hosts,omitempty" yaml:"hosts,omitempty"`
	Audience     string        `json:"audience,omitempty" yaml:"audience,omitempty"`
	Recovery     keys.Public   `json:"recovery,omitzero" yaml:"recovery,omitempty"`
	Founder      keys.Public   `json:"founder,omitzero" yaml:"founder,omitempty"`
	Jurisdiction string        `json:"jurisdiction,omitempty" yaml:"jurisdiction,omitempty"`
	Vote         keys.Public   `json:"vote,omitzero" yaml:"vote,omitempty"`
	Cosign       keys.Public   `json:"cosign,omitzero" yaml:"cosign,omitempty"`
	CosignName   string        `json:"cosign_name,omitempty" yaml:"cosign_name,omitempty"`
}

// RangeGrant is a Grant as people write it.
type RangeGrant struct {
	Range     number.Range `json:"range" yaml:"range"`
	Allocatee string       `json:"allocatee" yaml:"allocatee"`
	ResoldTo  string       `json:"resold_to,omitempty" yaml:"resold_to,omitempty"`
	HostedBy  string       `json:"hosted_by,omitempty" yaml:"hosted_by,omitempty"`
}

// FoundingConfig is what the founders agree on.
type FoundingConfig struct {
	Name      string // of the federation
	Created   int64  // Unix seconds
	Cards     []Card // of all members, in any order
	Grants    []RangeGrant
	Protected []number.Range
	Policy    Policy
	Trusted   []string // IDs of members whose weight is policy.Trusted
	LogKey    keys.Public
	// Predecessor is set in a successor charter alone.
	Predecessor Predecessor
}

// Found writes the charter that cfg describes, normalised and valid. A card
// with a founder key makes its member a founder; one with the role regulator
// gives it a seat.
func Found(cfg FoundingConfig) (*Charter, error) {
	c := &Charter{
		Version: article.CharterVersion, Name: cfg.Name, Created: cfg.Created, Predecessor: cfg.Predecessor,
		Policy: cfg.Policy, LogKey: cfg.LogKey, Taxonomy: taxonomy.Version,
	}
	for i := range cfg.Cards {
		if err := seat(c, &cfg.Cards[i]); err != nil {
			return nil, fmt.Errorf("charter: cards[%d]: %w", i, err)
		}
	}
	for i, g := range cfg.Grants {
		if g.Range.IsZero() {
			return nil, fmt.Errorf("charter: grants[%d].range: the range is missing", i)
		}
		key := g.Range.Bytes()
		c.Grants = append(c.Grants, Grant{Range: key[:], Allocatee: g.Allocatee, ResoldTo: g.ResoldTo, HostedBy: g.HostedBy})
	}
	for i, r := range cfg.Protected {
		if r.IsZero() {
			return nil, fmt.Errorf("charter: protected[%d]: the range is missing", i)
		}
		key := r.Bytes()
		c.Protected = append(c.Protected, key[:])
	}
	if err := trust(c, cfg.Trusted); err != nil {
		return nil, err
	}
	c.Normalize()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// seat enters a member and what it is besides.
func seat(c *Charter, card *Card) error {
	if err := card.Validate(); err != nil {
		return err
	}
	c.Members = append(c.Members, card.Member())
	if !card.Founder.IsZero() {
		c.Founders = append(c.Founders, Founder{Member: card.ID, Key: card.Founder})
	}
	if slices.Contains(card.Roles, Regulator) {
		c.Regulators = append(c.Regulators, card.Seat())
	}
	return nil
}

// trust gives members the weight of trusted sources. The policy's list is
// copied: it belongs to the caller.
func trust(c *Charter, members []string) error {
	c.Policy.MemberWeights = slices.Clone(c.Policy.MemberWeights)
	for _, id := range members {
		if slices.ContainsFunc(c.Policy.MemberWeights, func(w MemberWeight) bool { return w.Member == id }) {
			return fmt.Errorf("charter: %.64q is called trusted but has a weight already, from policy.member_weights or by being named twice: name it once", id)
		}
		c.Policy.MemberWeights = append(c.Policy.MemberWeights, MemberWeight{Member: id, Permille: policy.Trusted})
	}
	return nil
}

// Member returns the member that the card is of, its lists in order.
func (c *Card) Member() Member {
	return Member{
		ID: c.ID, Name: c.Name, NameZh: c.NameZh, Roles: slices.Sorted(slices.Values(c.Roles)),
		Group: c.Group, Contact: c.Contact, Audience: c.Audience, Recovery: c.Recovery,
		Issuers: slices.SortedFunc(slices.Values(c.Issuers), keys.Public.Compare),
		Hosts:   slices.SortedFunc(slices.Values(c.Hosts), keys.Public.Compare),
	}
}

// Seat returns the seat that a regulator's card asks for.
func (c *Card) Seat() RegulatorSeat {
	return RegulatorSeat{Member: c.ID, Jurisdiction: c.Jurisdiction, Vote: c.Vote, Cosign: c.Cosign, CosignName: c.CosignName}
}

// Validate checks what a card can show by itself, before others stand beside
// it. Its error names the field.
func (c *Card) Validate() error {
	m := c.Member()
	if err := m.Validate(); err != nil {
		return err
	}
	uses := make(article.Uses)
	if err := uses.Member(&m); err != nil {
		return err
	}
	if !c.Founder.IsZero() {
		if err := uses.Claim("founder", article.Key{Public: c.Founder, Purpose: article.ForFounding}, c.ID); err != nil {
			return err
		}
	}
	if slices.Contains(c.Roles, Regulator) {
		r := c.Seat()
		if err := r.Validate(); err != nil {
			return err
		}
		return uses.Seat(&r)
	}
	if !c.Vote.IsZero() || !c.Cosign.IsZero() || c.CosignName != "" || c.Jurisdiction != "" {
		return fmt.Errorf("vote: %q has a regulator's fields but not the role regulator", c.ID)
	}
	return nil
}

// ReadCard reads and validates a card as people write it, in YAML or JSON. A
// key that no card has is an error that names it and its line.
func ReadCard(r io.Reader) (Card, error) {
	var c Card
	if err := strictyaml.Read(r, "card", &c); err != nil {
		return Card{}, err
	}
	if err := c.Validate(); err != nil {
		return Card{}, fmt.Errorf("charter: card: %w", err)
	}
	return c, nil
}

// YAML returns c as ReadCard reads it.
func (c *Card) YAML() ([]byte, error) { return strictyaml.Write("card", c) }
