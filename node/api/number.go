package api

// Query asks about one number.
type Query struct {
	// Number as written, dialled or received.
	Number string `json:"number"`
	// Country is the calling code under which it is read, "" for the node's
	// own.
	Country string `json:"country,omitempty"`
	// Caller reads it as a network presents it instead of as dialled.
	Caller bool `json:"caller,omitempty"`
	// WhyNot asks, in an explanation, why this member's word did not decide.
	WhyNot string `json:"why_not,omitempty"`
	// Lang chooses the language of texts, "en" or "zh".
	Lang string `json:"lang,omitempty"`
	// At asks how it was: a ledger size, a day (its beginning, UTC) or a time; "" is now.
	At string `json:"at,omitempty"`
}

// ListStamp says which list an answer came from and how old it is.
type ListStamp struct {
	Root                 string `json:"root"`
	LedgerSize           uint64 `json:"ledger_size"`
	Serial               uint64 `json:"serial"`
	Session              string `json:"session"`
	Day                  string `json:"day"`
	AgeSeconds           int64  `json:"age_seconds"`
	CheckpointAgeSeconds *int64 `json:"checkpoint_age_seconds"` // null: no checkpoint yet
}

// Lookup is what the list says of a number.
type Lookup struct {
	Number        string    `json:"number"` // canonical; "" for a caller that is no number
	Masked        string    `json:"number_masked"`
	Caller        string    `json:"caller,omitempty"` // kind and text of one that is no number
	Readings      []string  `json:"readings,omitempty"`
	NumberClass   string    `json:"number_class"`
	ClassOfNumber string    `json:"number_class_name,omitempty"` // for people
	Holder        string    `json:"holder,omitempty"`
	Region        string    `json:"region,omitempty"`
	Allocated     string    `json:"allocated"`
	PlanDate      string    `json:"plan_date,omitempty"`
	Listed        bool      `json:"listed"`
	Action        string    `json:"action"`
	Class         string    `json:"class"`
	Category      string    `json:"category"`
	CategoryName  string    `json:"category_name,omitempty"`
	ScorePermille uint16    `json:"score_permille"`
	Basis         string    `json:"basis"` // none, number, range or ratified
	Key           string    `json:"key,omitempty"`
	Contested     bool      `json:"contested"`
	Protected     bool      `json:"protected"`
	OwnBlocks     []string  `json:"own_blocks,omitempty"` // members on whose own nodes, and nowhere else, its calls are blocked
	Sources       []Source  `json:"sources"`
	Ratified      []uint64  `json:"ratified"` // ledger entries that decide, by index
	List          ListStamp `json:"list"`
	AsOf          *AsOf     `json:"as_of,omitempty"` // of an answer about the past
}

// Source is one live flag behind an answer.
type Source struct {
	Member             string `json:"member"`
	Category           string `json:"category"`
	Label              string `json:"label"`
	ConfidencePermille uint16 `json:"confidence_permille"`
	Count              uint32 `json:"count"`
	FirstSeen          string `json:"first_seen"` // RFC 3339
	LastSeen           string `json:"last_seen"`
	Ref                string `json:"ref"`
}

// Explanation is everything behind the list's word on a number.
type Explanation struct {
	Lookup
	Keys   []KeyExplanation `json:"keys"`
	WhyNot string           `json:"why_not,omitempty"`
}

// KeyExplanation is what was said about one key and what it comes to.
type KeyExplanation struct {
	Key        string         `json:"key"`
	Decides    bool           `json:"decides"`
	Action     string         `json:"action"`
	Class      string         `json:"class"`
	Category   string         `json:"category"`
	Contested  bool           `json:"contested"`
	Rule       string         `json:"rule"`     // the step that decided
	Sentence   string         `json:"sentence"` // in words, what passed or what was missing
	Classes    []ClassTally   `json:"classes"`
	NextChange string         `json:"next_change,omitempty"` // date
	Statements []Contribution `json:"statements"`
	Contests   []Contest      `json:"contests,omitempty"` // that stand, also those that are over
}

// ClassTally is how one class stands.
type ClassTally struct {
	Class          string `json:"class"`
	Sum            int64  `json:"sum"`
	TestedSum      int64  `json:"tested_sum"`
	NeededSum      int64  `json:"needed_sum"`
	Voices         int    `json:"voices"`
	NeededVoices   int    `json:"needed_voices"`
	BestPermille   uint16 `json:"best_permille"`
	SinglePermille uint16 `json:"single_source_permille"`
	Passes         bool   `json:"passes"`
}

// Contribution is one statement and what it contributed.
type Contribution struct {
	Statement
	Status            string `json:"status"`
	VoidReason        string `json:"void_reason,omitempty"`
	RetractedBy       string `json:"retracted_by,omitempty"`
	AgeDays           uint32 `json:"age_days"`
	HalfLifeDays      uint16 `json:"half_life_days"`
	WeightPermille    uint16 `json:"weight_permille"`
	DecayedPermille   uint16 `json:"decayed_permille"`
	StrengthPermille  uint16 `json:"strength_permille"`
	Voice             bool   `json:"voice"`
	IndependenceGroup string `json:"independence_group"`
}

// Statement is one statement as it was said.
type Statement struct {
	Ref         string `json:"ref"`
	Kind        string `json:"kind"`
	Subject     string `json:"subject"`
	Member      string `json:"member"`
	Issuer      string `json:"issuer"`
	Said        string `json:"said"` // time of the batch, RFC 3339
	Publication string `json:"publication"`
	Category    string `json:"category,omitempty"`
	Label       string `json:"label,omitempty"`
	Confidence  uint16 `json:"confidence_permille,omitempty"`
	Count       uint32 `json:"count,omitempty"`
	FirstSeen   string `json:"first_seen,omitempty"`
	LastSeen    string `json:"last_seen,omitempty"`
	Effective   string `json:"effective,omitempty"`
	Expires     string `json:"expires,omitempty"`
	Basis       string `json:"basis,omitempty"`
	Retracts    string `json:"retracts,omitempty"` // a statement's reference, "batch " and its CID, or "publication " and its ID
	Text        string `json:"text,omitempty"`     // reason, grounds, or what else it says in words
	Erased      bool   `json:"erased,omitempty"`
}
