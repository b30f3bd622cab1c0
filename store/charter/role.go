package charter

import (
	"ringfence/store/assertion"
	"ringfence/store/policy"
)

// roles is a set of roles: bit r stands for role r.
type roles uint16

// everyRole is held by every member, whatever its roles.
const everyRole = ^roles(0)

func roleSet(list ...Role) roles {
	var s roles
	for _, r := range list {
		s |= 1 << r
	}
	return s
}

// mayFlag lists the roles whose flags the list weighs.
const mayFlag = 1<<Operator | 1<<MVNO | 1<<Vendor | 1<<Coordinator | 1<<Regulator

// speakers tells which roles may say which kind at all. Kinds that belong to a
// number's allocatee or server, to a contest's other party or to the issuer's
// own member are open to every role: there the tie to the subject decides, not
// the role. A kind without a line may be said by nobody.
var speakers = [...]roles{
	assertion.KindFlag:        mayFlag,
	assertion.KindBlock:       1<<Operator | 1<<MVNO | 1<<Regulator,
	assertion.KindRetract:     everyRole, // of the same member
	assertion.KindReassign:    everyRole, // allocatee, reseller or server
	assertion.KindPort:        1<<Operator | 1<<MVNO,
	assertion.KindContest:     everyRole, // allocatee, reseller or server
	assertion.KindAnswer:      everyRole, // publisher of what is contested
	assertion.KindResource:    everyRole, // allocatee, reseller or server
	assertion.KindLine:        1 << Operator,
	assertion.KindAuthorize:   everyRole, // allocatee
	assertion.KindCampaign:    1<<Operator | 1<<MVNO | 1<<CallCentre,
	assertion.KindConsent:     1<<Operator | 1<<MVNO,
	assertion.KindRefusal:     1<<Operator | 1<<MVNO,
	assertion.KindPreference:  1<<Operator | 1<<MVNO,
	assertion.KindReport:      mayFlag | 1<<PublicSecurity | 1<<Sector,
	assertion.KindDisposition: 1<<Operator | 1<<MVNO | 1<<PublicSecurity | 1<<Sector | 1<<Regulator,
	assertion.KindPenalty:     1<<PublicSecurity | 1<<Sector | 1<<Regulator,
	assertion.KindReferral:    1<<Regulator | 1<<Operator | 1<<MVNO | 1<<Coordinator,
	assertion.KindNotice:      1<<Regulator | 1<<Operator | 1<<MVNO | 1<<Coordinator,
	assertion.KindTool:        1<<Internet | 1<<Vendor | 1<<Operator | 1<<Regulator,
	assertion.KindInspection:  1<<Operator | 1<<Regulator,
	assertion.KindTrace:       1<<Operator | 1<<MVNO | 1<<Regulator,
	assertion.KindTally:       everyRole,
}

// may reports whether a holder of s may say kind.
func (s roles) may(kind assertion.Kind) bool {
	return int(kind) < len(speakers) && s&speakers[kind] != 0
}

// highest returns the greatest weight among the roles of set that may flag.
func highest(w *policy.RoleWeights, set roles) uint16 {
	var most uint16
	for _, one := range [...]struct {
		role   Role
		weight uint16
	}{{Operator, w.Operator}, {MVNO, w.MVNO}, {Vendor, w.Vendor}, {Coordinator, w.Coordinator}, {Regulator, w.Regulator}} {
		if set&roleSet(one.role) != 0 {
			most = max(most, one.weight)
		}
	}
	return most
}
