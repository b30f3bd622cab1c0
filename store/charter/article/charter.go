package article

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// CharterVersion is the version of the charter's and genesis's shape.
const CharterVersion = 1

// MaxSize bounds an encoded charter, in bytes.
const MaxSize = 4 << 20

// Bounds of a charter. Lists that a motion can lengthen later are bounded by
// what the codec reads in one array.
const (
	MaxFounders   = 64
	MaxRegulators = 64
	MaxMembers    = wire.MaxElements
	MaxGrants     = wire.MaxElements
	MaxProtected  = wire.MaxElements

	maxFederation = 64
	maxCheckpoint = 64 << 10
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
	Regulators  []Seat
	Members     []Member
	Grants      []Grant
	Protected   [][]byte // ranges, 9 bytes each, ascending
	Policy      policy.Policy
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

// Normalize puts every list in the order in which the charter is encoded:
// founders and regulators by member, members and member weights by ID, roles,
// keys, grants and protected ranges by their bytes. It removes nothing; what
// stands twice is left for Validate to name.
func (c *Charter) Normalize() {
	slices.SortStableFunc(c.Founders, func(a, b Founder) int { return cmp.Compare(a.Member, b.Member) })
	slices.SortStableFunc(c.Regulators, func(a, b Seat) int { return cmp.Compare(a.Member, b.Member) })
	slices.SortStableFunc(c.Members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	for i := range c.Members {
		slices.Sort(c.Members[i].Roles)
		slices.SortFunc(c.Members[i].Issuers, keys.Public.Compare)
		slices.SortFunc(c.Members[i].Hosts, keys.Public.Compare)
	}
	slices.SortStableFunc(c.Grants, func(a, b Grant) int { return bytes.Compare(a.Range, b.Range) })
	slices.SortFunc(c.Protected, bytes.Compare)
	slices.SortStableFunc(c.Policy.MemberWeights, func(a, b policy.MemberWeight) int { return cmp.Compare(a.Member, b.Member) })
}

// Encode returns the canonical encoding of a valid charter.
func (c *Charter) Encode() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b, err := wire.Encode(c)
	if err != nil {
		return nil, err
	}
	if len(b) > MaxSize {
		return nil, fmt.Errorf("charter: %d bytes; a charter has at most %d: leave ranges to be granted by motion", len(b), MaxSize)
	}
	return b, nil
}

// FederationID returns the CID of the unsigned charter; for a successor, the
// ID that the first charter gave.
func (c *Charter) FederationID() (cid.Cid, error) {
	if !c.Predecessor.isZero() {
		return taxonomy.CIDFromBytes(c.Predecessor.Federation)
	}
	b, err := c.Encode()
	if err != nil {
		return cid.Undef, err
	}
	return wire.CID(b), nil
}

func (p *Predecessor) isZero() bool {
	return len(p.Federation) == 0 && len(p.Charter) == 0 && len(p.Checkpoint) == 0
}

// Quorum returns how many of the regulators decide together.
func (c *Charter) Quorum() int {
	q, _ := checkpoint.Quorum(len(c.Regulators))
	return q
}
