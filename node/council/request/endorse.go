package request

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// Bare returns a change without endorsements; the change itself where it takes none.
func Bare(it article.Item) article.Item {
	switch a := it.(type) {
	case *article.MemberAdmission:
		b := *a
		b.Endorsements = nil
		return &b
	case *article.IssuerAdmission:
		b := *a
		b.Endorsements = nil
		return &b
	case *article.IssuerEnd:
		b := *a
		b.Endorsements = nil
		return &b
	case *article.RegulatorAdmission:
		b := *a
		b.Endorsements = nil
		return &b
	case *article.RegulatorRekeying:
		b := *a
		b.Endorsements = nil
		return &b
	case *article.Reinstatement:
		b := *a
		b.Endorsements = nil
		return &b
	}
	return it
}

// Same reports whether two changes say the same but for their endorsements.
func Same(a, b article.Item) bool {
	return a.Kind() == b.Kind() && string(wire.Format(Bare(a))) == string(wire.Format(Bare(b)))
}

// signers are the purposes of the keys that endorse changes of a kind.
func signers(k motion.Kind) []keys.Purpose {
	switch k {
	case motion.AdmitMember, motion.AdmitIssuer, motion.EndIssuer, motion.Reinstate:
		return []keys.Purpose{keys.PurposeIssuer, keys.PurposeRecovery}
	case motion.AdmitRegulator, motion.RekeyRegulator:
		return []keys.Purpose{keys.PurposeVote, keys.PurposeCosign}
	}
	return nil
}

// Endorse adds the endorsements of the keys that a ring holds, as far as a change of its
// kind takes them. It says how many it gave.
func Endorse(it article.Item, federation cid.Cid, ring *keys.Ring) (given int, err error) {
	for _, p := range signers(it.Kind()) {
		key, err := ring.Private(p)
		if err != nil {
			continue // a ring need not hold them all
		}
		if m, ok := it.(*article.MemberAdmission); ok && p == keys.PurposeRecovery && key.Public() != m.Member.Recovery {
			continue
		}
		if err := article.Endorse(it, federation, key); err != nil {
			return given, fmt.Errorf("endorse: %w", err)
		}
		given++
	}
	return given, nil
}
