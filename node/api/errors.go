package api

import (
	"errors"
	"fmt"
	"net/http"

	"ringfence/node/phrase"
)

// Kind is why a request was not done. Each has an HTTP status and an exit
// code of the command line.
type Kind string

// The kinds of failure.
const (
	BadInput    Kind = "bad_input"   // wrong usage or malformed input
	NotFound    Kind = "not_found"   // what was named does not exist
	Forbidden   Kind = "forbidden"   // the token's role may not
	Refused     Kind = "refused"     // a rule or a limit refused it
	Unavailable Kind = "unavailable" // nobody there to ask, or it cannot now
	Internal    Kind = "internal"    // our fault
)

// Exit codes of the command line.
const (
	ExitOK      = 0
	ExitNo      = 1 // the answer is no, or a check failed
	ExitUsage   = 2 // wrong usage or bad input
	ExitNobody  = 3 // no node, no quorum or no peer to ask
	ExitRefused = 4 // a limit or a rule refused it
)

// HTTP returns the status code of a kind.
func (k Kind) HTTP() int {
	switch k {
	case BadInput:
		return http.StatusUnprocessableEntity
	case NotFound:
		return http.StatusNotFound
	case Forbidden:
		return http.StatusForbidden
	case Refused:
		return http.StatusConflict
	case Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// KindOfHTTP returns the kind that a status code stands for.
func KindOfHTTP(status int) Kind {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return BadInput
	case http.StatusNotFound:
		return NotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return Forbidden
	case http.StatusConflict, http.StatusTooManyRequests:
		return Refused
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusInsufficientStorage:
		return Unavailable
	}
	return Internal
}

// Exit returns the exit code of a kind.
func (k Kind) Exit() int {
	switch k {
	case BadInput:
		return ExitUsage
	case Forbidden, Refused:
		return ExitRefused
	case Unavailable:
		return ExitNobody
	}
	return ExitNo
}

// Error is a failure that a caller can act on: what, where, and what to do.
type Error struct {
	Kind    Kind   `json:"kind"`
	Message string `json:"message"` // in English
	Coded
}

// Coded is what an error has beside its English when it has a code that stays the same
// over releases and can be told in other languages: what phrase.Phrase has.
type Coded struct {
	Code string            `json:"code,omitempty" doc:"Stays the same over releases"`
	Args []string          `json:"args,omitempty" doc:"The values in the message, in order"`
	Then []phrase.Sentence `json:"then,omitempty" doc:"What the message says after its first sentence, which is the code's own"`
}

// Tell makes an Error that says a phrase.
func Tell(kind Kind, p phrase.Phrase) *Error {
	return &Error{kind, p.Text, Coded{p.Code, p.Args, p.Then}}
}

// Phrase returns what the error says.
func (e *Error) Phrase() phrase.Phrase {
	return phrase.Phrase{Sentence: phrase.Sentence{Code: e.Code, Text: e.Message, Args: e.Args}, Then: e.Then}
}

// Unwrap returns what the error says, so that it is found in what wraps the error.
func (e *Error) Unwrap() error {
	if e.Code == "" {
		return nil
	}
	return e.Phrase()
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Errorf makes an Error.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of an error, Internal when it names none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
