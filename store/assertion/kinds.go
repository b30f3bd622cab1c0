package assertion

import "ringfence/store/taxonomy"

// The bodies below are judged by shape alone: the fixed array decodes, and the
// envelope bounds it as a whole. What their fields may hold is for those who
// use them. Times are Unix seconds, 0 when not known; days are whole UTC days.

// Port is the body of a port: the number moved from one operator to another,
// which is no change of its user.
type Port struct {
	_    struct{} `cbor:",toarray"`
	From string   // member ID of the losing operator
	To   string   // member ID of the gaining operator
	Date int64
}

// LineType is what kind of line a line statement is about.
type LineType uint8

// The types of line.
const (
	LineVoice  LineType = 0
	LineLeased LineType = 1
)

// Line is the body of a line: who uses it where and what for.
type Line struct {
	_        struct{} `cbor:",toarray"`
	Type     LineType
	Customer string // organisation or credit code
	Location string
	Purpose  string
}

// Authorize is the body of an authorize: who may present the range as caller
// ID, on which access, until when.
type Authorize struct {
	_         struct{} `cbor:",toarray"`
	Presenter string   // organisation, credit code or member ID
	Access    []string // member IDs on whose access
	Until     int64
}

// Campaign is the body of a campaign: calls that an organisation has announced.
type Campaign struct {
	_             struct{} `cbor:",toarray"`
	Principal     string   // for whom
	CallCentre    string   // by whom
	Outsourced    bool
	Licence       string
	Type          string
	Outbound      [][]byte // ranges, 9 bytes each
	Audience      string
	Content       string
	Contact       string
	HoursFrom     uint16 // minutes after local midnight, 0 to 1,440
	HoursTo       uint16
	Consent       []byte // commitment to the consents held, 32 bytes, or empty
	RetainedUntil int64
}

// Consent is the body of a consent: a commitment to a register held at home,
// and its count. A subscriber's number never stands here.
type Consent struct {
	_          struct{} `cbor:",toarray"`
	Commitment []byte   // 32 bytes
	Count      uint64
	Day        taxonomy.Day
}

// Refusal is the body of a refusal, a register like that of Consent.
type Refusal struct {
	_          struct{} `cbor:",toarray"`
	Commitment []byte   // 32 bytes
	Count      uint64
	Day        taxonomy.Day
}

// Preference is the body of a preference, a register like that of Consent.
type Preference struct {
	_          struct{} `cbor:",toarray"`
	Commitment []byte   // 32 bytes
	Count      uint64
	Day        taxonomy.Day
}

// Report is the body of a report. The reporter's number never stands here.
type Report struct {
	_         struct{} `cbor:",toarray"`
	Category  taxonomy.Category
	Day       taxonomy.Day
	Channel   string
	Receipt   []byte // commitment to the receipt, 32 bytes
	Accepting string // member ID
	Assigned  string // member ID or empty
	Due       int64
}

// Measure is what a disposition did.
type Measure uint8

// The measures of a disposition.
const (
	MeasureNone       Measure = 0
	MeasureWarned     Measure = 1
	MeasureLimited    Measure = 2
	MeasureSuspended  Measure = 3
	MeasureTerminated Measure = 4
	MeasureHandedOn   Measure = 5
)

// Disposition is the body of a disposition: what became of a report.
type Disposition struct {
	_             struct{} `cbor:",toarray"`
	Of            []byte   // statement reference, 38 bytes
	Substantiated bool
	Measure       Measure
	To            string // member ID handed on to, or empty
	Feedback      int64  // when the reporter was told; 0: not yet
}

// Penalty is the body of a penalty.
type Penalty struct {
	_         struct{} `cbor:",toarray"`
	Decision  string   // its number
	Authority string
	Basis     string // in law
	On        string // organisation or credit code
	Published int64
	Repaired  int64 // 0: not yet
}

// Referral is the body of a referral: handed to an authority, outcome due.
type Referral struct {
	_   struct{} `cbor:",toarray"`
	To  string
	Why string
	Due int64
}

// Notice is the body of a notice, shaped like a Referral.
type Notice struct {
	_   struct{} `cbor:",toarray"`
	To  string
	Why string
	Due int64
}

// ToolType is what a tool does.
type ToolType uint8

// The types of tool.
const (
	ToolBombing  ToolType = 0 // call bombing
	ToolSpoofing ToolType = 1 // number changing
)

// Tool is the body of a tool: software or equipment offered somewhere.
type Tool struct {
	_         struct{} `cbor:",toarray"`
	Type      ToolType
	Equipment bool   // false: software
	Offered   string // where
	Removed   int64  // 0: not yet
}

// Inspection is the body of an inspection.
type Inspection struct {
	_        struct{} `cbor:",toarray"`
	Screened string   // what was inspected
	Findings string
}

// Hop is one answer of a traceback, signed by the member that gave it.
type Hop struct {
	_         struct{} `cbor:",toarray"`
	Member    string   // member ID
	Received  string   // from whom the call came
	Time      int64
	Signature []byte // algorithm byte and signature, 65 bytes
}

// Trace is the body of a trace: the answers hop by hop, nearest to the callee
// first.
type Trace struct {
	_    struct{} `cbor:",toarray"`
	Hops []Hop
}

// Count is what one rule did on the day of a tally.
type Count struct {
	_        struct{} `cbor:",toarray"`
	Rule     string
	Screened uint64 // calls
	Blocked  uint64
	Warned   uint64
	Closed   uint64 // reports
}

// Tally is the body of a tally: a member's counts of one day.
type Tally struct {
	_      struct{} `cbor:",toarray"`
	Day    taxonomy.Day
	Counts []Count // rules ascending
}
