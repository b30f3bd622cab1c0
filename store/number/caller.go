package number

// MaxCaller is the greatest length in bytes of a caller ID kept verbatim.
const MaxCaller = 64

// CallerKind tells what a Caller is.
type CallerKind uint8

// The kinds of caller. The zero kind is anonymous: nothing was presented.
const (
	Anonymous CallerKind = iota // withheld or absent
	Numbered                    // a Number
	Irregular                   // a caller ID that is no number
	SMSCode                     // a code that only short messages may carry (106…)
)

// Caller is what a call presents as its origin: a Number, or a caller ID that
// is none, kept verbatim. The zero Caller is anonymous.
type Caller struct {
	kind   CallerKind
	number Number
	reason Reason
	raw    string
}

// CallerOf returns the caller with number n; anonymous if n is none.
func CallerOf(n Number) Caller {
	if n.IsZero() {
		return Caller{}
	}
	return Caller{kind: Numbered, number: n}
}

// Kind tells what c is.
func (c Caller) Kind() CallerKind { return c.kind }

// Number returns the number that c is.
func (c Caller) Number() (Number, bool) { return c.number, c.kind == Numbered }

// Raw returns the caller ID as presented, cut at 64 bytes; "" for a number.
func (c Caller) Raw() string { return c.raw }

// Reason says why an irregular caller ID is no number.
func (c Caller) Reason() Reason { return c.reason }

// Reason is why a caller ID is irregular.
type Reason uint8

// The reasons, as found in the field. NotIrregular is the zero value.
const (
	NotIrregular    Reason = iota
	TooLong                // more than 15 digits
	TooShort               // too few digits for any number of the country
	NotDigits              // letters, hex digits, embedded NUL
	NoCountry              // begins with no assigned country code
	DoubledPrefix          // 8686…, +0086…, 0086 0…
	CarrierPrefix          // 17951, 12593 and the like before a number
	AllSame                // all zeros, all ones
	NotInPlan              // no number of the country has this form
	AreaWithService        // an area code before a 400 or 95 number
)
