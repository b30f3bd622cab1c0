// Package article holds the articles of a federation's constitution, members,
// regulators' seats and grants of ranges, and what the items of motions say that
// change them.
//
// An item is the change itself, in full: a stranger reads from the ledger alone what
// was decided, and every node that folds the same items has the same constitution. Who
// must agree to a change with a key of its own endorses it in the item: the holder of a
// new key shows that it has it, who hands a key on signs with the old and the new one,
// a member that leaves says so itself. An endorsement is bound to the federation, to the
// kind and to everything else that the item says.
//
// It stands on charter's floor, as its room. Here is what an item can show by itself;
// whether it has its place in a constitution as it stands is package charter's to
// judge, and how many votes it needs is the ballot's.
package article

import "ringfence/store/keys"

// Seat makes a member one of the regulators.
type Seat struct {
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
