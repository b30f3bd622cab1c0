package feed

import (
	"errors"
	"fmt"
)

// ErrBarred is what a store answers to a reservation of an issuer that must
// not sign: it might sign a second header for a place.
var ErrBarred = errors.New("feed: signing is barred")

// BarKind is what keeps an issuer of this node from signing. A higher kind takes
// the place of a lower one, never the other way round.
type BarKind uint8

// The kinds of bar.
const (
	// Restored: the store may be older than what was signed. It holds until
	// somebody who knows the last published head lifts it: the peers together, or
	// a person.
	Restored BarKind = 1
	// Stolen: somebody else signs with the key. No peer's word lifts it.
	Stolen BarKind = 2
)

// String returns the word, or "bar(n)".
func (k BarKind) String() string {
	switch k {
	case Restored:
		return "restored"
	case Stolen:
		return "stolen"
	}
	return fmt.Sprintf("bar(%d)", uint8(k))
}

// Bar is why an issuer of this node must not sign; the zero Bar is none.
type Bar struct {
	Kind   BarKind
	Reason string // for people
}

// String says it in words, "" for the zero Bar.
func (b Bar) String() string {
	if b.Kind == Stolen {
		return "somebody else may hold this node's key: " + b.Reason
	}
	return b.Reason
}

// MaxBarReason is how many bytes of a reason a store keeps.
const MaxBarReason = 400

// Over returns the bar that holds once b is put where held is: the higher kind,
// and of one kind the first. It fails for what is no bar.
func (b Bar) Over(held Bar) (Bar, error) {
	if b.Reason == "" || b.Kind != Restored && b.Kind != Stolen {
		return held, fmt.Errorf("feed: %v for the reason %q is no bar: it takes a kind and a reason", b.Kind, b.Reason)
	}
	if b.Kind <= held.Kind {
		return held, nil
	}
	b.Reason = b.Reason[:min(len(b.Reason), MaxBarReason)]
	return b, nil
}

// Without returns the bar that is left once somebody lifts what he may: a bar of
// a higher kind stays, with ErrBarred.
func (b Bar) Without(most BarKind) (Bar, error) {
	if b.Kind > most {
		return b, fmt.Errorf("%w: %v", ErrBarred, b)
	}
	return Bar{}, nil
}
