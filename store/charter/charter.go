// Package charter holds the constitution of a federation: who its regulators
// and members are, with which keys and roles they speak, to whom ranges are
// allotted, which numbers are protected, and the policy that the list follows.
//
// The constitution begins with a genesis charter, signed by its founders; the
// CID of the unsigned charter is the federation's ID. Everything after that is
// what the ledger enacted: there is no other way to change it. A State is the
// constitution as the ledger stands at one size; questions of authority ("may
// this issuer flag?", "who serves this number?") are put to a State and have
// the same answer on every node.
//
// What members hand in is a Card, what the founders agree on a FoundingConfig;
// Found makes a charter of them. A charter that is invalid is never encoded,
// decoded or signed: Validate names the place and what is wrong there.
//
// Floor 3. It judges authority, never evidence, and knows no clock: a charter's
// time is what its founders wrote.
package charter

import (
	"ringfence/store/charter/article"
	"ringfence/store/keys"
)

// The articles of the constitution have a package of their own, with what changes
// them; these are its names for those who meet them here.
type (
	Role          = article.Role
	RegulatorSeat = article.Seat
	Member        = article.Member
	Grant         = article.Grant
)

// The roles.
const (
	Operator       = article.Operator
	MVNO           = article.MVNO
	Vendor         = article.Vendor
	CallCentre     = article.CallCentre
	Internet       = article.Internet
	Handset        = article.Handset
	Coordinator    = article.Coordinator
	Regulator      = article.Regulator
	PublicSecurity = article.PublicSecurity
	Sector         = article.Sector
)

// Charter is a genesis charter, unsigned. Its canonical encoding is hashed
// into the federation ID; the order of every list is fixed by its encoder
// (see Normalize).
type Charter struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8    // 1
	Name        string   // of the federation, 1 to 64 bytes
	Created     int64    // Unix seconds
	Predecessor Predecessor
	Founders    []Founder
	Regulators  []RegulatorSeat
	Members     []Member
	Grants      []Grant
	Protected   [][]byte // ranges, 9 bytes each, ascending
	Policy      Policy
	LogKey      keys.Public // held by every regulator; by itself grants nothing
	Taxonomy    uint16      // version of the category table
}

// Predecessor names what a successor charter goes on from; empty in the first.
type Predecessor struct {
	_          struct{} `cbor:",toarray"`
	Federation []byte   // the first charter's CID, 36 bytes
	Charter    []byte   // the preceding charter's CID, 36 bytes
	Checkpoint []byte   // the last certified checkpoint, a signed note
}

// Founder is a member that signs the genesis charter.
type Founder struct {
	_      struct{} `cbor:",toarray"`
	Member string
	Key    keys.Public
}
