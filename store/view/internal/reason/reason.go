// Package reason says why a statement is void: it was accepted into its feed, is kept
// and can be read, but does not count.
//
// Floor 5, a room of store/view.
package reason

import (
	"ringfence/store/assertion"
)

// Reason is why a statement is void: it was accepted into its feed, is kept
// and can be read, but does not count. Reasons below First are those of
// assertion.Check, which needs no charter; the others are judged here by the
// charter as the ledger stands.
type Reason uint8

// NotVoid is the zero Reason.
const NotVoid Reason = 0

// First is the first of the view's own.
const First = Reason(assertion.FirstViewReason)

// The reasons that need the charter or the feed. They are append-only, since
// snapshots carry them.
const (
	Role       Reason = iota + First // no role of the member may say this kind
	Audience                         // not readable by all, so the list must not depend on it
	Broad                            // more free digits than policy allows
	LongLived                        // expires later than policy allows
	Old                              // observed longer ago than policy allows
	Protected                        // the subject is a protected number
	NotHolder                        // the member is neither server, allocatee nor reseller of the number
	Future                           // names a date after its batch's day
	Repeated                         // the issuer said the same of this number too recently
	Quota                            // the issuer's daily quota was used up
	Foreign                          // what it retracts was said by another member
	NotIssuer                        // the issuer's key is not in force
	Frozen                           // the epoch forked and nothing of it is anchored
	ShortLived                       // it would expire before what it decides about
	Expelled                         // the issuer was expelled: what it asserted has ended
	endOwn
)

var ownReasons = [...]string{
	"the member's roles may not say this",
	"not for all audiences, so it never counts for the list",
	"range too broad",
	"expires too late",
	"observed too long ago",
	"protected number",
	"the member does not hold, resell or serve this number",
	"date lies after its batch",
	"said too recently by the same issuer",
	"daily quota used up",
	"said by another member",
	"issuer key not in force",
	"the issuer signed two stories and nothing of this one is anchored",
	"expires too soon",
	"the issuer was expelled",
}

// String returns the reason in words, "" for none.
func (r Reason) String() string {
	switch {
	case r == NotVoid:
		return ""
	case r < First:
		return assertion.Reason(r).String()
	case r < endOwn:
		return ownReasons[r-First]
	}
	return "unknown reason"
}

// MarshalText returns the words that String gives.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
