package charter

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ringfence/store/charter/article"
	"ringfence/store/keys"
)

func (d *draft) admitMember(a *article.MemberAdmission) error {
	m := &a.Member
	switch known, ok := d.ids.Get(m.ID); {
	case ok && !d.IsMember(known):
		return fmt.Errorf("member.id: %q was a member that left; an ID is never given again: choose another", m.ID)
	case ok:
		return fmt.Errorf("member.id: %q is a member; change it by a change_member motion", m.ID)
	case d.sitting >= article.MaxMembers:
		return fmt.Errorf("member.id: there are %d members, the most that there may be", d.sitting)
	case d.members.Len() >= int(nobody):
		return fmt.Errorf("member.id: %d members were admitted, the most that a federation has in its life", d.members.Len())
	}
	if err := d.room(m.Group); err != nil {
		return err
	}
	if err := d.audience(m); err != nil {
		return err
	}
	index := d.enrol(m)
	if err := m.EachKey(func(place string, k article.Key) error { return d.claim(place, k, index) }); err != nil {
		return fmt.Errorf("member.%w", err)
	}
	return nil
}

// room refuses a group that would be one too many.
func (d *draft) room(group string) error {
	if _, named := d.groups.Get(group); !named && d.groups.Len() > math.MaxUint16 {
		return fmt.Errorf("member.group: %d groups were named, the most that a federation has in its life", d.groups.Len())
	}
	return nil
}

func (d *draft) changeMember(a *article.MemberChange) error {
	to := &a.Member
	index, m, err := d.member("member.id", to.ID)
	if err != nil {
		return err
	}
	if was, is := slices.Contains(m.Roles, Regulator), slices.Contains(to.Roles, Regulator); was != is {
		return fmt.Errorf("member.roles: the role regulator of %q comes and goes by admit_regulator and remove_regulator motions", m.ID)
	}
	if err := d.room(to.Group); err != nil {
		return err
	}
	if err := d.audience(to); err != nil {
		return err
	}
	d.retireOf(m)
	if err := to.EachKey(func(place string, k article.Key) error { return d.claim(place, k, index) }); err != nil {
		return fmt.Errorf("member.%w", err)
	}
	d.change(index, func(next *member) {
		next.Member = *to
		next.Issuers = m.Issuers
	})
	return nil
}

// retireOf ends the use of a member's keys that are neither issuers nor a seat's.
func (d *draft) retireOf(m *member) {
	for _, k := range m.Hosts {
		d.retire(k)
	}
	d.retire(m.Recovery)
}

func (d *draft) removeMember(a *article.MemberRemoval) error {
	index, m, err := d.member("member", a.Member)
	if err != nil {
		return err
	}
	if slices.Contains(m.Roles, Regulator) {
		return fmt.Errorf("member: %q is a regulator: remove it as one first, by a remove_regulator motion", m.ID)
	}
	if r, n := d.grantsOf(index); n > 0 {
		return fmt.Errorf("member: %d granted ranges name %q, %s among them: end them or pass them on first, by end_grant motions", n, m.ID, r)
	}
	if _, named := d.ownWeight(m.ID); named {
		return fmt.Errorf("member: the policy gives %q a weight of its own: set it without that first, by a set_policy motion", m.ID)
	}
	if err := d.heads(a.Heads, index); err != nil {
		return err
	}
	for _, k := range m.Issuers {
		r, _ := d.Record(k)
		d.end(r, a.How, keys.Public{}, a.Heads)
	}
	d.retireOf(m)
	d.sitting--
	d.change(index, func(next *member) {
		next.Hosts, next.Recovery, next.Audience = nil, keys.Public{}, ""
		next.end = &MemberEnd{Since: d.index, How: a.How}
	})
	return nil
}

func (d *draft) admitIssuer(a *article.IssuerAdmission) error {
	index, m, err := d.member("member", a.Member)
	if err != nil {
		return err
	}
	if len(m.Issuers) >= article.MaxKeys {
		return fmt.Errorf("member: %q has %d issuers, the most that a member may have: end one first", m.ID, len(m.Issuers))
	}
	if err := d.endorsedByMember(a.Endorsements, m, a.Key); err != nil {
		return err
	}
	return d.claimIssuer("key", a.Key, index)
}

// claimIssuer gives a member another issuer, if the key is free.
func (d *draft) claimIssuer(place string, k keys.Public, owner MemberIndex) error {
	if err := d.claim(place, article.Key{Public: k, Purpose: article.ForFeed}, owner); err != nil {
		return err
	}
	d.change(owner, func(m *member) {
		m.Issuers = append(slices.Clone(m.Issuers), k)
		slices.SortFunc(m.Issuers, keys.Public.Compare)
	})
	return nil
}

