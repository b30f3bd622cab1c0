// Package constitution reads what people propose of members, issuers, regulators, ranges
// and policy: a document in which each kind of motion says no more than it changes.
//
// Everything else comes from where it is known: what a member is now, up to where its
// feeds count, what the policy says today. Keys that must agree to a change have endorsed
// it before, in a request (see letter), which is found by what it says: nobody but a key's
// holder endorses.
//
// Floor 12, a room of node/council. It judges nothing: whether a change has its place in
// the charter is the ballot's.
package constitution

import (
	"fmt"
	"slices"
	"strings"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/policy"
	"ringfence/store/strictyaml"
)

// Config is what a document is read against.
type Config struct {
	State    *charter.State
	Frontier func() map[keys.Public]feed.Tip // of the list: up to where feeds are known here
	// Endorsed returns the same change with the endorsements that its keys gave; nil: none
	// is known here.
	Endorsed func(article.Item) article.Item
}

// Document is a change as people write it. Each kind takes some of the fields.
type Document struct {
	Kind   string `yaml:"kind"`
	Reason string `yaml:"reason,omitempty"`

	Member string         `yaml:"member,omitempty"` // ID
	Card   *charter.Card  `yaml:"card,omitempty"`
	Issuer keys.Public    `yaml:"issuer,omitempty"`
	How    string         `yaml:"how,omitempty"` // leave or expel
	Roles  []article.Role `yaml:"roles,omitempty"`

	// Of change_member: what is left out stays.
	Name     *string       `yaml:"name,omitempty"`
	NameZh   *string       `yaml:"name_zh,omitempty"`
	Group    *string       `yaml:"group,omitempty"`
	Contact  *string       `yaml:"contact,omitempty"`
	Hosts    []keys.Public `yaml:"hosts,omitempty"`
	Audience *string       `yaml:"audience,omitempty"`
	Recovery keys.Public   `yaml:"recovery,omitempty"`

	// Of a regulator's seat.
	Jurisdiction string      `yaml:"jurisdiction,omitempty"`
	Vote         keys.Public `yaml:"vote,omitempty"`
	Cosign       keys.Public `yaml:"cosign,omitempty"`
	CosignName   string      `yaml:"cosign_name,omitempty"`

	Grants []charter.RangeGrant `yaml:"grants,omitempty"` // of grant
	Ends   []End                `yaml:"ends,omitempty"`   // of end_grant

	// Of set_policy: what is left out stays.
	Policy    policy.Policy  `yaml:"policy,omitempty"`
	Protected []number.Range `yaml:"protected,omitempty"`
	Taxonomy  uint16         `yaml:"taxonomy,omitempty"`
}

// End is a range whose grant ends, and to whom it passes on, if to anybody.
type End struct {
	Range     number.Range `yaml:"range"`
	Allocatee string       `yaml:"allocatee,omitempty"`
	ResoldTo  string       `yaml:"resold_to,omitempty"`
	HostedBy  string       `yaml:"hosted_by,omitempty"`
}

// KindOf returns the kind of motion that a document asks for, if that changes the
// constitution; said is what was said of it beside the text, which stands where the text
// says nothing.
func KindOf(text, said string) (k motion.Kind, ok bool) {
	if inside, ok := kindIn(text); ok {
		said = inside
	}
	return k, k.UnmarshalText([]byte(said)) == nil && article.Changes(k) && !hasArticles(text)
}

// kindIn returns what a document says of its kind, in a line of its own that is not set
// in: kind: remove_member, where each of the two words may stand in quotes.
func kindIn(text string) (word string, ok bool) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if key != "kind" && key != `"kind"` {
			continue
		}
		word = strings.TrimSuffix(strings.TrimPrefix(strings.Trim(value, " "), `"`), `"`)
		if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == "" {
			return word, true
		}
	}
	return "", false
}

// hasArticles reports whether a file is one of articles that are endorsed as they stand,
// which is no document.
func hasArticles(text string) bool {
	return strings.HasPrefix(text, "articles:") || strings.Contains(text, "\narticles:")
}

