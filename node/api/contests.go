package api

// The states of a contest.
const (
	ContestNotAnchored = "not_anchored" // the time to answer does not run yet
	ContestOpen        = "open"
	ContestClosed      = "closed" // the time is over, or nobody is asked any more
)

// ContestQuery asks for open contests.
type ContestQuery struct {
	// Mine asks for those alone that wait for the answer of the node's member.
	Mine bool
	// Lang chooses the language of texts, "en" or "zh".
	Lang string
}

// Contests is what is disputed, the most urgent first.
type Contests struct {
	Member   string    `json:"member"`   // the node's own; "" when the charter names none
	Waiting  int       `json:"waiting"`  // how many wait for its answer, in all
	Contests []Contest `json:"contests"` // at most 1,000
	More     bool      `json:"more"`     // there are more than these
	List     ListStamp `json:"list"`
}

// Contest is one contest: who disputes what is said of a number or range, and who has to
// answer. Deadlines pass by the ledger's clock alone.
type Contest struct {
	Ref         string   `json:"ref"`
	Subject     string   `json:"subject"` // number or range
	Member      string   `json:"member"`  // who contests
	Grounds     string   `json:"grounds,omitempty"`
	Said        string   `json:"said"` // RFC 3339
	State       string   `json:"state" enum:"not_anchored,open,closed"`
	Opened      string   `json:"opened,omitempty"` // RFC 3339; from the tick of the anchor that covers it
	Deadline    string   `json:"deadline,omitempty"`
	LeftSeconds int64    `json:"left_seconds,omitempty"` // until the deadline
	Mine        bool     `json:"mine"`                   // it waits for the answer of the node's member
	Publishers  []Answer `json:"publishers"`
	Sentence    string   `json:"sentence"` // all that in words
}

// Answer is how one publisher stands towards a contest.
type Answer struct {
	Member   string `json:"member"`
	Standing string `json:"standing" enum:"asked,upheld,withdrawn,lapsed"`
	Ref      string `json:"ref,omitempty"`    // of what it answered last, in time or not
	Upheld   bool   `json:"upheld,omitempty"` // what it answered
	Anchored bool   `json:"anchored"`         // a tick follows the anchor that covers the answer
}