func (d *draft) endIssuer(a *article.IssuerEnd) error {
	r, err := d.issuer(a.Issuer)
	if err != nil {
		return err
	}
	m, _ := d.members.Get(r.Member)
	if err := d.endorsedByMember(a.Endorsements, m, a.Successor); err != nil {
		return err
	}
	if err := d.headsOf(r, a.Heads); err != nil {
		return err
	}
	d.end(r, a.How, a.Successor, a.Heads)
	if a.How != article.Rotate {
		return nil
	}
	return d.claimIssuer("successor", a.Successor, r.Member)
}

func (d *draft) reinstate(a *article.Reinstatement) error {
	r, err := d.issuer(a.Issuer)
	if err != nil {
		return err
	}
	m, _ := d.members.Get(r.Member)
	if err := d.endorsedByMember(a.Endorsements, m); err != nil {
		return err
	}
	if next := r.open().Number + 1; a.Epoch != next {
		return fmt.Errorf("epoch: %d; the next of issuer %s is %d", a.Epoch, a.Issuer.Short(), next)
	}
	if err := d.headsOf(r, a.Base); err != nil {
		return err
	}
	d.reopen(r, a.Base)
	return nil
}

func (d *draft) admitRegulator(a *article.RegulatorAdmission) error {
	index, m, err := d.member("seat.member", a.Seat.Member)
	if err != nil {
		return err
	}
	switch {
	case slices.Contains(m.Roles, Regulator):
		return fmt.Errorf("seat.member: %q has a seat; change its keys by a rekey_regulator motion", m.ID)
	case len(d.seats) >= article.MaxRegulators:
		return fmt.Errorf("seat.member: there are %d regulators, the most that there may be", len(d.seats))
	}
	for _, r := range d.seats {
		if r.CosignName == a.Seat.CosignName {
			return fmt.Errorf("seat.cosign_name: %q is already that of %q", r.CosignName, r.Member)
		}
	}
	for _, k := range []article.Key{{Public: a.Seat.Vote, Purpose: article.ForVotes}, {Public: a.Seat.Cosign, Purpose: article.ForCosign}} {
		if err := d.claim("seat."+string(k.Purpose), k, index); err != nil {
			return err
		}
	}
	if err := article.EndorsedOnlyBy(a.Endorsements, a.Seat.Vote, a.Seat.Cosign); err != nil {
		return err
	}
	at, _ := d.seatOf(m.ID)
	d.board = d.board.seat(slices.Insert(slices.Clone(d.seats), at, a.Seat))
	d.change(index, func(next *member) {
		next.Roles = append(slices.Clone(m.Roles), Regulator)
		slices.Sort(next.Roles)
	})
	return nil
}

// seatOf returns the place of a member's seat among the seats, or where it would be.
func (b *board) seatOf(id string) (int, bool) {
	return slices.BinarySearchFunc(b.seats, id, func(r RegulatorSeat, id string) int { return strings.Compare(r.Member, id) })
}

func (d *draft) removeRegulator(a *article.RegulatorRemoval) error {
	at, ok := d.seatOf(a.Member)
	switch {
	case !ok:
		return fmt.Errorf("member: %.64q is no regulator", a.Member)
	case len(d.seats) == 1:
		return fmt.Errorf("member: %q is the only regulator; without one nothing could be decided any more: admit another first", a.Member)
	}
	d.retire(d.seats[at].Vote)
	d.retire(d.seats[at].Cosign)
	d.board = d.board.seat(slices.Delete(slices.Clone(d.seats), at, at+1))
	d.change(d.indexOf(a.Member), func(next *member) { next.Roles = a.Roles })
	return nil
}

func (d *draft) rekeyRegulator(a *article.RegulatorRekeying) error {
	at, ok := d.seatOf(a.Member)
	if !ok {
		return fmt.Errorf("member: %.64q is no regulator", a.Member)
	}
	old := d.seats[at]
	if old.Vote == a.Vote && old.Cosign == a.Cosign {
		return fmt.Errorf("vote: both keys are those that %q has", a.Member)
	}
	if err := article.EndorsedOnlyBy(a.Endorsements, old.Vote, old.Cosign, a.Vote, a.Cosign); err != nil {
		return err
	}
	for _, k := range []struct {
		to  article.Key
		was keys.Public
	}{{article.Key{Public: a.Vote, Purpose: article.ForVotes}, old.Vote}, {article.Key{Public: a.Cosign, Purpose: article.ForCosign}, old.Cosign}} {
		if k.to.Public == k.was {
			continue
		}
		if !article.Endorsed(a.Endorsements, k.to.Public) {
			return fmt.Errorf("endorsements: the new %s key, %s, has not endorsed it: whoever holds it must agree", k.to.Purpose, k.to.Short())
		}
		d.retire(k.was)
		if err := d.claim(string(k.to.Purpose), k.to, d.indexOf(a.Member)); err != nil {
			return err
		}
	}
	seats := slices.Clone(d.seats)
	seats[at].Vote, seats[at].Cosign = a.Vote, a.Cosign
	d.board = d.board.seat(seats)
	return nil
}
