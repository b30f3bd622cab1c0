package view

import (
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/reason"
	"ringfence/store/view/internal/table"
)

// What a view shows, made in its rooms.
type (
	// List is the harmonised list at one moment with the evidence behind it.
	List = list.List
	// Stamp says which list an answer came from.
	Stamp = list.Stamp
	// Counts says how much a list stands on.
	Counts = list.Counts
	// Frontier knows how far the feeds behind a list are applied.
	Frontier = list.Frontier
	// FeedEpoch names one epoch of one issuer's feed.
	FeedEpoch = list.FeedEpoch
	// Explanation says why the list says what it says of a number.
	Explanation = list.Explanation
	// KeyExplanation is what was said about one key and what it comes to.
	KeyExplanation = list.KeyExplanation
	// Told is one statement, who said it, and what became of it.
	Told = list.Told
	// Status is what became of a statement about a key on the list's day.
	Status = list.Status
	// Standing is a member's newest live flag of one category on one key.
	Standing = list.Standing
	// OwnBlock is a live block of scope own.
	OwnBlock = list.OwnBlock
	// Ratified is an entry of the ledger about one key.
	Ratified = list.Ratified
	// Contest is a contest that stands, and what came of it.
	Contest = list.Contest
	// Row is what the view keeps of one statement about a key.
	Row = table.Row
	// Plea is how one publisher stands towards a contest.
	Plea = list.Plea
	// Reason is why a statement is void: it was accepted into its feed, is kept and can be
	// read, but does not count.
	Reason = reason.Reason
)

// The statuses.
const (
	Counting   = list.Counting
	Silent     = list.Silent
	NotYet     = list.NotYet
	Expired    = list.Expired
	Retracted  = list.Retracted
	Reassigned = list.Reassigned
	Derived    = list.Derived
	Void       = list.Void
	Own        = list.Own
	Noted      = list.Noted
	Erased     = list.Erased
	Unreadable = list.Unreadable
	Lapsed     = list.Lapsed
)

// The reasons that need the charter or the feed; those of assertion.Check come before.
const (
	NotVoid          = reason.NotVoid
	ReasonRole       = reason.Role
	ReasonAudience   = reason.Audience
	ReasonBroad      = reason.Broad
	ReasonLongLived  = reason.LongLived
	ReasonOld        = reason.Old
	ReasonProtected  = reason.Protected
	ReasonNotHolder  = reason.NotHolder
	ReasonFuture     = reason.Future
	ReasonRepeated   = reason.Repeated
	ReasonQuota      = reason.Quota
	ReasonForeign    = reason.Foreign
	ReasonNotIssuer  = reason.NotIssuer
	ReasonFrozen     = reason.Frozen
	ReasonShortLived = reason.ShortLived
	ReasonExpelled   = reason.Expelled
)
