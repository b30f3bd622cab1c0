package article

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"ringfence/store/motion"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

func (a *MemberAdmission) validate() error {
	if err := a.Member.validateItem(); err != nil {
		return err
	}
	if slices.Contains(a.Member.Roles, Regulator) {
		return errors.New("member.roles: a member is admitted without the role regulator; a seat is given by an admit_regulator motion afterwards")
	}
	var must []named
	for _, k := range a.Member.Issuers {
		must = append(must, named{k, "the issuer"})
	}
	if err := checkEndorsements(a.Endorsements, must...); err != nil {
		return err
	}
	for i, e := range a.Endorsements {
		if e.Key != a.Member.Recovery && !slices.Contains(a.Member.Issuers, e.Key) {
			return fmt.Errorf("endorsements[%d]: %s is neither an issuer nor the recovery key of %q", i, e.Key.Short(), a.Member.ID)
		}
	}
	return nil
}

func (a *MemberChange) validate() error {
	if len(a.Member.Issuers) > 0 {
		return errors.New("member.issuers: a change names no issuers; they come and go by admit_issuer and end_issuer motions")
	}
	return a.Member.validateItem()
}

// validateItem checks a member as an item names it, keys among it.
func (m *Member) validateItem() error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("member.%w", err)
	}
	if err := m.EachKey(func(place string, k Key) error {
		if err := CheckKey(k.Public); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("member.%w", err)
	}
	return nil
}

func (a *MemberRemoval) validate() error {
	if a.How == Rotate {
		return errors.New("how: a member leaves or is expelled")
	}
	return errors.Join(a.How.validate(), checkHeads(a.Heads, MaxKeys))
}

func (a *IssuerAdmission) validate() error {
	if err := CheckKey(a.Key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	return checkEndorsements(a.Endorsements, named{a.Key, "the new issuer"})
}

func (a *IssuerEnd) validate() error {
	if err := errors.Join(a.How.validate(), checkHeads(a.Heads, 1)); err != nil {
		return err
	}
	if a.How != Rotate {
		if !a.Successor.IsZero() {
			return errors.New("successor: only a rotation names one")
		}
		return checkEndorsements(a.Endorsements)
	}
	if err := CheckKey(a.Successor); err != nil {
		return fmt.Errorf("successor: %w", err)
	}
	return checkEndorsements(a.Endorsements, named{a.Issuer, "the old key"}, named{a.Successor, "the new key"})
}

func (a *RegulatorAdmission) validate() error {
	if err := a.Seat.Validate(); err != nil {
		return fmt.Errorf("seat.%w", err)
	}
	if err := checkSeatKeys(a.Seat.Vote, a.Seat.Cosign); err != nil {
		return fmt.Errorf("seat.%w", err)
	}
	return checkEndorsements(a.Endorsements, named{a.Seat.Vote, "the voting key"}, named{a.Seat.Cosign, "the cosigning key"})
}

func (a *RegulatorRemoval) validate() error {
	if slices.Contains(a.Roles, Regulator) {
		return errors.New("roles: who is removed as a regulator does not keep the role")
	}
	return checkRoles(a.Roles)
}

func (a *RegulatorRekeying) validate() error {
	if err := checkSeatKeys(a.Vote, a.Cosign); err != nil {
		return err
	}
	return checkEndorsements(a.Endorsements)
}

func (a *Reinstatement) validate() error {
	if a.Epoch == 0 {
		return errors.New("epoch: the first is opened by the admission; a reinstate opens a later one")
	}
	if err := checkHeads(a.Base, 1); err != nil {
		return err
	}
	return checkEndorsements(a.Endorsements)
}

func (a *Granting) validate() error {
	if _, err := ParseRange(a.Grant.Range); err != nil {
		return fmt.Errorf("grant.range: %w", err)
	}
	return nil
}

func (a *GrantEnd) validate() error {
	if _, err := ParseRange(a.Range); err != nil {
		return fmt.Errorf("range: %w", err)
	}
	switch {
	case len(a.Next) > 1:
		return fmt.Errorf("next: a range passes on to one grant, not %d", len(a.Next))
	case len(a.Next) == 1 && !bytes.Equal(a.Next[0].Range, a.Range):
		return errors.New("next[0].range: what passes on is the very range that ends; grant another by a grant motion")
	}
	return checkHeads(a.Heads, 3*MaxKeys)
}

func (p *PolicySetting) validate() error {
	switch {
	case p.Policy.RulesVersion > policy.RulesVersion:
		return fmt.Errorf("policy.rules_version %d: %w", p.Policy.RulesVersion, wire.ErrNewer)
	case p.Taxonomy > taxonomy.Version:
		return fmt.Errorf("taxonomy version %d: %w", p.Taxonomy, wire.ErrNewer)
	case p.Taxonomy != taxonomy.Version:
		return fmt.Errorf("taxonomy: version %d is none that goes with these rules; want %d", p.Taxonomy, taxonomy.Version)
	}
	for _, list := range [...]struct {
		name string
		have int
	}{{"policy.member_weights", len(p.Policy.MemberWeights)}, {"protected", len(p.Protected)}} {
		if list.have > wire.MaxElements {
			return fmt.Errorf("%s: %d of them; at most %d", list.name, list.have, wire.MaxElements)
		}
	}
	if err := p.Policy.Validate(); err != nil {
		return err
	}
	return CheckProtected(p.Protected)
}

// CheckProtected refuses protected ranges that are none, or not in order, each once.
func CheckProtected(list [][]byte) error {
	for i, b := range list {
		r, err := ParseRange(b)
		if err != nil {
			return fmt.Errorf("protected[%d]: %w", i, err)
		}
		if i > 0 && bytes.Compare(list[i-1], b) >= 0 {
			return fmt.Errorf("protected[%d]: %s stands twice or out of order", i, r.Masked())
		}
	}
	return nil
}

func (m Manner) validate() error {
	switch {
	case m > Expel:
		return fmt.Errorf("how: manner %d: %w", m, wire.ErrNewer)
	case m < Rotate:
		return errors.New("how: it is not said how the authority ends")
	}
	return nil
}

// checkHeads checks that heads ascend by issuer, one each.
func checkHeads(heads []motion.AnchoredHead, most int) error {
	if len(heads) > most {
		return fmt.Errorf("heads: %d of them; at most %d", len(heads), most)
	}
	for i := 1; i < len(heads); i++ {
		if heads[i-1].Issuer >= heads[i].Issuer {
			return fmt.Errorf("heads[%d]: issuers do not ascend, one head each", i)
		}
	}
	return nil
}
