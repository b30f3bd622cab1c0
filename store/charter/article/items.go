package article

import (
	"fmt"

	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/policy"
)

// Item is one change of the constitution: what an item of a motion of its kind says.
// The types of this package whose names end in Admission, Change, Removal, End,
// Rekeying, Reinstatement, Granting and Setting are Items, by pointer.
type Item interface {
	// Kind is that of the motions that hold such items.
	Kind() motion.Kind

	// validate checks what the item can show by itself.
	validate() error
}

// Manner is how an authority ended. The codes are append-only.
type Manner uint8

// The manners. What was anchored under a key that was rotated or left stays; what an
// expelled key asserted ends, while what it undid up to its heads stays undone.
const (
	Rotate Manner = 1 // another key of the member goes on
	Leave  Manner = 2
	Expel  Manner = 3
)

// String returns the word ("rotate"), or "manner(n)" for an unknown code.
func (m Manner) String() string {
	if m < Rotate || m > Expel {
		return fmt.Sprintf("manner(%d)", uint8(m))
	}
	return [...]string{Rotate: "rotate", Leave: "leave", Expel: "expel"}[m]
}

// MemberAdmission is an item of an AdmitMember motion. Every issuer of the member
// endorses it, its recovery key may. A regulator's seat is given by a RegulatorAdmission
// later.
type MemberAdmission struct {
	_            struct{} `cbor:",toarray"`
	Member       Member
	Endorsements []keys.Endorsement // ascending by key
}

// MemberChange is an item of a ChangeMember motion: the member as it is from now on,
// but for its issuers, which it does not name.
type MemberChange struct {
	_      struct{} `cbor:",toarray"`
	Member Member
}

// MemberRemoval is an item of a RemoveMember motion. It ends all issuers of the member.
type MemberRemoval struct {
	_      struct{} `cbor:",toarray"`
	Member string
	How    Manner                // Leave or Expel
	Heads  []motion.AnchoredHead // of its issuers in force that said something, ascending by issuer
}

// IssuerAdmission is an item of an AdmitIssuer motion. The key endorses it; the
// member's recovery key or another issuer of the member may.
type IssuerAdmission struct {
	_            struct{} `cbor:",toarray"`
	Member       string
	Key          keys.Public
	Endorsements []keys.Endorsement // ascending by key
}

// IssuerEnd is an item of an EndIssuer motion. A rotation is endorsed by the old key
// and the new one; otherwise the member's recovery key or any issuer of it may endorse.
type IssuerEnd struct {
	_            struct{} `cbor:",toarray"`
	Issuer       keys.Public
	How          Manner
	Successor    keys.Public           // in a rotation, else none
	Heads        []motion.AnchoredHead // its head in the open epoch; none if it said nothing there
	Endorsements []keys.Endorsement    // ascending by key
}

// RegulatorAdmission is the item of an AdmitRegulator motion: a seat for a member.
// Both keys of the seat endorse it.
type RegulatorAdmission struct {
	_            struct{} `cbor:",toarray"`
	Seat         Seat
	Endorsements []keys.Endorsement // ascending by key
}

// RegulatorRemoval is the item of a RemoveRegulator motion. The member stays, with
// other roles, until it is removed as one.
type RegulatorRemoval struct {
	_      struct{} `cbor:",toarray"`
	Member string
	Roles  []Role // that it has from now on: at least one, ascending, not regulator
}

// RegulatorRekeying is the item of a RekeyRegulator motion. Of its two keys one at
// least is new; those that are endorse it, and those that it replaces may.
type RegulatorRekeying struct {
	_            struct{} `cbor:",toarray"`
	Member       string
	Vote         keys.Public
	Cosign       keys.Public
	Endorsements []keys.Endorsement // ascending by key
}

// Reinstatement is an item of a Reinstate motion: it closes the open epoch of an issuer
// at its base and opens the next. The member's recovery key or any of its issuers may
// endorse it.
type Reinstatement struct {
	_            struct{} `cbor:",toarray"`
	Issuer       keys.Public
	Epoch        uint64                // that it opens
	Base         []motion.AnchoredHead // in the epoch before, which is closed there; none if nothing of that counts
	Endorsements []keys.Endorsement    // ascending by key
}

// Granting is an item of a Grant motion: a range that nobody held as such.
type Granting struct {
	_     struct{} `cbor:",toarray"`
	Grant Grant
}

// GrantEnd is an item of an EndGrant motion. A range can pass on in the same step.
type GrantEnd struct {
	_     struct{}              `cbor:",toarray"`
	Range []byte                // number.Range, 9 bytes
	Heads []motion.AnchoredHead // of issuers of those who held it, ascending by issuer: up to which they spoke for it
	Next  []Grant               // at most one, of the same range
}

// PolicySetting is what the items of a SetPolicy motion say together: everything that
// Standing is of but the regulators. It is cut into as many items as it needs.
type PolicySetting struct {
	_         struct{} `cbor:",toarray"`
	Policy    policy.Policy
	Taxonomy  uint16   // version of the category table
	Protected [][]byte // ranges, 9 bytes each, ascending
}

// Kind is AdmitMember.
func (*MemberAdmission) Kind() motion.Kind { return motion.AdmitMember }

// Kind is ChangeMember.
func (*MemberChange) Kind() motion.Kind { return motion.ChangeMember }

// Kind is RemoveMember.
func (*MemberRemoval) Kind() motion.Kind { return motion.RemoveMember }

// Kind is AdmitIssuer.
func (*IssuerAdmission) Kind() motion.Kind { return motion.AdmitIssuer }

// Kind is EndIssuer.
func (*IssuerEnd) Kind() motion.Kind { return motion.EndIssuer }

// Kind is AdmitRegulator.
func (*RegulatorAdmission) Kind() motion.Kind { return motion.AdmitRegulator }

// Kind is RemoveRegulator.
func (*RegulatorRemoval) Kind() motion.Kind { return motion.RemoveRegulator }

// Kind is RekeyRegulator.
func (*RegulatorRekeying) Kind() motion.Kind { return motion.RekeyRegulator }

// Kind is Reinstate.
func (*Reinstatement) Kind() motion.Kind { return motion.Reinstate }

// Kind is Grant.
func (*Granting) Kind() motion.Kind { return motion.Grant }

// Kind is EndGrant.
func (*GrantEnd) Kind() motion.Kind { return motion.EndGrant }

// Kind is SetPolicy.
func (*PolicySetting) Kind() motion.Kind { return motion.SetPolicy }
