package api

import (
	"context"

	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/policy"
)

// Prover makes files by which strangers know what the ledger and the list say, and tells
// the constitution that they rest on.
type Prover interface {
	// Prove makes a proof about a number. It is NotFound when there is nothing of the kind
	// that was asked for, Refused when it cannot be proved yet.
	Prove(ctx context.Context, q ProofQuery) (Proof, error)
	// ProveSets makes the set-chain file: who the regulators were, from the genesis on;
	// with pin it has the newest checkpoint too, for those who are to trust it.
	ProveSets(ctx context.Context, pin bool) (Proof, error)
	// Constitution tells who the regulators and members are, whose which ranges are, and by
	// which policy, as the ledger stands here, or as it was at a ledger size, day or time.
	Constitution(ctx context.Context, at string) (Constitution, error)
}

// What a proof can be of.
const (
	ProofRatified = "ratified" // that regulators ratified an entry; or revoked or stayed it
	ProofListed   = "listed"   // what the list said at an anchor
	ProofAbsent   = "absent"   // that it said nothing
)

// ProofQuery asks for a proof about a number.
type ProofQuery struct {
	Number  string `json:"number"`
	Country string `json:"country,omitempty"`
	// What is asked for; "" for what says most: a ratified entry that is in force, else
	// what the list said at the last anchor.
	What string `json:"what,omitempty" enum:"ratified,listed,absent,"`
	Full bool   `json:"full,omitempty"` // with the votes, when it was in the ledger, and the chain of regulators
	// At is the index of a ledger entry (one that ratified, revoked or stayed an entry on the
	// number; of lists an anchor, or any behind one), a day or a time; "" for now.
	At string `json:"at,omitempty"`
}

// Proof is a file with what it proves.
type Proof struct {
	What       string          `json:"what" enum:"ratified,revoked,stayed,listed,absent,regulators"`
	Number     string          `json:"number,omitempty"`       // or range
	Key        string          `json:"key,omitempty"`          // of the list, that decides
	Action     string          `json:"action,omitempty"`       // that it says
	Category   string          `json:"category,omitempty"`     //
	Index      uint64          `json:"ledger_index,omitempty"` // of the entry that is proved, of a list its anchor's
	Reversed   uint64          `json:"reversed_index,omitempty"`
	AnchorSize uint64          `json:"anchor_ledger_size,omitempty"`
	AnchorDay  string          `json:"anchor_day,omitempty"`
	ListRoot   string          `json:"list_root,omitempty"`
	LedgerSize uint64          `json:"ledger_size"` // of the checkpoint
	Certified  string          `json:"certified_at"`
	Changes    int             `json:"regulator_changes"` // since the genesis: whoever verifies needs the set-chain file if there are any
	Bytes      int             `json:"bytes"`
	Notes      []phrase.Phrase `json:"notes"` // what else is to be known, such as what ended the entry since
	Proof      []byte          `json:"proof" doc:"The file itself, in base64"`
}

// AsOf is the moment of which an answer about the past is.
type AsOf struct {
	LedgerSize uint64         `json:"ledger_size"`
	Time       string         `json:"time,omitempty"` // of the ledger; none before its first tick
	Day        string         `json:"day"`
	Anchor     *AnchorRef     `json:"anchor,omitempty"` // up to whose heads feeds count; without one the ledger alone is told
	Lacks      *phrase.Phrase `json:"lacks,omitempty"`  // what of it is not recomputable, and why
}

// AnchorRef is an anchor of the ledger.
type AnchorRef struct {
	Index    uint64 `json:"ledger_index"`
	Size     uint64 `json:"ledger_size"`
	Day      string `json:"day"`
	ListRoot string `json:"list_root"`
}

// Constitution is who decides, who takes part, and by which rules.
type Constitution struct {
	Federation string               `json:"federation"` // CID of the unsigned genesis charter
	Name       string               `json:"name"`
	Created    string               `json:"created"`     // RFC 3339
	LedgerSize uint64               `json:"ledger_size"` // as of which it stands; 1 is the genesis
	Founders   []string             `json:"founders"`
	Regulators []Regulator          `json:"regulators"`
	Quorum     int                  `json:"quorum"`
	Members    []Member             `json:"members"`
	Grants     []charter.RangeGrant `json:"grants"`
	Protected  []number.Range       `json:"protected"`
	Policy     policy.Policy        `json:"policy"`
	Taxonomy   uint16               `json:"taxonomy_version"`
}

// Regulator is a regulator's seat.
type Regulator struct {
	Member       string `json:"member"`
	Jurisdiction string `json:"jurisdiction"`
	Vote         string `json:"vote_key"`
	Cosign       string `json:"cosign_key"`
}

// Member is one member of the federation.
type Member struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	NameZh  string   `json:"name_zh,omitempty"`
	Roles   []string `json:"roles"`
	Group   string   `json:"independence_group"`
	Contact string   `json:"contact"`
	Weight  uint16   `json:"weight_permille"`
	Issuers []string `json:"issuers"`
	Hosts   []string `json:"hosts"` // keys of its nodes on the network
}
