package api

import (
	"time"

	"ringfence/node/phrase"
)

// Call is one call to be screened, in the words of the command line.
type Call struct {
	Caller      string `json:"caller,omitempty" doc:"As presented; left out or anonymous when it was withheld"`
	Asserted    string `json:"asserted,omitempty"`    // as the network vouches for it
	Redirecting string `json:"redirecting,omitempty"` // who sent it on
	Called      string `json:"called"`
	Ingress     string `json:"ingress,omitempty" enum:"national,international,enterprise,reseller,"`
	Trunk       string `json:"trunk,omitempty"`
	Screening   string `json:"screening,omitempty" enum:"user_not_verified,user_passed,user_failed,network_provided,"`
	Roaming     string `json:"roaming,omitempty" enum:"yes,no,unknown,"`
	Attest      string `json:"attest,omitempty" enum:"A,B,C,"`
	Medium      string `json:"medium,omitempty" enum:"voice,video,sms,mms,rcs,"`
	At          string `json:"at,omitempty"` // RFC 3339; "" is now
	Lang        string `json:"lang,omitempty"`
}

// Verdict is the answer to one call.
type Verdict struct {
	Action        string    `json:"action"`
	Treatment     string    `json:"treatment"`
	Rule          string    `json:"rule"`
	Class         string    `json:"class"`
	Category      string    `json:"category"`
	ScorePermille uint16    `json:"score_permille"`
	Basis         string    `json:"basis"`
	Contested     bool      `json:"contested"`
	Member        string    `json:"member,omitempty"` // responsible for the caller's number
	Caller        string    `json:"caller"`           // that the rule decided on
	Reading       int       `json:"reading"`
	Key           string    `json:"key,omitempty"`
	Text          string    `json:"text"`               // for people
	WouldBe       string    `json:"would_be,omitempty"` // of a rule in shadow
	WouldBeRule   string    `json:"would_be_rule,omitempty"`
	References    []string  `json:"references,omitempty"`
	Stale         bool      `json:"stale,omitempty"`
	List          ListStamp `json:"list"`
}

// Enforce turns a face or rule on or off.
type Enforce struct {
	Target string `json:"target,omitempty"` // face (rest, dns, sip) or rule; "" only tells
	On     bool   `json:"on"`
}

// Switch is one face or rule and whether it acts or only tells.
type Switch struct {
	Target string `json:"target"`
	Acts   bool   `json:"acts"`
}

// Publish says how to read a file and what to do with it.
type Publish struct {
	Mapping  string `json:"mapping"`             // name of a shipped one, or path
	Text     string `json:"text,omitempty"`      // the mapping itself, when it is no shipped one
	File     string `json:"file"`                // name, for records and messages
	Size     int64  `json:"size,omitempty"`      // bytes, for progress
	Country  string `json:"country,omitempty"`   // calling code that replaces the mapping's
	AsOf     string `json:"as_of,omitempty"`     // date of an undated file
	NewestOn string `json:"newest_on,omitempty"` // shift whole days so that the newest creation day is this
	DryRun   bool   `json:"dry_run,omitempty"`
}

// Hearing is who hears of a publication while it is made. Each may be nil; an
// error of theirs ends it, to be finished later.
type Hearing struct {
	// Progress is called now and then, from one goroutine at a time.
	Progress func(Progress)
	// Rejected hears of each row that is not taken, as soon as that is known.
	Rejected func(RejectedRow) error
	// Receipt hears of each line once a durable statement stands for it, also
	// of those that were published before. A dry run gives none.
	Receipt func(ReceiptLine) error
}

// Progress is how far a publication has come.
type Progress struct {
	Phase string `json:"phase"` // reading or publishing
	Done  int64  `json:"done"`
	Total int64  `json:"total"` // 0: not known
}

