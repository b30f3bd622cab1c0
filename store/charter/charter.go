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

import "ringfence/store/keys"

// Role is what an organisation is in the federation. The codes are
// append-only.
type Role uint8

// The roles.
const (
	Operator       Role = 1
	MVNO           Role = 2
	Vendor         Role = 3
	CallCentre     Role = 4
	Internet       Role = 5
	Handset        Role = 6
	Coordinator    Role = 7
	Regulator      Role = 8
	PublicSecurity Role = 9  // authority: police
	Sector         Role = 10 // authority: a sector's regulator
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

// RegulatorSeat makes a member one of the regulators.
type RegulatorSeat struct {
	_            struct{} `cbor:",toarray"`
	Member       string
	Jurisdiction string      // "CN", or a province as "CN-31"
	Vote         keys.Public // signs votes
	Cosign       keys.Public // cosigns checkpoints (C2SP cosignature/v1)
	CosignName   string      // key name in signed notes: no space, no +
}

// Member is an organisation of the federation.
type Member struct {
	_        struct{} `cbor:",toarray"`
	ID       string   // 1 to 32 of a-z 0-9 -
	Name     string   // English or romanised
	NameZh   string   // Chinese, may be empty
	Roles    []Role   // at least one, ascending
	Group    string   // independence group; common controller or data supplier
	Contact  string   // responsible person or desk
	Issuers  []keys.Public
	Hosts    []keys.Public // libp2p identities of its nodes
	Audience string        // age recipient, "age1…"; may be empty
	Recovery keys.Public   // offline; asks for reinstatement
}

// Grant is what the ledger says of a range of numbers.
type Grant struct {
	_         struct{} `cbor:",toarray"`
	Range     []byte   // number.Range, 9 bytes
	Allocatee string   // member ID
	ResoldTo  string   // member ID or empty
	HostedBy  string   // member ID or empty
}
