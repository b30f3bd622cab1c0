package charter

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// formatVersion is the version of the charter's and genesis's shape.
const formatVersion = 1

// Bounds of a charter. Lists that a motion can lengthen later are bounded by
// what the codec reads in one array.
const (
	maxFounders   = 64
	maxRegulators = 64
	maxMembers    = assertion.MaxElements
	maxGrants     = assertion.MaxElements
	maxProtected  = assertion.MaxElements
	maxFederation = 64
	maxCheckpoint = 64 << 10
)

// Normalize puts every list in the order in which the charter is encoded:
// founders and regulators by member, members and member weights by ID, roles,
// keys, grants and protected ranges by their bytes. It removes nothing; what
// stands twice is left for Validate to name.
func (c *Charter) Normalize() {
	slices.SortStableFunc(c.Founders, func(a, b Founder) int { return cmp.Compare(a.Member, b.Member) })
	slices.SortStableFunc(c.Regulators, func(a, b RegulatorSeat) int { return cmp.Compare(a.Member, b.Member) })
	slices.SortStableFunc(c.Members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	for i := range c.Members {
		slices.Sort(c.Members[i].Roles)
		slices.SortFunc(c.Members[i].Issuers, keys.Public.Compare)
		slices.SortFunc(c.Members[i].Hosts, keys.Public.Compare)
	}
	slices.SortStableFunc(c.Grants, func(a, b Grant) int { return bytes.Compare(a.Range, b.Range) })
	slices.SortFunc(c.Protected, bytes.Compare)
	slices.SortStableFunc(c.Policy.MemberWeights, func(a, b MemberWeight) int { return cmp.Compare(a.Member, b.Member) })
}

// Validate checks every rule that a charter must keep by itself. Its error
// names the place, as members[3].issuers[0], and what is wrong there; places
// count from 0 in the order of the encoding.
func (c *Charter) Validate() error {
	v := validator{charter: c, byID: make(map[string]*Member, len(c.Members)), uses: make(map[keys.Public]string)}
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
	uses    map[keys.Public]string // key → what it already is
}

func (v *validator) head() error {
	c := v.charter
	switch {
	case c.Version != formatVersion:
		return fmt.Errorf("version: %d is unknown; this program knows %d: upgrade needed", c.Version, formatVersion)
	case c.Taxonomy != taxonomy.Version:
		return fmt.Errorf("taxonomy: version %d is unknown; this program knows %d: upgrade needed", c.Taxonomy, taxonomy.Version)
	case c.Created <= 0 || c.Created > taxonomy.MaxTime:
		return fmt.Errorf("created: %d is no time between 1970 and 9999, in Unix seconds", c.Created)
	}
	if err := article.CheckText(c.Name, 1, maxFederation); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	for _, list := range [...]struct {
		name        string
		have, least int
		most        int
	}{
		{"founders", len(c.Founders), 1, maxFounders},
		{"regulators", len(c.Regulators), 1, maxRegulators},
		{"members", len(c.Members), 1, maxMembers},
		{"grants", len(c.Grants), 0, maxGrants},
		{"protected", len(c.Protected), 0, maxProtected},
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
	if err := v.claim("log_key", c.LogKey, inUse(forLog, "")); err != nil {
		return err
	}
	for i, f := range c.Founders {
		if err := v.claim(fmt.Sprintf("founders[%d].key", i), f.Key, inUse(forFounding, f.Member)); err != nil {
			return err
		}
	}
	for i, r := range c.Regulators {
		if err := v.seatKeys(&r); err != nil {
			return fmt.Errorf("regulators[%d].%w", i, err)
		}
	}
	audiences := make(map[string]string)
	for i := range c.Members {
		m := &c.Members[i]
		if err := v.memberKeys(m); err != nil {
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

func (v *validator) seatKeys(r *RegulatorSeat) error {
	if err := v.claim("vote", r.Vote, inUse(article.ForVotes, r.Member)); err != nil {
		return err
	}
	return v.claim("cosign", r.Cosign, inUse(article.ForCosign, r.Member))
}

func (v *validator) memberKeys(m *Member) error {
	return m.EachKey(func(place string, k article.Key) error { return v.claim(place, k.Public, inUse(k.Purpose, m.ID)) })
}

// inUse says what a key is or was, in words.
func inUse(purpose article.Purpose, member string) string {
	if purpose == forLog {
		return "the log key"
	}
	return fmt.Sprintf("%s key of %q", purpose, member)
}

func (v *validator) claim(place string, k keys.Public, use string) error {
	if err := article.CheckKey(k); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	if other := v.uses[k]; other != "" {
		return fmt.Errorf("%s: key is already %s; a key serves one purpose", place, other)
	}
	v.uses[k] = use
	return nil
}

func (v *validator) grants() error {
	held := make(map[number.Range]int, len(v.charter.Grants)) // list key → grant
	for i, g := range v.charter.Grants {
		r, err := article.ParseRange(g.Range)
		if err != nil {
			return fmt.Errorf("grants[%d].range: %w", i, err)
		}
		if i > 0 && bytes.Compare(v.charter.Grants[i-1].Range, g.Range) >= 0 {
			return fmt.Errorf("grants[%d].range: %s stands twice or out of order", i, r)
		}
		for _, who := range holders(&g) {
			if v.byID[who.id] == nil && (who.id != "" || !who.optional) {
				return fmt.Errorf("grants[%d].%s: %.64q is no member", i, who.field, who.id)
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

// holder is a member that a grant names, with the field in which it stands.
type holder struct {
	field, id string
	optional  bool // it may name nobody
}

func holders(g *Grant) [3]holder {
	return [...]holder{{"allocatee", g.Allocatee, false}, {"resold_to", g.ResoldTo, true}, {"hosted_by", g.HostedBy, true}}
}

func (v *validator) protected() error { return article.CheckProtected(v.charter.Protected) }

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
