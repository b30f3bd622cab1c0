package charter

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter/article"
	"ringfence/store/charter/ordered"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// draft is a constitution in the making: that of the genesis, or one in which a motion
// is carried out item by item. Its steps look nothing up that they were not told to:
// whether they may be taken is judged before, by Validate for a genesis, else by Enact.
type draft struct {
	constitution

	index    uint64 // of the ledger entry that decides
	buildsOn uint64 // ledger size that the motion builds on; 0 for none
}

// use is what a key is or was used for.
type use struct {
	purpose article.Purpose
	member  MemberIndex // nobody for the log's key
	since   uint64      // ledger index from which it is
	ended   uint64      // ledger index at which it ended; 0 of one in use
}

// compile makes the first constitution of a valid charter. The State keeps c.
func compile(c *Charter, federation cid.Cid) *State {
	d := &draft{constitution: constitution{
		founding: c, federation: federation, since: 1,
		past:    ordered.New[uint64, *constitution](cmp.Compare[uint64]),
		members: ordered.New[MemberIndex, *member](cmp.Compare[MemberIndex]), ids: ordered.New[string, MemberIndex](strings.Compare),
		groups: ordered.New[string, uint16](strings.Compare), groupNames: ordered.New[uint16, string](cmp.Compare[uint16]),
		issuers: ordered.New[keys.Public, uint32](keys.Public.Compare), roster: ordered.New[uint32, *IssuerRecord](cmp.Compare[uint32]),
		uses:   ordered.New[keys.Public, use](keys.Public.Compare),
		grants: newKeyIndex[*grant](),
	}}
	d.board = new(board).set(article.PolicySetting{Policy: c.Policy, Taxonomy: c.Taxonomy, Protected: c.Protected}).seat(c.Regulators)
	d.note(article.Key{Public: c.LogKey, Purpose: article.ForLog}, nobody)
	for i := range c.Members {
		m := d.enrol(&c.Members[i])
		_ = c.Members[i].EachKey(func(_ string, k article.Key) error { d.note(k, m); return nil })
	}
	for _, f := range c.Founders {
		d.note(article.Key{Public: f.Key, Purpose: article.ForFounding}, d.indexOf(f.Member))
	}
	for _, r := range c.Regulators {
		d.noteSeat(r)
	}
	for _, g := range c.Grants {
		d.allot(g)
	}
	return &State{&d.constitution, 1}
}

// follow returns a draft of what comes after s.
func (s *State) follow(m *motion.Signed, first uint64) *draft {
	d := &draft{constitution: *s.constitution, index: first, buildsOn: m.BuildsOn}
	d.past = d.past.Set(s.since, s.constitution)
	d.since = first + 1 + uint64(m.Count)
	return d
}

// indexOf returns the index of who is or was a member, and nobody for nobody.
func (c *constitution) indexOf(id string) MemberIndex {
	if m, ok := c.ids.Get(id); ok {
		return m
	}
	return nobody
}

// enrol enters a member, without its keys.
func (d *draft) enrol(m *Member) MemberIndex {
	index := MemberIndex(d.members.Len())
	d.ids = d.ids.Set(m.ID, index)
	d.sitting++
	d.put(index, &member{Member: *m})
	return index
}

// put enters what a member is now, and what follows from that.
func (d *draft) put(index MemberIndex, m *member) {
	m.roles = roleSet(m.Roles...)
	m.weight = d.weightOf(m.ID, m.roles)
	group, named := d.groups.Get(m.Group)
	if !named {
		group = uint16(d.groups.Len())
		d.groups, d.groupNames = d.groups.Set(m.Group, group), d.groupNames.Set(group, m.Group)
	}
	m.group = group
	d.members = d.members.Set(index, m)
}

// change enters a member anew, as edit makes a copy of what it was.
func (d *draft) change(index MemberIndex, edit func(m *member)) {
	old, _ := d.members.Get(index)
	next := *old
	edit(&next)
	d.put(index, &next)
}

// note enters a key of a member. A feed-signing key gets its place in the roster. One that
// this motion ended is in use without a break: a change of a member ends all that it had.
func (d *draft) note(k article.Key, owner MemberIndex) {
	if k.Purpose != article.ForFeed {
		since := d.index
		if was, _ := d.uses.Get(k.Public); was.ended == d.index {
			since = was.since
		}
		d.uses = d.uses.Set(k.Public, use{purpose: k.Purpose, member: owner, since: since})
		return
	}
	r := &IssuerRecord{
		Key: k.Public, Index: uint32(d.roster.Len()), Member: owner, Since: d.index,
		Epochs: []Epoch{{Number: 0, Since: d.index}},
	}
	d.issuers = d.issuers.Set(r.Key, r.Index)
	d.roster = d.roster.Set(r.Index, r)
}

// retire ends the use of a key that is no issuer's; no key is nothing.
func (d *draft) retire(k keys.Public) {
	if u, ok := d.uses.Get(k); ok {
		u.ended = d.index
		d.uses = d.uses.Set(k, u)
	}
}

// noteSeat enters the keys of a regulator.
func (d *draft) noteSeat(r RegulatorSeat) {
	owner := d.indexOf(r.Member)
	d.note(article.Key{Public: r.Vote, Purpose: article.ForVotes}, owner)
	d.note(article.Key{Public: r.Cosign, Purpose: article.ForCosign}, owner)
}

// end ends an issuer and takes it from its member.
func (d *draft) end(r *IssuerRecord, how article.Manner, successor keys.Public, heads []motion.AnchoredHead) {
	next := *r
	next.End = &IssuerEnd{Since: d.index, BuildsOn: d.buildsOn, How: how, Successor: successor, Head: headOf(heads, r.Index)}
	d.roster = d.roster.Set(r.Index, &next)
	d.change(r.Member, func(m *member) {
		m.Issuers = slices.DeleteFunc(slices.Clone(m.Issuers), func(k keys.Public) bool { return k == r.Key })
	})
}

// reopen closes the open epoch of an issuer at a base and opens the next.
func (d *draft) reopen(r *IssuerRecord, base []motion.AnchoredHead) {
	next := *r
	next.Epochs = append(slices.Clone(r.Epochs), Epoch{
		Number: r.open().Number + 1, Since: d.index, BuildsOn: d.buildsOn, Base: headOf(base, r.Index),
	})
	d.roster = d.roster.Set(r.Index, &next)
}

// headOf returns the head of an issuer among heads; nil for none.
func headOf(heads []motion.AnchoredHead, issuer uint32) *motion.AnchoredHead {
	if i := slices.IndexFunc(heads, func(h motion.AnchoredHead) bool { return h.Issuer == issuer }); i >= 0 {
		h := heads[i]
		return &h
	}
	return nil
}

// allot enters a grant.
func (d *draft) allot(g Grant) {
	one := &grant{g, d.indexOf(g.Allocatee), d.indexOf(g.ResoldTo), d.indexOf(g.HostedBy)}
	if one.server == nobody {
		one.server = one.allocatee
	}
	d.grants = d.grants.add(g.Range, one)
	d.granted++
}

// withdraw takes a grant out.
func (d *draft) withdraw(g *grant) {
	d.grants = d.grants.remove(g.Range)
	d.granted--
}

// govern enters a policy, and what every member is worth under it.
func (d *draft) govern(setting article.PolicySetting) {
	d.board = d.board.set(setting)
	for i := range d.members.All() { // of the map as it was: changing d does not disturb it
		d.change(i, func(*member) {})
	}
}
