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

import "ringfence/store/charter/article"

// The articles of the constitution have a package of their own, with what changes
// them; these are its names for those who meet them here.
type (
	Role          = article.Role
	Charter       = article.Charter
	Predecessor   = article.Predecessor
	Founder       = article.Founder
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
