package charter

import (
	"crypto/sha256"
	"slices"
	"strings"

	"ringfence/store/charter/article"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// board is who decides and by which policy: what a motion that changes any of it names
// by its digest.
type board struct {
	seats     []RegulatorSeat // ascending by member
	cosigners checkpoint.Set  // of the seats
	setting   article.PolicySetting
	protected keyIndex[struct{}]
	standing  merkle.Hash
}

// standingDomain begins what a standing's digest is of.
const standingDomain = "ringfence/standing/v1\n"

// standingArray is what it goes on with.
type standingArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Regulators []RegulatorSeat
	Setting    *article.PolicySetting
}

// seat returns a board of these regulators under b's policy.
func (b *board) seat(seats []RegulatorSeat) *board {
	next := &board{seats: seats, setting: b.setting, protected: b.protected}
	for _, r := range seats {
		next.cosigners = append(next.cosigners, checkpoint.Cosigner(r.CosignName, r.Cosign))
	}
	next.digest()
	return next
}

// set returns a board of b's regulators under this policy.
func (b *board) set(setting article.PolicySetting) *board {
	next := &board{seats: b.seats, cosigners: b.cosigners, setting: setting, protected: newKeyIndex[struct{}]()}
	for _, r := range setting.Protected {
		next.protected = next.protected.add(r, struct{}{})
	}
	next.digest()
	return next
}

func (b *board) digest() {
	array := wire.Format(standingArray{Version: article.CharterVersion, Regulators: b.seats, Setting: &b.setting})
	b.standing = sha256.Sum256(append([]byte(standingDomain), array...))
}

// weightOf returns what a flag of a member of these roles is worth.
func (b *board) weightOf(id string, set roles) uint16 {
	if own, named := b.ownWeight(id); named {
		return own
	}
	return highest(&b.setting.Policy.Weights, set)
}

// ownWeight returns the weight that the policy gives a member by name.
func (b *board) ownWeight(id string) (permille uint16, named bool) {
	list := b.setting.Policy.MemberWeights
	i, named := slices.BinarySearchFunc(list, id, func(w MemberWeight, id string) int { return strings.Compare(w.Member, id) })
	if !named {
		return 0, false
	}
	return list[i].Permille, true
}

// Policy returns the policy in force.
func (s *State) Policy() *Policy { return &s.setting.Policy }

// Taxonomy returns the version of the category table in force.
func (s *State) Taxonomy() uint16 { return s.setting.Taxonomy }

// Regulators returns the regulators in force, ascending by member.
func (s *State) Regulators() []RegulatorSeat { return s.seats }

// RegulatorChanges returns the ledger sizes, ascending, from which other regulators, or
// the same by other keys, are in force than before. The genesis is none.
func (s *State) RegulatorChanges() []uint64 {
	var sizes []uint64
	var before *constitution
	look := func(c *constitution) {
		if before != nil && c.since <= s.size && !slices.Equal(before.seats, c.seats) {
			sizes = append(sizes, c.since)
		}
		before = c
	}
	for _, c := range s.past.All() {
		look(c)
	}
	look(s.constitution)
	return sizes
}

// Regulator returns the seat in force of a voting key.
func (s *State) Regulator(vote keys.Public) (RegulatorSeat, bool) {
	i := slices.IndexFunc(s.seats, func(r RegulatorSeat) bool { return r.Vote == vote })
	if i < 0 {
		return RegulatorSeat{}, false
	}
	return s.seats[i], true
}

// Cosigners returns the cosigners of the regulators in force, in their order.
func (s *State) Cosigners() checkpoint.Set { return s.cosigners }

// Standing is a digest of the regulators, the policy and what else a SetPolicy motion
// sets (docs/formats.md). A motion that changes any of that names it.
func (s *State) Standing() merkle.Hash { return s.standing }
