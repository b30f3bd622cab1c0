package article

import (
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/wire"
)

// maxEndorsements is how many endorsements one item has at most: all issuers of a
// member, and its recovery key.
const maxEndorsements = MaxKeys + 1

// endorsable is an Item that takes endorsements.
type endorsable interface {
	Item
	endorsements() *[]keys.Endorsement
	// bare returns a copy without endorsements.
	bare() endorsable
}

// endorsement is what an endorsement signs.
type endorsement struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Federation []byte
	Kind       uint8
	Item       endorsable // without endorsements
}

func endorsedBytes(it endorsable, federation cid.Cid) []byte {
	return wire.Format(endorsement{Version: version, Federation: federation.Bytes(), Kind: uint8(it.Kind()), Item: it.bare()})
}

// Endorse adds a key's endorsement to an item. It is bound to the federation and to all
// that the item says: endorse last. It refuses items that take none and a key that has
// endorsed already.
func Endorse(it Item, federation cid.Cid, key keys.Private) error {
	e, ok := it.(endorsable)
	if !ok {
		return fmt.Errorf("charter: an item of a %s motion takes no endorsement", it.Kind())
	}
	list, by := e.endorsements(), key.Public()
	at, found := slices.BinarySearchFunc(*list, by, func(have keys.Endorsement, k keys.Public) int { return have.Key.Compare(k) })
	if found {
		return fmt.Errorf("charter: key %s has endorsed already", by.Short())
	}
	*list = slices.Insert(*list, at, keys.Endorsement{Key: by, Signature: key.Sign(keys.DomainArticle, endorsedBytes(e, federation))})
	return nil
}

// verify checks the endorsements of an item, if it takes some.
func verify(it Item, federation cid.Cid) error {
	e, ok := it.(endorsable)
	if !ok || len(*e.endorsements()) == 0 {
		return nil
	}
	message := endorsedBytes(e, federation)
	for i, s := range *e.endorsements() {
		if !s.Key.Verify(keys.DomainArticle, message, s.Signature) {
			return fmt.Errorf("endorsements[%d]: the signature of %s is wrong: it must sign this very item, of this federation", i, s.Key.Short())
		}
	}
	return nil
}

// checkEndorsements checks that they are in order and that every key that must endorse
// does. What each must is for is told by its name.
func checkEndorsements(list []keys.Endorsement, must ...named) error {
	if len(list) > maxEndorsements {
		return fmt.Errorf("endorsements: %d of them; at most %d", len(list), maxEndorsements)
	}
	for i, s := range list {
		if err := CheckKey(s.Key); err != nil {
			return fmt.Errorf("endorsements[%d]: %w", i, err)
		}
		if i > 0 && list[i-1].Key.Compare(s.Key) >= 0 {
			return fmt.Errorf("endorsements[%d]: keys do not ascend", i)
		}
	}
	for _, k := range must {
		if !Endorsed(list, k.key) {
			return fmt.Errorf("endorsements: %s, %s, has not endorsed it: whoever holds it must agree", k.name, k.key.Short())
		}
	}
	return nil
}

// named is a key and what it is, in words.
type named struct {
	key  keys.Public
	name string
}

// Endorsed reports whether a key is among those that endorsed.
func Endorsed(list []keys.Endorsement, k keys.Public) bool {
	return slices.ContainsFunc(list, func(e keys.Endorsement) bool { return e.Key == k })
}

func (a *MemberAdmission) endorsements() *[]keys.Endorsement    { return &a.Endorsements }
func (a *IssuerAdmission) endorsements() *[]keys.Endorsement    { return &a.Endorsements }
func (a *IssuerEnd) endorsements() *[]keys.Endorsement          { return &a.Endorsements }
func (a *RegulatorAdmission) endorsements() *[]keys.Endorsement { return &a.Endorsements }
func (a *RegulatorRekeying) endorsements() *[]keys.Endorsement  { return &a.Endorsements }
func (a *Reinstatement) endorsements() *[]keys.Endorsement      { return &a.Endorsements }

func (a MemberAdmission) bare() endorsable    { a.Endorsements = nil; return &a }
func (a IssuerAdmission) bare() endorsable    { a.Endorsements = nil; return &a }
func (a IssuerEnd) bare() endorsable          { a.Endorsements = nil; return &a }
func (a RegulatorAdmission) bare() endorsable { a.Endorsements = nil; return &a }
func (a RegulatorRekeying) bare() endorsable  { a.Endorsements = nil; return &a }
func (a Reinstatement) bare() endorsable      { a.Endorsements = nil; return &a }

// EndorsedOnlyBy refuses endorsements of other keys than a seat's.
func EndorsedOnlyBy(list []keys.Endorsement, seat ...keys.Public) error {
	for i, e := range list {
		if !slices.Contains(seat, e.Key) {
			return fmt.Errorf("endorsements[%d]: key %s is none of the seat's", i, e.Key.Short())
		}
	}
	return nil
}
