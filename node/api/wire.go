package api

// Problem is an error as it crosses HTTP: problem details of RFC 9457 with the
// kind as an extension, so that the client gets back the Error that the node
// gave.
type Problem struct {
	Title  string `json:"title" doc:"Of the status code"`
	Status int    `json:"status"`
	Detail string `json:"detail" doc:"What is wrong, where, and what to do"`
	Kind   Kind   `json:"kind" enum:"bad_input,not_found,forbidden,refused,unavailable,internal"`
	Coded
}

// Failure returns the Error that the node gave.
func (p *Problem) Failure() *Error { return &Error{p.Kind, p.Detail, p.Coded} }

// PublishEvent is one line of what the node says while it publishes: how far
// it is, what became of a row, and at the end what came of it, or why nothing
// did. One field is set.
type PublishEvent struct {
	Progress  *Progress    `json:"progress,omitempty"`
	Rejected  *RejectedRow `json:"rejected,omitempty"`
	Receipt   *ReceiptLine `json:"receipt,omitempty"`
	Published *Published   `json:"published,omitempty"`
	Error     *Error       `json:"error,omitempty"`
}

// LookupMany asks about many numbers at once.
type LookupMany struct {
	Numbers []string `json:"numbers" minItems:"1" maxItems:"1000" nullable:"false"`
	Country string   `json:"country,omitempty"`
	Caller  bool     `json:"caller,omitempty"`
	Lang    string   `json:"lang,omitempty"`
	At      string   `json:"at,omitempty" doc:"As the list was then: a ledger size, a day (its beginning, UTC) or a time; empty for now"`
}

// LookupAnswers holds one answer for each number, in the order asked.
type LookupAnswers struct {
	Answers []LookupAnswer `json:"answers"`
}

// LookupAnswer is what the list says of one number, or why it cannot say.
type LookupAnswer struct {
	Lookup *Lookup `json:"lookup,omitempty"`
	Error  *Error  `json:"error,omitempty"`
}

// Lift names the last published head of a barred issuer.
type Lift struct {
	Head string `json:"head"`
}

// Known tells whether k is one of the kinds.
func (k Kind) Known() bool {
	switch k {
	case BadInput, NotFound, Forbidden, Refused, Unavailable, Internal:
		return true
	}
	return false
}
