package charter

import (
	"bytes"
	"fmt"
	"slices"

	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// Enact returns the constitution after an enacted motion whose entry has index first,
// at least the size of s. The error is why the motion has no place here, in words for
// who proposed it; it wraps wire.ErrNewer when this release does not know what the
// motion says, so that it cannot judge it. Of kinds that do not change the constitution
// the items are not looked at, and may be erased.
//
// Enact judges what the constitution is to be, and who must agree with a key of its
// own. Who may propose, how many votes it takes, whether the motion is still open and
// what anchors say of the heads that it names is the ballot's.
func (s *State) Enact(m motion.Signed, first uint64, items []motion.Opening) (*State, error) {
	if err := s.admits(&m, first); err != nil {
		return nil, fmt.Errorf("charter: the %s motion: %w", m.Kind, err)
	}
	size := first + 1 + uint64(m.Count)
	if !article.Changes(m.Kind) {
		return s.Grown(size), nil
	}
	if _, err := m.Holds(items); err != nil {
		return nil, err
	}
	changes, err := article.Open(s.federation, m.Kind, items)
	if err != nil {
		return nil, err
	}
	d := s.follow(&m, first)
	for i, it := range changes {
		if err := d.take(it); err != nil {
			return nil, fmt.Errorf("charter: the %s motion: item %d: %w", m.Kind, i, err)
		}
	}
	return &State{&d.constitution, size}, nil
}

// admits refuses a motion for what its header says.
func (s *State) admits(m *motion.Signed, first uint64) error {
	switch {
	case !m.Federation.Equals(s.federation):
		return fmt.Errorf("it is of federation %s, not %s", m.Federation, s.federation)
	case first < s.size:
		return fmt.Errorf("it is put at ledger entry %d, below the %d that are there", first, s.size)
	case article.Changes(m.Kind) && m.Until != taxonomy.NeverDay:
		return fmt.Errorf("what it enters is to last until day %d: the constitution stands until it is changed, so name no day", uint32(m.Until))
	case m.Kind.NamesHeads() && (m.BuildsOn == 0 || m.BuildsOn > first):
		return fmt.Errorf("it builds on ledger size %d; that of its entry is %d: make it anew on a size from 1 to that", m.BuildsOn, first)
	case m.Kind.Constitutes() && m.Standing != s.standing:
		return fmt.Errorf("regulators or policy have changed since it was made (it names %x, now stands %x): look at what changed, and make it anew", m.Standing[:6], s.standing[:6])
	}
	return nil
}

// take carries one item out, or says why it has no place.
func (d *draft) take(it article.Item) error {
	switch it := it.(type) {
	case *article.MemberAdmission:
		return d.admitMember(it)
	case *article.MemberChange:
		return d.changeMember(it)
	case *article.MemberRemoval:
		return d.removeMember(it)
	case *article.IssuerAdmission:
		return d.admitIssuer(it)
	case *article.IssuerEnd:
		return d.endIssuer(it)
	case *article.RegulatorAdmission:
		return d.admitRegulator(it)
	case *article.RegulatorRemoval:
		return d.removeRegulator(it)
	case *article.RegulatorRekeying:
		return d.rekeyRegulator(it)
	case *article.Reinstatement:
		return d.reinstate(it)
	case *article.Granting:
		return d.grant(it.Grant)
	case *article.GrantEnd:
		return d.endGrant(it)
	case *article.PolicySetting:
		return d.setPolicy(it)
	}
	return fmt.Errorf("a %s motion is none that the constitution knows", it.Kind())
}

// claim enters a key, unless it serves or served another purpose.
func (d *draft) claim(place string, k article.Key, owner MemberIndex) error {
	if r, ok := d.Record(k.Public); ok {
		if r.End != nil {
			return fmt.Errorf("%s: key %s was an issuer of %q that ended at ledger entry %d; an ended key is never admitted again", place, k.Short(), d.name(r.Member), r.End.Since)
		}
		return fmt.Errorf("%s: key is already %s; a key serves one purpose", place, article.ForFeed.InUse(d.name(r.Member)))
	}
	u, ok := d.uses.Get(k.Public)
	again := u.purpose == k.Purpose && u.member == owner && (k.Purpose == article.ForHost || k.Purpose == article.ForRecovery)
	switch {
	case ok && u.ended != 0 && !again:
		return fmt.Errorf("%s: key %s was %s; an ended key is never admitted again", place, k.Short(), u.purpose.InUse(d.name(u.member)))
	case ok && u.ended == 0:
		return fmt.Errorf("%s: key is already %s; a key serves one purpose", place, u.purpose.InUse(d.name(u.member)))
	}
	d.note(k, owner)
	return nil
}

// name returns the ID of who is or was a member; "" for nobody.
func (c *constitution) name(m MemberIndex) string {
	if one, ok := c.members.Get(m); ok {
		return one.ID
	}
	return ""
}

// member returns a member in force.
func (d *draft) member(place, id string) (MemberIndex, *member, error) {
	index := d.indexOf(id)
	m, ok := d.members.Get(index)
	switch {
	case !ok:
		return nobody, nil, fmt.Errorf("%s: %.64q is no member", place, id)
	case m.end != nil:
		return nobody, nil, fmt.Errorf("%s: %q is a member no longer, since ledger entry %d", place, id, m.end.Since)
	}
	return index, m, nil
}

// issuer returns the record of an issuer in force.
func (d *draft) issuer(k keys.Public) (*IssuerRecord, error) {
	r, ok := d.Record(k)
	switch {
	case !ok:
		return nil, fmt.Errorf("issuer: key %s was never admitted", k.Short())
	case r.End != nil:
		return nil, fmt.Errorf("issuer: key %s of %q ended at ledger entry %d", k.Short(), d.name(r.Member), r.End.Since)
	}
	return r, nil
}

// audience refuses an audience key that another member has.
func (d *draft) audience(m *Member) error {
	if m.Audience == "" {
		return nil
	}
	for _, other := range d.members.All() {
		if other.end == nil && other.ID != m.ID && other.Audience == m.Audience {
			return fmt.Errorf("member.audience: key is already audience key of %q", other.ID)
		}
	}
	return nil
}

// heads refuses heads that are of no issuer in force of these members, or not in its
// open epoch.
func (d *draft) heads(heads []motion.AnchoredHead, of ...MemberIndex) error {
	for i, h := range heads {
		r, ok := d.roster.Get(h.Issuer)
		switch {
		case !ok || !slices.Contains(of, r.Member):
			return fmt.Errorf("heads[%d]: roster index %d is no issuer whose authority this ends", i, h.Issuer)
		case r.End != nil:
			return fmt.Errorf("heads[%d]: issuer %s ended at ledger entry %d; make the motion anew without it", i, r.Key.Short(), r.End.Since)
		case h.Epoch != r.open().Number:
			return fmt.Errorf("heads[%d]: epoch %d of issuer %s is not the open one, %d", i, h.Epoch, r.Key.Short(), r.open().Number)
		}
	}
	return nil
}

// headsOf is heads for those of one issuer.
func (d *draft) headsOf(r *IssuerRecord, heads []motion.AnchoredHead) error {
	for i, h := range heads {
		if h.Issuer != r.Index {
			return fmt.Errorf("heads[%d]: it is of roster index %d; issuer %s has index %d", i, h.Issuer, r.Key.Short(), r.Index)
		}
	}
	return d.heads(heads, r.Member)
}

// endorsedByMember refuses endorsements of keys that are neither among others nor the
// member's, by which it may say that it wants something.
func (d *draft) endorsedByMember(list []keys.Endorsement, m *member, others ...keys.Public) error {
	for i, e := range list {
		if e.Key != m.Recovery && !slices.Contains(m.Issuers, e.Key) && !slices.Contains(others, e.Key) {
			return fmt.Errorf("endorsements[%d]: key %s is neither an issuer nor the recovery key of %q", i, e.Key.Short(), m.ID)
		}
	}
	return nil
}

func (d *draft) grant(g Grant) error {
	r, err := article.ParseRange(g.Range)
	if err != nil {
		return fmt.Errorf("grant.range: %w", err)
	}
	if d.granted >= article.MaxGrants {
		return fmt.Errorf("grant.range: %d ranges are granted, the most that there may be: grant wider ones", d.granted)
	}
	for _, who := range article.Holders(&g) {
		if who.ID == "" && who.Optional {
			continue
		}
		if _, _, err := d.member("grant."+who.Field, who.ID); err != nil {
			return err
		}
	}
	for key := range r.Keys() {
		if held, taken := d.grants.at.Get(key); taken {
			other, _ := article.ParseRange(held.Range)
			return fmt.Errorf("grant.range: %s overlaps %s with the same prefix, which is granted to %q: end that first; only a longer prefix can go before a shorter one", r, other, held.Allocatee)
		}
	}
	d.allot(g)
	return nil
}

func (d *draft) endGrant(a *article.GrantEnd) error {
	r, err := article.ParseRange(a.Range)
	if err != nil {
		return fmt.Errorf("range: %w", err)
	}
	var held *grant
	for key := range r.Keys() {
		held, _ = d.grants.at.Get(key)
		break
	}
	if held == nil || !bytes.Equal(held.Range, a.Range) {
		return fmt.Errorf("range: %s is not granted as such; name a range as its grant does", r)
	}
	if err := d.heads(a.Heads, held.allocatee, held.resoldTo, held.server); err != nil {
		return err
	}
	d.withdraw(held)
	for _, next := range a.Next {
		if err := d.grant(next); err != nil {
			return fmt.Errorf("next[0]: %w", err)
		}
	}
	return nil
}

func (d *draft) setPolicy(a *article.PolicySetting) error {
	for i, w := range a.Policy.MemberWeights {
		if _, _, err := d.member(fmt.Sprintf("policy.member_weights[%d].member", i), w.Member); err != nil {
			return err
		}
	}
	d.govern(*a)
	return nil
}

// grantsOf returns a range that names a member, in text, and how many do.
func (d *draft) grantsOf(m MemberIndex) (text string, n int) {
	seen := make(map[*grant]bool)
	for _, g := range d.grants.at.All() {
		if names := m == g.allocatee || m == g.resoldTo || g.HostedBy != "" && m == g.server; !names || seen[g] {
			continue
		}
		seen[g] = true
		if r, err := article.ParseRange(g.Range); err == nil && text == "" {
			text = r.String()
		}
	}
	return text, len(seen)
}