// Published is what came of a file.
type Published struct {
	Publication string         `json:"publication,omitempty"` // of a content that was published before, that one; none if nothing is added and this node has no record of it
	Already     bool           `json:"already"`               // all of it stands or was said before; nothing is added
	Under       []string       `json:"under,omitempty"`       // when already: publications under which what stands was said, some of them
	DryRun      bool           `json:"dry_run"`
	Rows        int            `json:"rows"`
	Accepted    int            `json:"accepted"`
	Rejected    int            `json:"rejected"`    // rows that cannot be used, or that the rules refuse
	RejectedBy  map[string]int `json:"rejected_by"` // reason → rows
	Drafts      int            `json:"drafts"`      // numbers and categories: the sum of the next five
	Statements  int            `json:"statements"`
	Again       int            `json:"said_again,omitempty"` // of the statements, said before and retracted or suspended since
	Unchanged   int            `json:"unchanged"`
	Resumed     int            `json:"resumed"`
	Queued      int            `json:"queued"`  // accepted, and signed once the peers have confirmed the feed
	Refused     int            `json:"refused"` // by the rules; their rows are among the rejected
	Clamped     int            `json:"clamped"`
	Unmapped    []string       `json:"unmapped_labels,omitempty"`
	Batches     int            `json:"batches"`
	Changes     int            `json:"changes"` // entries that differ after
	Labelled    int            `json:"labelled"`
	LabelledNow int            `json:"labelled_before"`
	Note        phrase.Phrase  `json:"note,omitzero"` // when no verdict changes, why
	Seconds     float64        `json:"seconds"`
	List        ListStamp      `json:"list"`
}

// RejectedRow is an input row that was not taken.
type RejectedRow struct {
	Line   int    `json:"line"`
	Field  string `json:"field"`
	Value  string `json:"value"` // masked
	Reason string `json:"reason"`
}

// ReceiptLine tells which statement stands for an input line.
type ReceiptLine struct {
	Line      int    `json:"line"`
	Number    string `json:"number"` // masked
	Category  string `json:"category"`
	Statement string `json:"statement"`
}

// Say is one thing said by hand.
type Say struct {
	Kind       string   `json:"kind" enum:"flag,block,reassign,resource,contest,answer"`
	Subject    string   `json:"subject"` // number or range; for answer also the contest's reference
	Country    string   `json:"country,omitempty"`
	Category   string   `json:"category,omitempty"`
	Label      string   `json:"label,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Reports    uint32   `json:"reports,omitempty"`
	Confidence *uint16  `json:"confidence_permille,omitempty"`
	Scope      string   `json:"scope,omitempty" enum:"own,ask,"`
	Date       string   `json:"date,omitempty"`
	FirstSeen  string   `json:"first_seen,omitempty"`
	LastSeen   string   `json:"last_seen,omitempty"`
	Expires    string   `json:"expires,omitempty"`
	Derived    []string `json:"derived,omitempty"`
	Upheld     bool     `json:"upheld,omitempty"`
	Targets    []string `json:"targets,omitempty" maxItems:"16"` // for contest: statements that it disputes; all on the subject if left out
	Preview    bool     `json:"preview,omitempty"`
}

// Retract names what to undo: exactly one of Ref, Batch and Publication.
type Retract struct {
	Ref         string `json:"ref,omitempty"`
	Batch       string `json:"batch,omitempty"`
	Publication string `json:"publication,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Preview     bool   `json:"preview,omitempty"`
}

// Said is what came of something said by hand.
type Said struct {
	Preview    bool     `json:"preview"`
	Statements []string `json:"statements"` // references; none while it is queued
	Queued     bool     `json:"queued"`     // accepted, and signed once the peers have confirmed the feed
	// Publication is the ID under which it is queued and will be said; "" when it is
	// not queued.
	Publication string        `json:"publication,omitempty"`
	Undone      int           `json:"undone"`             // statements retracted
	Changes     []Change      `json:"changes"`            // at most 100
	Changed     int           `json:"changed"`            // in all
	Disputed    []Source      `json:"disputed,omitempty"` // the evidence that a contest disputes
	Note        phrase.Phrase `json:"note,omitzero"`
	List        ListStamp     `json:"list"`
}

// Change is an entry that becomes another.
type Change struct {
	Key    string `json:"key"`
	Before string `json:"before"` // action and category, "-" when not listed
	After  string `json:"after"`
}

