package number_test

import (
	"slices"
	"strings"
	"testing"

	"ringfence/store/number"
)

func TestCallers(t *testing.T) {
	n := parse(t, "+8613800138000")
	for _, tt := range []struct {
		caller number.Caller
		kind   number.CallerKind
		word   string
		text   string
		masked string
		raw    string
		reason number.Reason
	}{
		{number.Caller{}, number.Anonymous, "anonymous", "anonymous", "anonymous", "", number.NotIrregular},
		{number.CallerOf(number.Number{}), number.Anonymous, "anonymous", "anonymous", "anonymous", "", number.NotIrregular},
		{number.CallerOf(n), number.Numbered, "number", "+8613800138000", "+8613800138***", "", number.NotIrregular},
		{number.IrregularCaller("00000", number.AllSame), number.Irregular, "irregular", "00000", "00***", "00000", number.AllSame},
		{number.IrregularCaller("1", number.NotIrregular), number.Irregular, "irregular", "1", "*", "1", number.NotInPlan},
		{number.SMSCaller("10690000"), number.SMSCode, "sms_code", "10690000", "10690***", "10690000", number.NotIrregular},
	} {
		c := tt.caller
		if c.Kind() != tt.kind || c.Kind().String() != tt.word || c.String() != tt.text || c.Masked() != tt.masked || c.Raw() != tt.raw || c.Reason() != tt.reason {
			t.Errorf("%s %q, masked %q, raw %q, reason %q", c.Kind(), c, c.Masked(), c.Raw(), c.Reason())
		}
		if got, ok := c.Number(); ok != (tt.kind == number.Numbered) || ok && got != n {
			t.Errorf("%s has the number %s", c.Kind(), got)
		}
	}
}

func TestCallersAreComparable(t *testing.T) {
	long := strings.Repeat("9", 100)
	if number.IrregularCaller(long, number.TooLong) != number.IrregularCaller(long[:number.MaxCaller], number.TooLong) {
		t.Error("a caller ID is not cut at 64 bytes")
	}
	if number.IrregularCaller("123", number.TooShort) == number.SMSCaller("123") {
		t.Error("callers of two kinds are equal")
	}
	if number.CallerOf(parse(t, "+8695588")) == number.CallerOf(parse(t, "+86!95588")) {
		t.Error("a landline and a code of equal digits are one caller")
	}
}

func TestWordsOfCodes(t *testing.T) {
	seen := make(map[string]bool)
	for r := number.NotIrregular; r <= number.AreaWithService; r++ {
		if seen[r.String()] {
			t.Errorf("reason %d has the words of another: %q", r, r)
		}
		seen[r.String()] = true
	}
	if number.Reason(200).String() != "unknown reason" || number.CallerKind(200).String() != "unknown" {
		t.Error("unknown codes have no words")
	}
}

func TestReadings(t *testing.T) {
	a, b := number.CallerOf(parse(t, "+869516323412")), number.CallerOf(parse(t, "+86!9516323412"))
	sms, odd := number.SMSCaller("1065"), number.IrregularCaller("x", number.NotDigits)
	rd := number.ReadingsOf(sms, a, b, a)
	if rd.Len() != 3 || rd.First() != sms || rd.At(1) != a || rd.At(2) != b {
		t.Errorf("readings %v", slices.Collect(func(yield func(number.Caller) bool) {
			for _, c := range rd.All() {
				if !yield(c) {
					return
				}
			}
		}))
	}
	if n, ok := rd.Number(); !ok || n != parse(t, "+869516323412") {
		t.Errorf("the first number is %s", n)
	}
	if _, ok := number.ReadingsOf(sms, odd).Number(); ok {
		t.Error("a number where none was read")
	}
	if rd.At(3) != (number.Caller{}) || rd.At(-1) != (number.Caller{}) {
		t.Error("a reading where there is none")
	}
	full := number.ReadingsOf(a, b, sms, odd, number.Caller{})
	if full.Len() != number.MaxReadings {
		t.Errorf("%d readings, of at most %d", full.Len(), number.MaxReadings)
	}
	count := 0
	for range full.All() {
		if count++; count == 2 {
			break
		}
	}
	if count != 2 {
		t.Error("All does not stop when its reader does")
	}
	if (number.Readings{}).Len() != 0 || (number.Readings{}).First() != (number.Caller{}) {
		t.Error("the zero value reads as something")
	}
}
