package api

import (
	"context"

	"ringfence/node/phrase"
)

// Council is how people use the regulators' ledger on their own node.
type Council interface {
	// ProposeMotion puts something to the regulators, or only previews it. On a
	// regulator's node it carries the regulator's vote for it.
	ProposeMotion(ctx context.Context, p Proposal) (Proposed, error)
	// Motions lists what is before the regulators and what was lately decided.
	Motions(ctx context.Context, q MotionQuery) (Motions, error)
	// Motion shows one, by its ID or an unambiguous beginning of it.
	Motion(ctx context.Context, id string) (Motion, error)
	// VoteMotion casts the vote of the node's regulator.
	VoteMotion(ctx context.Context, v MotionVote) (Motion, error)
	// WithdrawMotion takes back what this node proposed.
	WithdrawMotion(ctx context.Context, id string) (Motion, error)
	// LedgerState tells how the ledger stands as it is followed here.
	LedgerState(ctx context.Context) (LedgerState, error)
	// LedgerEntries returns entries of the ledger, in order.
	LedgerEntries(ctx context.Context, q LedgerQuery) (LedgerEntries, error)
	// FeedHeads tells up to where feeds count, for motions that name it.
	FeedHeads(ctx context.Context, q FeedHeadQuery) (FeedHeads, error)
	// QuorumState tells how the regulators stand, as far as this node sees.
	QuorumState(ctx context.Context) (QuorumState, error)
	// RealignQuorum promises this regulator to the next generation; while the ledger goes on
	// with it, only if that is sure to be meant.
	RealignQuorum(ctx context.Context, sure bool) (QuorumState, error)
}

// Bounds of one proposal.
const (
	MaxProposal      = 16 << 20 // bytes of its JSON
	MaxProposalItems = 65_536   // of one proposal, which becomes as many motions as it needs
)

// Proposal is what is to be put to the regulators: items by name, or a file, or a query
// over the list.
type Proposal struct {
	Kind string `json:"kind,omitempty" doc:"ratify, revoke, stay, anchor or note_fork, or the kind of articles; of a YAML file its own"`
	// Items of ratify.
	Items []ProposedItem `json:"items,omitempty"`
	// Entries of revoke and stay: ledger indexes, or numbers and ranges, which stand for
	// every ratified entry on them.
	Entries  []string `json:"entries,omitempty" doc:"Of revoke and stay: ledger indexes, or numbers"`
	File     string   `json:"file,omitempty" doc:"Text of a file of items: CSV under a head, or YAML"`
	FileName string   `json:"file_name,omitempty" doc:"For messages"`
	Proofs   []string `json:"proofs,omitempty" doc:"Of note_fork: proofs of forks as /v1/evidence has them, base64"`
	// Articles of kinds that change the charter, with their endorsements.
	Articles []string `json:"articles,omitempty" doc:"Of kinds that change the charter: signed items, base64"`
	BuildsOn uint64   `json:"builds_on,omitempty" doc:"Of articles that name heads: the ledger size that they were made on"`
	FromList string   `json:"from_list,omitempty" doc:"Query over the list: class=crm groups>=2"`
	// What items that say nothing else have.
	Action    string `json:"action,omitempty" doc:"allow, label (the default) or block"`
	Category  string `json:"category,omitempty"`
	Grounds   string `json:"grounds,omitempty"`
	Country   string `json:"country,omitempty"`
	Until     string `json:"until,omitempty" doc:"Last day, 2027-01-31; left out, as long as the policy allows"`
	Reason    string `json:"reason,omitempty"`
	VotedDays uint16 `json:"voted_days,omitempty" doc:"For how many days it may be voted on; 7 if left out"`
	Preview   bool   `json:"preview,omitempty"`
}

// ProposedItem is an entry that is to be ratified.
type ProposedItem struct {
	Number    string   `json:"number"`
	Action    string   `json:"action,omitempty" doc:"allow, label or block; left out, that of the proposal"`
	Category  string   `json:"category,omitempty"`
	Grounds   string   `json:"grounds,omitempty"`
	Citations []string `json:"citations,omitempty" doc:"References of at most three statements"`
}

