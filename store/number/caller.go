package number

import "strings"

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

var kindWords = [...]string{Anonymous: "anonymous", Numbered: "number", Irregular: "irregular", SMSCode: "sms_code"}

// String returns the kind's word: anonymous, number, irregular, sms_code.
func (k CallerKind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return "unknown"
}

// Caller is what a call presents as its origin: a Number, or a caller ID that
// is none, kept verbatim. The zero Caller is anonymous. Callers are
// comparable: equal callers are the same caller.
type Caller struct {
	kind   CallerKind
	reason Reason
	number Number
	raw    string
}

// CallerOf returns the caller with number n; anonymous if n is none.
func CallerOf(n Number) Caller {
	if n.IsZero() {
		return Caller{}
	}
	return Caller{kind: Numbered, number: n}
}

// IrregularCaller returns the caller that presents raw, which is no number for
// the given reason. NotIrregular as a reason becomes NotInPlan.
func IrregularCaller(raw string, reason Reason) Caller {
	if reason == NotIrregular {
		reason = NotInPlan
	}
	return Caller{kind: Irregular, reason: reason, raw: verbatim(raw)}
}

// SMSCaller returns the caller that presents raw, a code of short messages.
func SMSCaller(raw string) Caller { return Caller{kind: SMSCode, raw: verbatim(raw)} }

// verbatim keeps at most 64 bytes, and copies what it cuts so that a long line
// does not stay in memory for the sake of its head.
func verbatim(raw string) string {
	if len(raw) > MaxCaller {
		return strings.Clone(raw[:MaxCaller])
	}
	return raw
}

// Kind tells what c is.
func (c Caller) Kind() CallerKind { return c.kind }

// Number returns the number that c is.
func (c Caller) Number() (Number, bool) { return c.number, c.kind == Numbered }

// Raw returns the caller ID as presented, cut at 64 bytes; "" for a number.
func (c Caller) Raw() string { return c.raw }

// Reason says why an irregular caller ID is no number.
func (c Caller) Reason() Reason { return c.reason }

// String returns the number's canonical text, the caller ID as presented, or
// "anonymous".
func (c Caller) String() string {
	switch c.kind {
	case Numbered:
		return c.number.String()
	case Anonymous:
		return kindWords[Anonymous]
	}
	return c.raw
}

// Masked is String for documents and screens that must not show a person's
// number.
func (c Caller) Masked() string {
	switch c.kind {
	case Numbered:
		return c.number.Masked()
	case Anonymous:
		return kindWords[Anonymous]
	}
	return mask(c.raw)
}

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

var reasonWords = [...]string{
	NotIrregular:    "",
	TooLong:         "more than 15 digits",
	TooShort:        "too few digits",
	NotDigits:       "not digits",
	NoCountry:       "no country code",
	DoubledPrefix:   "doubled prefix",
	CarrierPrefix:   "carrier prefix before a number",
	AllSame:         "one digit repeated",
	NotInPlan:       "not in the numbering plan",
	AreaWithService: "area code before a service number",
}

// String returns a few English words; "" for NotIrregular.
func (r Reason) String() string {
	if int(r) < len(reasonWords) {
		return reasonWords[r]
	}
	return "unknown reason"
}
