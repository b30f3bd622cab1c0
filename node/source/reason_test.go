package source

import (
	"testing"

	"ringfence/store/number"
)

func TestReasonsHaveWords(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Reasons() {
		text, err := r.MarshalText()
		if err != nil || string(text) == "" || r.Explain() == "" || seen[string(text)] {
			t.Errorf("reason %d: %q, %q, %v", r, text, r.Explain(), err)
		}
		seen[string(text)] = true
	}
	if got := Reason(200); got.String() != "reason(200)" || got.Explain() != "reason(200)" {
		t.Errorf("unknown reason: %s, %s", got, got.Explain())
	}
}

func TestRejectionText(t *testing.T) {
	r := Rejection{Line: 7, Field: "number", Value: "3.15316E+12", Reason: Spreadsheet}
	if got := r.String(); got != `line 7, field number, value "3.15316E+12": spreadsheet notation: `+Spreadsheet.Explain() {
		t.Errorf("%s", got)
	}
	r = Rejection{Line: 8, Reason: LongLine}
	if got := r.String(); got != "line 8: line too long: "+LongLine.Explain() {
		t.Errorf("%s", got)
	}
}

// Every reason that the number parser knows leads to one of ours.
func TestReasonOfCallers(t *testing.T) {
	n, err := number.Parse("+12025550123")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		caller number.Caller
		want   Reason
	}{
		{number.Caller{}, Withheld},
		{number.CallerOf(n), Accepted},
		{number.SMSCaller("10690000"), ShortMessage},
		{number.IrregularCaller("x", number.TooLong), TooManyDigits},
		{number.IrregularCaller("x", number.TooShort), TooFewDigits},
		{number.IrregularCaller("x", number.NotDigits), NotDigits},
		{number.IrregularCaller("x", number.NoCountry), NotInPlan},
		{number.IrregularCaller("x", number.DoubledPrefix), Mangled},
		{number.IrregularCaller("x", number.CarrierPrefix), Mangled},
		{number.IrregularCaller("x", number.AllSame), SameDigit},
		{number.IrregularCaller("x", number.NotInPlan), NotInPlan},
		{number.IrregularCaller("x", number.AreaWithService), Mangled},
	} {
		if got := reasonOf(c.caller); got != c.want {
			t.Errorf("%v of kind %d is %s, want %s", c.caller.Reason(), c.caller.Kind(), got, c.want)
		}
	}
}