// Proposed is what came of a proposal.
type Proposed struct {
	Preview bool `json:"preview"`
	// Sent is who has it: the regulators' order itself, or the members in whose inbox it
	// waits for a vote.
	Inboxes []string       `json:"inboxes,omitempty"`
	Motion  Motion         `json:"motion"` // without an ID in a preview
	Effect  MotionEffect   `json:"effect"`
	Anchor  *AnchorPlan    `json:"anchor,omitempty"` // of an anchor alone
	Told    *phrase.Phrase `json:"told,omitempty"`   // what is not done yet, and why
}

// MotionEffect is what a motion would do, item by item added up.
type MotionEffect struct {
	Items      int           `json:"items"`
	Numbers    uint64        `json:"numbers"` // in all ranges together
	Allowed    int           `json:"allowed_items"`
	Labelled   int           `json:"labelled_items"`
	Blocked    int           `json:"blocked_items"`
	Holders    []HolderShare `json:"holders"`    // whose ranges, the most first; member "" is nobody
	Protected  []string      `json:"protected"`  // keys; at most 20 of each of these lists
	Contested  []string      `json:"contested"`  // on the list as it stands
	Reassigned []string      `json:"reassigned"` // at some time
	Ratified   []string      `json:"ratified"`   // already, and in force
	Counts     MarkCounts    `json:"counts"`
	Inside     MarkCounts    `json:"inside"` // numbers and narrower ranges inside them, listed as well
	Votes      int           `json:"needed_votes"`
	Hands      int           `json:"needed_hand_votes"`
	// Refusals is why parts of it could not enter the ledger as it stands.
	Refusals []phrase.Phrase `json:"refusals,omitempty"`
}

// MarkCounts is how many items are what MotionEffect lists some of.
type MarkCounts struct {
	Protected  int `json:"protected"`
	Contested  int `json:"contested"`
	Reassigned int `json:"reassigned"`
	Ratified   int `json:"ratified"`
}

// HolderShare is how many of the numbers are in the ranges of a member.
type HolderShare struct {
	Member  string `json:"member"`
	Items   int    `json:"items"`
	Numbers uint64 `json:"numbers"`
}

// MotionQuery asks for motions.
type MotionQuery struct {
	Mine bool `json:"mine,omitempty"` // that wait for the vote of this node's regulator
}

// Motions are proposals: one that became several motions stands once.
type Motions struct {
	Member  string          `json:"regulator,omitempty"` // whose votes this node casts
	Told    string          `json:"told_by"`             // who says so: this node, or the member of a regulator's node
	Motions []Motion        `json:"motions"`
	Paused  *phrase.Phrase  `json:"paused,omitempty"` // why nothing enters the ledger now
	Trouble []phrase.Phrase `json:"trouble,omitempty"`
}

// States of a motion, in the order of its life. Only enacted is authoritative.
const (
	MotionInbox       = "inbox"       // a regulator's node holds it, no regulator has voted for it
	MotionOpen        = "open"        // before the regulators
	MotionProvisional = "provisional" // carried, and not certified yet
	MotionEnacted     = "enacted"     // in the certified ledger
	MotionWithdrawn   = "withdrawn"
	MotionExpired     = "expired"
	MotionRefused     = "refused" // it has no place in the ledger
	MotionAside       = "aside"   // off the desk of who holds it, who does not vote on it
	MotionUnsent      = "unsent"  // no quorum could be reached to take it: it is before nobody
	MotionUnknown     = "unknown" // what became of it is not known yet
)

