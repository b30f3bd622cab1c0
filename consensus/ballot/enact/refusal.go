package enact

import (
	"errors"
	"fmt"

	"ringfence/store/wire"
)

// Code is why something does not enter the ledger. The words of String are stable names
// for programs and message catalogues.
type Code uint8

// The codes.
const (
	Unreadable      Code = iota + 1 // the bytes are no command, or no entry
	TooLarge                        // more bytes than a command has
	Newer                           // this release does not know what it says: upgrade needed
	BadMotion                       // the header, or its proposer's signature
	BadItems                        // not those that the header commits to, or not of its kind
	BadVote                         // the vote, or its regulator's signature
	BadTick                         // the times, or a regulator's signature
	BadWithdrawal                   // not the proposer's
	BadCheckpoint                   // no certified checkpoint of the set change
	NoTime                          // the ledger has no tick yet
	Expired                         // the motion is no longer voted on
	Early                           // it is dated too far ahead of the ledger's time
	NotSeated                       // the key is no regulator's in force
	ByRule                          // no rule is declared by which one could vote
	StaleVote                       // the regulator's newer vote is known, or another of that number
	NotFor                          // a motion is brought in with a vote for it
	NoProposer                      // the proposer is no issuer in force and no regulator
	UnknownMotion                   // it is not open
	WithdrawnMotion                 // its proposer took it back
	DocketFull                      // too much is before the regulators, of its proposer or of all
	TooFewVotes                     // under the threshold of its kind
	NotByHand                       // votes suffice, votes by hand do not
	StandingChanged                 // regulators or policy are not those that it was proposed under
	Paused                          // a set change waits for its certified checkpoint
	NotCarried                      // Raft has not carried out the last set change
	BadUntil                        // what it enters would last too long, or is over
	TooBroad                        // a range with more free digits than policy allows
	BlockCap                        // the day's cap of blocks in a range
	NotRatified                     // no ratified entry has that index
	Lapsed                          // the ratified entry is over
	Revoked                         // the ratified entry is revoked
	Stayed                          // the regulator stayed the entry before
	Unordered                       // the items do not ascend
	AnchorSize                      // an anchor's size, or the size that a motion builds on
	AnchorDay                       // not the day of that size
	AnchoredSince                   // an issuer in it was anchored after the size it builds on
	HeadBack                        // a head below, beside or beyond what is anchored
	UnknownIssuer                   // no issuer, or none of whom something new can count
	NotLastTick                     // a time names another tick than the last
	TickSize                        // a time names more entries than there are
	TimeBack                        // the tick is worth less than the one before
	Constitution                    // it has no place in the constitution as it stands
	BadFork                         // no proof of a fork in this federation
	ForkNoted                       // the fork is noted
	Enacted                         // the motion is in the ledger
	Uncertified                     // too much waits to be certified before it
)

var codeWords = [...]string{
	Unreadable: "unreadable", TooLarge: "too_large", Newer: "newer", BadMotion: "bad_motion", BadItems: "bad_items", BadVote: "bad_vote",
	BadTick: "bad_tick", BadWithdrawal: "bad_withdrawal", BadCheckpoint: "bad_checkpoint", NoTime: "no_time", Expired: "expired",
	Early: "early", NotSeated: "not_seated", ByRule: "by_rule", StaleVote: "stale_vote", NotFor: "not_for", NoProposer: "no_proposer",
	UnknownMotion: "unknown_motion", WithdrawnMotion: "withdrawn", DocketFull: "docket_full", TooFewVotes: "too_few_votes",
	NotByHand: "not_by_hand", StandingChanged: "standing_changed", Paused: "paused", NotCarried: "not_carried", BadUntil: "bad_until",
	TooBroad: "too_broad", BlockCap: "block_cap", NotRatified: "not_ratified", Lapsed: "lapsed", Revoked: "revoked", Stayed: "stayed",
	Unordered: "unordered", AnchorSize: "anchor_size", AnchorDay: "anchor_day", AnchoredSince: "anchored_since", HeadBack: "head_back",
	UnknownIssuer: "unknown_issuer", NotLastTick: "not_last_tick", TickSize: "tick_size", TimeBack: "time_back",
	Constitution: "constitution", BadFork: "bad_fork", ForkNoted: "fork_noted", Enacted: "enacted",
	Uncertified: "uncertified",
}

// String returns the name ("block_cap"), or "code(n)" for an unknown code.
func (c Code) String() string {
	if c >= Unreadable && int(c) < len(codeWords) {
		return codeWords[c]
	}
	return fmt.Sprintf("code(%d)", uint8(c))
}

// MarshalText returns the name that String gives.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Passing reports whether time or the next entries may take away what stood in the way:
// the same command, submitted again later, may be taken.
func (c Code) Passing() bool {
	switch c {
	case NoTime, Early, DocketFull, Paused, NotCarried, BlockCap, UnknownMotion, TooFewVotes, NotByHand, Uncertified:
		return true
	}
	return false
}

// Refusal is why something does not enter the ledger: a code for programs, words for
// people. Replicas that hold the same refuse in the same words.
type Refusal struct {
	Code  Code
	Words string // in English
}

// Error returns the words.
func (r *Refusal) Error() string { return "enact: " + r.Words }

// Is makes a Refusal of what this release does not know be wire.ErrNewer.
func (r *Refusal) Is(target error) bool { return r.Code == Newer && target == wire.ErrNewer }

// Refuse returns a refusal with words.
func Refuse(c Code, format string, args ...any) *Refusal {
	return &Refusal{Code: c, Words: fmt.Sprintf(format, args...)}
}

// Because refuses with the words of an error from below.
func Because(c Code, err error) *Refusal {
	if errors.Is(err, wire.ErrNewer) {
		c = Newer
	}
	return &Refusal{Code: c, Words: err.Error()}
}