// Read reads a document, or for admit_member a member's card as it stands.
func Read(text, name string, s *charter.State) (d Document, err error) {
	d.Policy, d.Taxonomy = *s.Policy(), s.Taxonomy()
	d.Policy.MemberWeights = slices.Clone(d.Policy.MemberWeights)
	if _, ok := kindIn(text); !ok {
		card, err := charter.ReadCard(strings.NewReader(text))
		if err != nil {
			return d, err
		}
		d.Kind, d.Card = motion.AdmitMember.String(), &card
		return d, nil
	}
	if err := strictyaml.Read(strings.NewReader(text), "change of the charter", &d); err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// Items returns what a document changes.
func (c *Config) Items(d *Document) (items []article.Item, err error) {
	var kind motion.Kind
	if err := kind.UnmarshalText([]byte(d.Kind)); err != nil {
		return nil, err
	}
	switch kind {
	case motion.AdmitMember, motion.ChangeMember, motion.RemoveMember:
		items, err = c.member(kind, d)
	case motion.AdmitIssuer:
		items = []article.Item{&article.IssuerAdmission{Member: d.Member, Key: d.Issuer}}
	case motion.EndIssuer:
		items, err = c.issuerEnd(d)
	case motion.AdmitRegulator:
		seat := article.Seat{Member: d.Member, Jurisdiction: d.Jurisdiction, Vote: d.Vote, Cosign: d.Cosign, CosignName: d.CosignName}
		if d.Card != nil {
			seat = d.Card.Seat()
		}
		items = []article.Item{&article.RegulatorAdmission{Seat: seat}}
	case motion.RemoveRegulator:
		items = []article.Item{&article.RegulatorRemoval{Member: d.Member, Roles: sorted(d.Roles)}}
	case motion.RekeyRegulator:
		items = []article.Item{&article.RegulatorRekeying{Member: d.Member, Vote: d.Vote, Cosign: d.Cosign}}
	case motion.Grant:
		items = grants(d.Grants)
	case motion.EndGrant:
		items, err = c.grantEnds(d.Ends)
	case motion.SetPolicy:
		items = []article.Item{c.setting(d)}
	default:
		return nil, fmt.Errorf("kind: a %s motion is proposed by another verb", kind)
	}
	switch {
	case err != nil:
		return nil, err
	case len(items) == 0:
		return nil, fmt.Errorf("%s: nothing is named", kind)
	}
	if c.Endorsed != nil {
		for i := range items {
			if with := c.Endorsed(items[i]); with != nil {
				items[i] = with
			}
		}
	}
	return items, nil
}

func sorted(roles []article.Role) []article.Role { return slices.Sorted(slices.Values(roles)) }

func (c *Config) member(kind motion.Kind, d *Document) ([]article.Item, error) {
	if kind == motion.AdmitMember {
		if d.Card == nil {
			return nil, fmt.Errorf("card: it is missing; who is to be admitted?")
		}
		return []article.Item{&article.MemberAdmission{Member: d.Card.Member()}}, nil
	}
	index, ok := c.State.MemberByID(d.Member)
	if !ok {
		return nil, fmt.Errorf("member: %q is no member", d.Member)
	}
	if kind == motion.RemoveMember {
		how, err := manner(d.How)
		if err != nil {
			return nil, err
		}
		heads := c.heads(func(r *charter.IssuerRecord) bool { return r.Member == index })
		return []article.Item{&article.MemberRemoval{Member: d.Member, How: how, Heads: heads}}, nil
	}
	m := *c.State.Member(index)
	m.Issuers = nil
	for _, one := range []struct {
		said *string
		of   *string
	}{{d.Name, &m.Name}, {d.NameZh, &m.NameZh}, {d.Group, &m.Group}, {d.Contact, &m.Contact}, {d.Audience, &m.Audience}} {
		if one.said != nil {
			*one.of = *one.said
		}
	}
	if d.Roles != nil {
		m.Roles = sorted(d.Roles)
	}
	if d.Hosts != nil {
		m.Hosts = slices.SortedFunc(slices.Values(d.Hosts), keys.Public.Compare)
	}
	if !d.Recovery.IsZero() {
		m.Recovery = d.Recovery
	}
	return []article.Item{&article.MemberChange{Member: m}}, nil
}

func manner(word string) (article.Manner, error) {
	switch word {
	case "leave":
		return article.Leave, nil
	case "expel":
		return article.Expel, nil
	}
	return 0, fmt.Errorf("how: %q; want leave (what is anchored goes on counting) or expel (what was asserted ends)", word)
}

func (c *Config) issuerEnd(d *Document) ([]article.Item, error) {
	how, err := manner(d.How)
	if err != nil {
		return nil, err
	}
	heads := c.heads(func(r *charter.IssuerRecord) bool { return r.Key == d.Issuer })
	return []article.Item{&article.IssuerEnd{Issuer: d.Issuer, How: how, Heads: heads}}, nil
}

// heads returns up to where feeds count whose authority ends: as far as they are known
// here, in the epoch that is open.
func (c *Config) heads(of func(*charter.IssuerRecord) bool) []motion.AnchoredHead {
	var all []motion.AnchoredHead
	for key, tip := range c.Frontier() {
		r, ok := c.State.Record(key)
		if !ok || r.End != nil || !of(r) || tip.Epoch != r.Epochs[len(r.Epochs)-1].Number {
			continue
		}
		hash := tip.CID.Hash()
		all = append(all, motion.AnchoredHead{Issuer: r.Index, Epoch: tip.Epoch, Sequence: tip.Sequence, Digest: merkle.Hash(hash[len(hash)-merkle.HashSize:])})
	}
	slices.SortFunc(all, func(a, b motion.AnchoredHead) int { return int(int64(a.Issuer) - int64(b.Issuer)) })
	return all
}

func grants(list []charter.RangeGrant) (items []article.Item) {
	for _, g := range list {
		items = append(items, &article.Granting{Grant: grant(g.Range, g.Allocatee, g.ResoldTo, g.HostedBy)})
	}
	return items
}

func grant(r number.Range, allocatee, resoldTo, hostedBy string) article.Grant {
	key := r.Bytes()
	return article.Grant{Range: key[:], Allocatee: allocatee, ResoldTo: resoldTo, HostedBy: hostedBy}
}

func (c *Config) grantEnds(ends []End) (items []article.Item, err error) {
	for _, e := range ends {
		key := e.Range.Bytes()
		held := -1
		all := c.State.Charter().Grants
		for i := range all {
			if string(all[i].Range) == string(key[:]) {
				held = i
			}
		}
		if held < 0 {
			return nil, fmt.Errorf("ends: the range %s is granted to nobody as such", e.Range)
		}
		g := all[held]
		heads := c.heads(func(r *charter.IssuerRecord) bool {
			id := c.State.Member(r.Member).ID
			return id == g.Allocatee || id == g.ResoldTo || id == g.HostedBy
		})
		end := &article.GrantEnd{Range: key[:], Heads: heads}
		if e.Allocatee != "" {
			end.Next = []article.Grant{grant(e.Range, e.Allocatee, e.ResoldTo, e.HostedBy)}
		}
		items = append(items, end)
	}
	return items, nil
}

func (c *Config) setting(d *Document) *article.PolicySetting {
	protected := c.State.Charter().Protected
	if d.Protected != nil {
		protected = nil
		for _, r := range d.Protected {
			key := r.Bytes()
			protected = append(protected, key[:])
		}
		slices.SortFunc(protected, func(a, b []byte) int { return strings.Compare(string(a), string(b)) })
	}
	slices.SortFunc(d.Policy.MemberWeights, func(a, b policy.MemberWeight) int { return strings.Compare(a.Member, b.Member) })
	return &article.PolicySetting{Policy: d.Policy, Taxonomy: d.Taxonomy, Protected: protected}
}
