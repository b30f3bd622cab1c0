package view

import "ringfence/store/assertion"

// Reason is why a statement is void: it was accepted into its feed, is kept
// and can be read, but does not count. Reasons below firstOwn are those of
// assertion.Check, which needs no charter; the others are judged here by the
// charter as the ledger stands.
type Reason uint8

// NotVoid is the zero Reason.
const NotVoid Reason = 0

const firstOwn = Reason(assertion.FirstViewReason)

// The reasons that need the charter or the feed. They are append-only, since
// snapshots carry them.
const (
	ReasonRole       Reason = iota + firstOwn // no role of the member may say this kind
	ReasonAudience                            // not readable by all, so the list must not depend on it
	ReasonBroad                               // more free digits than policy allows
	ReasonLongLived                           // expires later than policy allows
	ReasonOld                                 // observed longer ago than policy allows
	ReasonProtected                           // the subject is a protected number
	ReasonNotHolder                           // the member is neither server, allocatee nor reseller of the number
	ReasonFuture                              // names a date after its batch's day
	ReasonRepeated                            // the issuer said the same of this number too recently
	ReasonQuota                               // the issuer's daily quota was used up
	ReasonForeign                             // what it retracts was said by another member
	ReasonNotIssuer                           // the issuer's key is not in force
	ReasonFrozen                              // the epoch forked and nothing of it is anchored
	ReasonShortLived                          // a reassign that would expire before what it decides about
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
}

// String returns the reason in words, "" for none.
func (r Reason) String() string {
	switch {
	case r == NotVoid:
		return ""
	case r < firstOwn:
		return assertion.Reason(r).String()
	case r < endOwn:
		return ownReasons[r-firstOwn]
	}
	return "unknown reason"
}

// MarshalText returns the words that String gives.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
