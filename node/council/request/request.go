// Package request tells of changes of the constitution that are asked for by the keys
// that must agree to them.
//
// Floor 12, a room of node/council.
package request

import (
	"ringfence/store/charter"
	"ringfence/store/charter/article"
)

// Fulfilled reports whether a constitution has what a request asks for already.
func Fulfilled(s *charter.State, it article.Item) bool {
	switch a := it.(type) {
	case *article.MemberAdmission:
		i, ok := s.MemberByID(a.Member.ID)
		if !ok {
			return false
		}
		m := s.Member(i)
		for _, h := range a.Member.Hosts {
			if of, known := s.Host(h); !known || of != i {
				return false
			}
		}
		for _, k := range a.Member.Issuers {
			if r, known := s.Record(k); !known || r.Member != i {
				return false
			}
		}
		return len(a.Member.Hosts)+len(a.Member.Issuers) > 0 || m.Name == a.Member.Name
	case *article.IssuerAdmission:
		return s.EverAdmitted(a.Key)
	case *article.IssuerEnd:
		_, inForce := s.Issuer(a.Issuer)
		return s.EverAdmitted(a.Issuer) && !inForce
	case *article.RegulatorAdmission:
		seat, ok := s.Regulator(a.Seat.Vote)
		return ok && seat.Member == a.Seat.Member
	case *article.RegulatorRekeying:
		seat, ok := s.Regulator(a.Vote)
		return ok && seat.Member == a.Member && seat.Cosign == a.Cosign
	case *article.Reinstatement:
		return s.Opened(a.Issuer, a.Epoch)
	}
	return false
}