// Publication is one delivery of the node's member.
type Publication struct {
	ID         string    `json:"id"`
	State      string    `json:"state"`
	File       string    `json:"file"`
	Mapping    string    `json:"mapping"`
	Digest     string    `json:"digest"`
	Statements int       `json:"statements"`
	Retracted  int       `json:"retracted"` // of the statements
	Unchanged  int       `json:"unchanged"`
	Refused    int       `json:"refused"`
	Issuer     string    `json:"issuer"`
	Unrecorded bool      `json:"unrecorded"` // known here from its statements alone, without its file
	Elsewhere  bool      `json:"elsewhere"`  // begun by another issuer of the member
	Begun      time.Time `json:"begun"`
	Ended      time.Time `json:"ended,omitzero"`
}

// Status says how a node stands.
type Status struct {
	Version    string          `json:"version"`
	Federation string          `json:"federation"`
	Name       string          `json:"federation_name"`
	Member     string          `json:"member"`
	Roles      []string        `json:"roles"`
	Issuer     string          `json:"issuer"`
	Directory  string          `json:"directory"`
	Running    bool            `json:"running"` // a node process answers, not the verb itself
	StartedAt  string          `json:"started_at"`
	Members    int             `json:"members"`
	Batches    int             `json:"batches"`
	Statements int             `json:"statements"`
	Void       int             `json:"void"`
	Keys       int             `json:"keys"`
	Entries    int             `json:"entries"`
	Labelled   int             `json:"labelled"`
	Blocked    int             `json:"blocked"`
	Contested  int             `json:"contested"`
	Feeds      []Feed          `json:"feeds"`
	Plans      []Plan          `json:"plans"`
	Switches   []Switch        `json:"switches"`
	FreeBytes  uint64          `json:"free_bytes"`
	FloorBytes uint64          `json:"floor_bytes"`
	Problems   []phrase.Phrase `json:"problems"`
	Awaited    int             `json:"contests_waiting"` // contests that wait for the member's answer
	// Suspended counts the member's own statements that lost effect because one of
	// its keys signed two stories.
	Suspended int `json:"suspended_statements"`
	// Queued counts drafts that are accepted and not signed yet.
	Queued int       `json:"queued_drafts"`
	List   ListStamp `json:"list"`
	// Peers is how the node stands among the others; null when it has no place
	// among them: its keys are locked, or the verb works on the directory alone.
	Peers *Standing `json:"peers"`
}

// Feed is one issuer's feed as far as it is held, or an epoch that a fork froze; of the
// latter nothing may be held, and then Head and Said are empty.
type Feed struct {
	Member   string `json:"member"`
	Issuer   string `json:"issuer"`
	Epoch    uint64 `json:"epoch"`
	Sequence uint64 `json:"sequence"`
	Head     string `json:"head"`
	Said     string `json:"said"`
	Frozen   bool   `json:"frozen"`
}

// PlanImport says what a plan file is.
type PlanImport struct {
	Format  string `json:"format" enum:"libphonenumber-ranges,cn-ranges"`
	Country string `json:"country"`
	Date    string `json:"date"`
	Source  string `json:"source"`
}

// Plan is a numbering plan that the node knows.
type Plan struct {
	Country string `json:"country"`
	Date    string `json:"date"`
	Source  string `json:"source"`
	Ranges  int    `json:"ranges"`
	// Imported plans can be removed; the others ship with the program.
	Imported bool          `json:"imported"`
	Note     phrase.Phrase `json:"note,omitzero"` // what an import makes worth a second look
}

// Role is what the holder of a token may do: reader asks, publisher also
// speaks for the member, admin also looks after the node.
type Role string

// The roles, each including the ones before it.
const (
	RoleReader    Role = "reader"
	RolePublisher Role = "publisher"
	RoleAdmin     Role = "admin"
)

// TokenRequest asks for a token.
type TokenRequest struct {
	Name string `json:"name"`
	Role Role   `json:"role" enum:"reader,publisher,admin"`
}

// Token is a bearer token. Secret is told once, when it is made.
type Token struct {
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	Secret string `json:"secret,omitempty"`
	Made   string `json:"made"`
}
