package source

import (
	"fmt"
	"strconv"
	"strings"

	"ringfence/store/number"
)

// Reason is why a row was not used.
type Reason uint8

// The reasons.
const (
	Accepted      Reason = iota // the row was used
	Blank                       // the number's field is empty
	Withheld                    // anonymous, 0000: stands for no number
	Spreadsheet                 // 3.15316E+12: a spreadsheet dropped digits
	TooFewDigits                // for any number of the country
	TooManyDigits               // for any number at all
	OtherLength                 // not the count of digits that the mapping fixes
	NotDigits                   // letters or other signs
	SameDigit                   // 1111111111
	NotInPlan                   // no number of its country has this form
	Mangled                     // doubled or carrier prefixes, an area code before a service number
	ShortMessage                // a code that only short messages may carry
	BadDate                     // in none of the mapping's layouts, or out of bounds
	BadCount                    // no count from 1 to 4,294,967,295
	BadLabel                    // longer than 128 bytes
	FieldCount                  // more or fewer fields than the header
	BadQuote                    // a quotation mark that is not closed or stands inside a field
	LongLine                    // more than 64 KiB
	numReasons
)

type reasonText struct{ short, long string }

var reasonTexts = [numReasons]reasonText{
	Accepted:      {"accepted", "used"},
	Blank:         {"blank", "the field is empty"},
	Withheld:      {"withheld", "words or zeros that stand for a number that was not presented"},
	Spreadsheet:   {"spreadsheet notation", "a spreadsheet wrote the number as a quantity and its digits are lost; export the column as text"},
	TooFewDigits:  {"too few digits", "no number of the country is that short"},
	TooManyDigits: {"too many digits", "no telephone number is that long (15 digits at most)"},
	OtherLength:   {"wrong count of digits", "the mapping says that this file writes national numbers of one length (national_digits)"},
	NotDigits:     {"not digits", "letters or signs that no telephone number has"},
	SameDigit:     {"one digit repeated", "a placeholder, not a number"},
	NotInPlan:     {"not in plan", "no number of its country has this form"},
	Mangled:       {"mangled", "a prefix or area code stands where none belongs"},
	ShortMessage:  {"short-message code", "such codes carry no calls"},
	BadDate:       {"bad date", "in none of the mapping's layouts, or outside 1970 to 9999"},
	BadCount:      {"bad count", "a count is a whole number from 1 to 4294967295"},
	BadLabel:      {"label too long", "a label has at most 128 bytes"},
	FieldCount:    {"wrong count of fields", "more or fewer fields than the header has; the line may be cut off"},
	BadQuote:      {"stray quotation mark", "a quoted field is not closed, or a quotation mark stands inside a field; double it and quote the field"},
	LongLine:      {"line too long", "a line has at most 64 KiB; a quotation mark or line end may be missing"},
}

// String returns the reason in a few words.
func (r Reason) String() string {
	if r < numReasons {
		return reasonTexts[r].short
	}
	return "reason(" + strconv.Itoa(int(r)) + ")"
}

// Explain returns the reason in a sentence for the publisher.
func (r Reason) Explain() string {
	if r < numReasons {
		return reasonTexts[r].long
	}
	return r.String()
}

// MarshalText returns the words that String gives.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Reasons returns every reason to reject a row, in the order of their codes.
func Reasons() []Reason {
	all := make([]Reason, 0, numReasons-1)
	for r := Accepted + 1; r < numReasons; r++ {
		all = append(all, r)
	}
	return all
}

// reasonOf says why a caller is not a number to publish.
func reasonOf(c number.Caller) Reason {
	switch c.Kind() {
	case number.Numbered:
		return Accepted
	case number.Anonymous:
		return Withheld
	case number.SMSCode:
		return ShortMessage
	case number.Irregular:
	}
	switch c.Reason() {
	case number.TooLong:
		return TooManyDigits
	case number.TooShort:
		return TooFewDigits
	case number.NotDigits:
		return NotDigits
	case number.AllSame:
		return SameDigit
	case number.DoubledPrefix, number.CarrierPrefix, number.AreaWithService:
		return Mangled
	case number.NoCountry, number.NotInPlan, number.NotIrregular:
	}
	return NotInPlan
}

// Rejection is one row that was not used.
type Rejection struct {
	Line   int    // in the file, from 1
	Field  string // the column's name, or its place; "" for the whole line
	Value  string // masked: a person's number is not repeated in full
	Reason Reason
}

// String returns the rejection as one line of text.
func (r Rejection) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d", r.Line)
	if r.Field != "" {
		fmt.Fprintf(&b, ", field %s", r.Field)
	}
	if r.Value != "" {
		fmt.Fprintf(&b, ", value %q", r.Value)
	}
	b.WriteString(": " + r.Reason.String() + ": " + r.Reason.Explain())
	return b.String()
}
