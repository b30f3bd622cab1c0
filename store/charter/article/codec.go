package article

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/motion"
	"ringfence/store/wire"
)

// version is the only one of the items' formats.
const version = 1

const (
	// pieceSize is how many bytes of a policy setting one item holds.
	pieceSize = 32 << 10
	// maxSetting is more bytes than any policy setting has, so few that with salts its
	// pieces fit into a motion.
	maxSetting = motion.MaxBytes - 1<<10
)

// formatted is an item as it is encoded.
type formatted[T any] struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Body    T
}

// Changes reports whether a motion of the kind changes the constitution, so that Open
// reads its items.
func Changes(k motion.Kind) bool { return k >= motion.AdmitMember && k <= motion.SetPolicy }

// Encode returns the items of a motion, all of one kind, in their canonical encodings:
// one each, but for a PolicySetting, which stands alone and is cut into as many as it
// needs. The error names the field.
func Encode(items ...Item) ([][]byte, error) {
	var all [][]byte
	for i, it := range items {
		if it.Kind() != items[0].Kind() {
			return nil, fmt.Errorf("charter: item %d is of kind %s, the first of kind %s: make two motions", i, it.Kind(), items[0].Kind())
		}
		if err := it.validate(); err != nil {
			return nil, fmt.Errorf("charter: item %d: %w", i, err)
		}
		b, err := wire.Encode(formatted[Item]{Version: version, Body: it})
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	if err := checkCount(items); err != nil {
		return nil, err
	}
	if items[0].Kind() == motion.SetPolicy {
		return cut(all[0]), nil
	}
	return all, nil
}

// checkCount refuses motions of too few or too many items.
func checkCount(items []Item) error {
	switch {
	case len(items) == 0:
		return errors.New("charter: a motion has items")
	case len(items) > 1 && items[0].Kind().Constitutes():
		return fmt.Errorf("charter: %d changes in one %s motion: the regulators and the policy change one step a motion", len(items), items[0].Kind())
	}
	return nil
}

func cut(setting []byte) (pieces [][]byte) {
	for len(setting) > 0 {
		n := min(pieceSize, len(setting))
		pieces = append(pieces, wire.Format(formatted[[]byte]{Version: version, Body: setting[:n]}))
		setting = setting[n:]
	}
	return pieces
}

// join is the inverse of cut.
func join(openings []motion.Opening) ([]byte, error) {
	var setting []byte
	for i := range openings {
		var p formatted[[]byte]
		if err := decode(openings[i].Item, motion.MaxItem, &p); err != nil {
			return nil, fmt.Errorf("charter: item %d: %w", i, err)
		}
		if last := i == len(openings)-1; len(p.Body) > pieceSize || len(p.Body) == 0 || !last && len(p.Body) < pieceSize {
			return nil, fmt.Errorf("charter: item %d: %d bytes of a policy; all pieces but the last have %d", i, len(p.Body), pieceSize)
		}
		setting = append(setting, p.Body...)
	}
	return setting, nil
}

// Open reads the items of a motion that changes the constitution, in its order, and
// verifies their endorsements. The items of a SetPolicy motion become one PolicySetting.
// The error tells the item by its place, and wraps wire.ErrNewer where this release does
// not know what it says.
func Open(federation cid.Cid, kind motion.Kind, openings []motion.Opening) ([]Item, error) {
	if kind == motion.SetPolicy {
		b, err := join(openings)
		if err != nil {
			return nil, err
		}
		openings = []motion.Opening{{Item: b}}
	}
	items := make([]Item, len(openings))
	for i := range openings {
		it, err := open(kind, openings[i].Item)
		if err == nil {
			err = verify(it, federation)
		}
		if err != nil {
			return nil, fmt.Errorf("charter: item %d: %w", i, err)
		}
		items[i] = it
	}
	return items, checkCount(items)
}

func open(kind motion.Kind, b []byte) (Item, error) {
	switch kind {
	case motion.AdmitMember:
		return openAs[MemberAdmission](b)
	case motion.ChangeMember:
		return openAs[MemberChange](b)
	case motion.RemoveMember:
		return openAs[MemberRemoval](b)
	case motion.AdmitIssuer:
		return openAs[IssuerAdmission](b)
	case motion.EndIssuer:
		return openAs[IssuerEnd](b)
	case motion.AdmitRegulator:
		return openAs[RegulatorAdmission](b)
	case motion.RemoveRegulator:
		return openAs[RegulatorRemoval](b)
	case motion.RekeyRegulator:
		return openAs[RegulatorRekeying](b)
	case motion.Reinstate:
		return openAs[Reinstatement](b)
	case motion.Grant:
		return openAs[Granting](b)
	case motion.EndGrant:
		return openAs[GrantEnd](b)
	case motion.SetPolicy:
		return openAs[PolicySetting](b)
	}
	return nil, fmt.Errorf("a %s motion does not change the constitution", kind)
}

// openAs reads one item and checks what it can show by itself.
func openAs[T any, P interface {
	*T
	Item
}](b []byte) (Item, error) {
	var a formatted[T]
	if err := decode(b, maxSetting, &a); err != nil {
		return nil, err
	}
	it := P(&a.Body)
	return it, it.validate()
}

func decode[T any](b []byte, most int, into *formatted[T]) error {
	if len(b) > most {
		return fmt.Errorf("%d bytes, the most is %d", len(b), most)
	}
	if err := wire.Newer("an item", b, version); err != nil {
		return err
	}
	if err := wire.Decode(b, into); err != nil {
		return err
	}
	if into.Version != version {
		return fmt.Errorf("version %d is none", into.Version)
	}
	return nil
}

// Heads returns the heads that items name, as they stand in them.
func Heads(items []Item) []motion.AnchoredHead {
	var all []motion.AnchoredHead
	for _, it := range items {
		switch it := it.(type) {
		case *MemberRemoval:
			all = append(all, it.Heads...)
		case *IssuerEnd:
			all = append(all, it.Heads...)
		case *Reinstatement:
			all = append(all, it.Base...)
		case *GrantEnd:
			all = append(all, it.Heads...)
		}
	}
	return all
}