// Motion is one proposal as it stands. Parts are the motions that it became.
type Motion struct {
	ID       string        `json:"id"` // of its first part
	Kind     string        `json:"kind"`
	Subject  string        `json:"subject,omitempty"` // the member that a change of the charter is about
	State    string        `json:"state" enum:"inbox,open,provisional,enacted,withdrawn,expired,refused,aside,unsent,unknown"`
	Proposer string        `json:"proposer"` // key
	Member   string        `json:"member"`   // whose key it is; "" when nobody's in force
	Proposed string        `json:"proposed"`
	Expires  string        `json:"expires"`         // until when it is voted on
	Until    string        `json:"until,omitempty"` // until which day what it enters lasts
	Reason   string        `json:"reason"`
	Items    int           `json:"items"`
	Does     phrase.Phrase `json:"does"` // in words
	For      []string      `json:"for"`  // members; of several parts, for all that are open
	Against  []string      `json:"against"`
	Silent   []string      `json:"silent"`
	Needed   int           `json:"needed_votes"`
	Hands    int           `json:"needed_hand_votes"`
	Missing  int           `json:"missing_votes"`
	NoHands  int           `json:"missing_hand_votes"`
	Mine     string        `json:"mine" enum:"waits,for,against,none"` // the vote of this node's regulator
	Parts    []MotionPart  `json:"parts"`
	// Waiting is a vote of this node that is refused for the time being and is cast again
	// by itself, and why.
	Waiting *phrase.Phrase `json:"waiting,omitempty"`
	// Inboxes are the members whose regulators hold what this node proposed, as they say.
	Inboxes []string       `json:"inboxes,omitempty"`
	Blocked *phrase.Phrase `json:"blocked,omitempty"` // why it could not enter now, whatever the votes
	Refusal *phrase.Phrase `json:"refusal,omitempty"` // why it ended
	Aside   *phrase.Phrase `json:"aside,omitempty"`   // who set it aside, and who may still vote for it
	Lacks   *phrase.Phrase `json:"lacks,omitempty"`   // parts that are not known here

	// Of one that is shown alone.
	Effect  *MotionEffect   `json:"effect,omitempty"`
	Content []phrase.Phrase `json:"content,omitempty"` // items in words, at most 100
}

// MotionPart is one motion of a proposal.
type MotionPart struct {
	ID    string `json:"id"`
	State string `json:"state"`
	Items int    `json:"items"`
	First uint64 `json:"first_entry,omitempty"` // index of its entry in the ledger
}

// MotionVote is a vote by hand.
type MotionVote struct {
	ID  string `json:"id,omitempty"`
	For bool   `json:"for"`
}

// LedgerState is how the ledger stands as it is followed here.
type LedgerState struct {
	Size         uint64         `json:"size"`
	Root         string         `json:"root"`           // hex
	Checkpoint   string         `json:"checkpoint"`     // the note; "" before the first
	Certified    string         `json:"certified"`      // since when it is known to stand
	FreshSeconds *int64         `json:"fresh_seconds"`  // how long ago that is; null before the first
	Cosigners    []Cosigner     `json:"cosigners"`      // the regulators in force
	Quorum       int            `json:"quorum"`         //
	Tick         string         `json:"tick,omitempty"` // the ledger's time
	Anchor       uint64         `json:"anchored_size"`  // that the last anchor names; 0 before the first
	Provisional  uint64         `json:"provisional_size,omitempty"`
	Trouble      *phrase.Phrase `json:"trouble,omitempty"` // why nothing more is followed
}

// Cosigner is a regulator, and what it signed of a checkpoint.
type Cosigner struct {
	Member   string `json:"member"`
	Name     string `json:"name"`
	Cosigned string `json:"cosigned,omitempty"` // when; "" when it did not
}

// LedgerQuery asks for entries.
type LedgerQuery struct {
	Since uint64 `json:"since,omitempty"`
	Count int    `json:"count,omitempty"` // 1 to MaxLedgerEntries; 0 is 100
}

// MaxLedgerEntries is how many entries one answer holds.
const MaxLedgerEntries = 1000

// LedgerEntries are entries of the ledger.
type LedgerEntries struct {
	Size    uint64        `json:"size"` // of the ledger
	Entries []LedgerEntry `json:"entries"`
	Next    uint64        `json:"next"` // the first that is not here
}

