package article

import (
	"bytes"
	"fmt"
	"slices"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Validate checks every rule that a charter must keep by itself. Its error
// names the place, as members[3].issuers[0], and what is wrong there; places
// count from 0 in the order of the encoding.
func (c *Charter) Validate() error {
	v := validator{charter: c, byID: make(map[string]*Member, len(c.Members)), uses: make(Uses)}
	for _, step := range [...]func() error{v.head, v.members, v.founders, v.regulators, v.keys, v.grants, v.protected, v.policy} {
		if err := step(); err != nil {
			return fmt.Errorf("charter: %w", err)
		}
	}
	return nil
}

// validator holds what the steps of Validate learn about one charter.
type validator struct {
	charter *Charter
	byID    map[string]*Member
	uses    Uses
}

func (v *validator) head() error {
	c := v.charter
	switch {
	case c.Version != CharterVersion:
		return fmt.Errorf("version: %d is unknown; this program knows %d: upgrade needed", c.Version, CharterVersion)
	case c.Taxonomy != taxonomy.Version:
		return fmt.Errorf("taxonomy: version %d is unknown; this program knows %d: upgrade needed", c.Taxonomy, taxonomy.Version)
	case c.Created <= 0 || c.Created > taxonomy.MaxTime:
		return fmt.Errorf("created: %d is no time between 1970 and 9999, in Unix seconds", c.Created)
	}
	if err := CheckText(c.Name, 1, maxFederation); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	for _, list := range [...]struct {
		name        string
		have, least int
		most        int
	}{
		{"founders", len(c.Founders), 1, MaxFounders},
		{"regulators", len(c.Regulators), 1, MaxRegulators},
		{"members", len(c.Members), 1, MaxMembers},
		{"grants", len(c.Grants), 0, MaxGrants},
		{"protected", len(c.Protected), 0, MaxProtected},
	} {
		if list.have < list.least || list.have > list.most {
			return fmt.Errorf("%s: %d of them; a charter has %d to %d", list.name, list.have, list.least, list.most)
		}
	}
	return c.Predecessor.validate()
}

func (p *Predecessor) validate() error {
	if p.isZero() {
		return nil
	}
	if _, err := taxonomy.CIDFromBytes(p.Federation); err != nil {
		return fmt.Errorf("predecessor.federation: %w", err)
	}
	if _, err := taxonomy.CIDFromBytes(p.Charter); err != nil {
		return fmt.Errorf("predecessor.charter: %w", err)
	}
	if len(p.Checkpoint) == 0 || len(p.Checkpoint) > maxCheckpoint {
		return fmt.Errorf("predecessor.checkpoint: %d bytes; a successor names the last certified checkpoint, of 1 to %d", len(p.Checkpoint), maxCheckpoint)
	}
	return nil
}

func (v *validator) members() error {
	list := v.charter.Members
	for i := range list {
		m := &list[i]
		if err := m.Validate(); err != nil {
			return fmt.Errorf("members[%d].%w", i, err)
		}
		if err := ascending(i, func(i int) string { return list[i].ID }); err != nil {
			return fmt.Errorf("members[%d].id: %w", i, err)
		}
		v.byID[m.ID] = m
	}
	return nil
}

func (v *validator) founders() error {
	list := v.charter.Founders
	for i, f := range list {
		if v.byID[f.Member] == nil {
			return fmt.Errorf("founders[%d].member: %.64q is no member", i, f.Member)
		}
		if err := ascending(i, func(i int) string { return list[i].Member }); err != nil {
			return fmt.Errorf("founders[%d].member: %w", i, err)
		}
	}
	return nil
}

func (v *validator) regulators() error {
	list := v.charter.Regulators
	seated := make(map[string]bool, len(list))
	names := make(map[string]string, len(list))
	for i, r := range list {
		m := v.byID[r.Member]
		switch {
		case m == nil:
			return fmt.Errorf("regulators[%d].member: %.64q is no member", i, r.Member)
		case !slices.Contains(m.Roles, Regulator):
			return fmt.Errorf("regulators[%d].member: %q has not the role regulator", i, r.Member)
		case names[r.CosignName] != "":
			return fmt.Errorf("regulators[%d].cosign_name: %q is already that of %q", i, r.CosignName, names[r.CosignName])
		}
		if err := r.Validate(); err != nil {
			return fmt.Errorf("regulators[%d].%w", i, err)
		}
		if err := ascending(i, func(i int) string { return list[i].Member }); err != nil {
			return fmt.Errorf("regulators[%d].member: %w", i, err)
		}
		seated[r.Member], names[r.CosignName] = true, r.Member
	}
	for i, m := range v.charter.Members {
		if slices.Contains(m.Roles, Regulator) && !seated[m.ID] {
			return fmt.Errorf("members[%d].roles: %q is a regulator without a seat among the regulators", i, m.ID)
		}
	}
	return nil
}

// keys checks that every key is well formed and serves one purpose of one
// member.
func (v *validator) keys() error {
	c := v.charter
	if err := v.uses.Claim("log_key", Key{c.LogKey, ForLog}, ""); err != nil {
		return err
	}
	for i, f := range c.Founders {
		if err := v.uses.Claim(fmt.Sprintf("founders[%d].key", i), Key{f.Key, ForFounding}, f.Member); err != nil {
			return err
		}
	}
	for i, r := range c.Regulators {
		if err := v.uses.Seat(&r); err != nil {
			return fmt.Errorf("regulators[%d].%w", i, err)
		}
	}
	audiences := make(map[string]string)
	for i := range c.Members {
		m := &c.Members[i]
		if err := v.uses.Member(m); err != nil {
			return fmt.Errorf("members[%d].%w", i, err)
		}
		if m.Audience == "" {
			continue
		}
		if other := audiences[m.Audience]; other != "" {
			return fmt.Errorf("members[%d].audience: key is already audience key of %q", i, other)
		}
		audiences[m.Audience] = m.ID
	}
	return nil
}

func (v *validator) grants() error {
	held := make(map[number.Range]int, len(v.charter.Grants)) // list key → grant
	for i, g := range v.charter.Grants {
		r, err := ParseRange(g.Range)
		if err != nil {
			return fmt.Errorf("grants[%d].range: %w", i, err)
		}
		if i > 0 && bytes.Compare(v.charter.Grants[i-1].Range, g.Range) >= 0 {
			return fmt.Errorf("grants[%d].range: %s stands twice or out of order", i, r)
		}
		for _, who := range Holders(&g) {
			if v.byID[who.ID] == nil && (who.ID != "" || !who.Optional) {
				return fmt.Errorf("grants[%d].%s: %.64q is no member", i, who.Field, who.ID)
			}
		}
		for key := range r.Keys() {
			if j, taken := held[key]; taken {
				return fmt.Errorf("grants[%d].range: %s overlaps grants[%d] with the same prefix; only a longer prefix can go before a shorter one", i, r, j)
			}
			held[key] = i
		}
	}
	return nil
}

// Holder is a member that a grant names, with the field in which it stands.
type Holder struct {
	Field, ID string
	Optional  bool // it may name nobody
}

// Holders returns the members that a grant names.
func Holders(g *Grant) [3]Holder {
	return [...]Holder{{"allocatee", g.Allocatee, false}, {"resold_to", g.ResoldTo, true}, {"hosted_by", g.HostedBy, true}}
}

func (v *validator) protected() error { return CheckProtected(v.charter.Protected) }

func (v *validator) policy() error {
	p := &v.charter.Policy
	if err := p.Validate(); err != nil {
		return err
	}
	for i, w := range p.MemberWeights {
		if v.byID[w.Member] == nil {
			return fmt.Errorf("policy.member_weights[%d].member: %.64q is no member", i, w.Member)
		}
	}
	return nil
}

// ascending refuses the element at i when it does not come after the one
// before it.
func ascending(i int, id func(int) string) error {
	if i > 0 && id(i-1) >= id(i) {
		return fmt.Errorf("%q stands twice or out of order", id(i))
	}
	return nil
}