// LedgerEntry is one entry.
type LedgerEntry struct {
	Index  uint64         `json:"index"` // 0 is the genesis
	Type   string         `json:"type" enum:"genesis,motion,item,tick,settlement"`
	Motion string         `json:"motion,omitempty"`
	Kind   string         `json:"kind,omitempty"`
	Items  int            `json:"items,omitempty"`
	Votes  []string       `json:"votes,omitempty"` // members
	Reason string         `json:"reason,omitempty"`
	Time   string         `json:"time,omitempty"`
	Says   *phrase.Phrase `json:"says,omitempty"` // of an item, in words; none when it is erased
}

// QuorumState is how the regulators stand.
type QuorumState struct {
	Regulator   string            `json:"regulator,omitempty"` // whose node this is
	Regulators  int               `json:"regulators"`
	Quorum      int               `json:"quorum"`
	Fresh       int               `json:"fresh_cosigners"` // regulators at work: see QuorumSeat.Live
	Margin      int               `json:"margin"`          // how many more may fail before nothing is certified any more; below 0 nothing is
	Stopped     string            `json:"stopped,omitempty" enum:"no_leader,uncertified" doc:"Why nothing is certified any more, as a regulator's node sees before cosignatures are too old to count"`
	Seats       []QuorumSeat      `json:"seats"`
	Size        uint64            `json:"certified_size"`
	Provisional uint64            `json:"provisional_size,omitempty"`
	Generation  *QuorumGeneration `json:"generation,omitempty"`      // on a regulator's node
	Promises    []QuorumPromise   `json:"promises"`                  // to a generation to come
	Promising   int               `json:"promises_needed,omitempty"` // for it to begin; on a regulator's node
	Paused      *phrase.Phrase    `json:"paused,omitempty"`
	Problems    []phrase.Phrase   `json:"problems"`
	Told        *phrase.Phrase    `json:"told,omitempty"`
}

// QuorumGeneration is the generation that a regulator takes part in, and what is said in
// it of trees that are not certified.
type QuorumGeneration struct {
	Number       uint64       `json:"number"`
	Leader       string       `json:"leader,omitempty"` // member
	Reports      []QuorumTree `json:"reports"`
	Locks        []QuorumTree `json:"locks"`
	Cosignatures []QuorumTree `json:"cosignatures"`
	// Promised is the generation that this regulator promised itself to, Begun one that
	// others began without it; 0 for none.
	Promised uint64 `json:"promised,omitempty"`
	Begun    uint64 `json:"begun,omitempty"`
}

// QuorumTree is who says the same of a tree.
type QuorumTree struct {
	Size    uint64   `json:"size"`
	Root    string   `json:"root"`
	Members []string `json:"members"`
}

// QuorumSeat is one regulator as this node sees it.
type QuorumSeat struct {
	Member   string `json:"member"`
	Cosigned string `json:"cosigned,omitempty"` // when, of the newest checkpoint
	Age      *int64 `json:"cosigned_seconds_ago,omitempty"`
	Live     bool   `json:"live" doc:"It is at work: it cosigned within two minutes, which is due each minute, and, as a regulator's node knows, reports and locks in the generation in force"`
	Idle     string `json:"idle,omitempty" enum:"silent,promised,behind,mute" doc:"Why it is not at work. silent: nothing of it lately. promised: to another generation; it cosigns what the others lock. behind: in an earlier generation. mute: it reports nothing of what waits"`
	// What a regulator's node knows besides.
	Heard string `json:"heard,omitempty"` // when it last spoke to this one, since this one began
	Leads bool   `json:"leads,omitempty"`
	Lag   uint64 `json:"lag_entries,omitempty"`
	Lied  bool   `json:"lied,omitempty"` // it signed two stories
}

// QuorumPromise is a regulator's promise to a generation to come.
type QuorumPromise struct {
	Member     string `json:"member"`
	Generation uint64 `json:"generation"`
}
