// Package number holds the values that stand for telephone numbers: Number,
// Range and Caller, and the parsing that makes them.
//
// A telephone number is written in many ways and means one thing. Everything
// above this package compares, sorts and hashes numbers, so each number has
// exactly one 8-byte value, and no phone number crosses a package border as a
// string. The value is ordered so that all numbers with one prefix and one
// length are one interval: a Range is such an interval, and the list can keep
// numbers and ranges in one order.
//
// There are two namespaces. International numbers are E.164: +8613800138000.
// National service numbers exist only inside a country, or a province of it:
// +86!95588, +86!962121@31. A landline and a service code of equal digits are
// different numbers. What is presented as a caller but is no number (a
// spoofed, mangled or withheld one) is kept verbatim as a Caller, in a space
// of its own, so that it never counts against the true holder of a number.
//
// Floor 0. It knows no statement, no list and no network; area codes and
// national rules come in as values (see Rules).
package number

import (
	"fmt"
	"strconv"
)

// MaxDigits is the greatest number of digits, country code included (E.164).
const MaxDigits = 15

// Number is one telephone number. The zero Number is none; every other value
// is well formed. Numbers are comparable and ordered by Compare.
//
// Its 64 bits, most significant first: 00, namespace (0 international, 1
// service), province in 7 bits (0 none, 1 unknown, p+1), digit count in 4
// bits, the digits as an integer in 50 bits, country code included.
type Number struct{ v uint64 }

const (
	digitBits     = 50
	lengthShift   = digitBits
	provinceShift = lengthShift + 4
	serviceShift  = provinceShift + 7
	digitMask     = 1<<digitBits - 1

	maxProvince = 99
)

var pow10 = func() (p [MaxDigits + 1]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

func pack(service bool, province, length int, digits uint64) Number {
	v := uint64(province)<<provinceShift | uint64(length)<<lengthShift | digits
	if service {
		v |= 1 << serviceShift
	}
	return Number{v}
}

// FromUint64 returns the Number whose eight big-endian bytes are v. It refuses
// every value that no telephone number has.
func FromUint64(v uint64) (Number, error) {
	n := Number{v}
	length := n.Len()
	switch {
	case v>>(serviceShift+1) != 0, length == 0, length > MaxDigits:
	case n.digits() >= pow10[length] || n.digits() < pow10[length-1]:
	case !n.Service() && v>>provinceShift != 0:
	case n.provinceField() > maxProvince+1:
	case n.Country() == 0 || n.Country().Len() >= length:
	default:
		return n, nil
	}
	return Number{}, fmt.Errorf("number: %016x is no telephone number", v)
}

// Uint64 returns the number's eight bytes as a big-endian integer.
func (n Number) Uint64() uint64 { return n.v }

// IsZero reports whether n is none.
func (n Number) IsZero() bool { return n.v == 0 }

// Compare orders numbers by their eight bytes.
func (n Number) Compare(o Number) int {
	switch {
	case n.v < o.v:
		return -1
	case n.v > o.v:
		return 1
	}
	return 0
}

// Service reports whether n is a national service number.
func (n Number) Service() bool { return n.v>>serviceShift&1 == 1 }

// Province returns the GB/T 2260 province code (0 to 99) of a province-local
// service number. Local is false for every other number; known is false when
// the number is local to a province that is not known (@00).
func (n Number) Province() (code int, local, known bool) {
	p := n.provinceField()
	return max(p-1, 0), p > 0, p > 1
}

// Nationwide returns n without its province: the code that all provinces'
// numbers of these digits share.
func (n Number) Nationwide() Number { return Number{n.v &^ (0x7F << provinceShift)} }

// Len returns the count of digits, country code included; 0 for none.
func (n Number) Len() int { return int(n.v >> lengthShift & 0xF) }

// Country returns the calling code that n begins with.
func (n Number) Country() Country { return countryOf(n.digits(), n.Len()) }

// National returns the digits after the country code and their count.
func (n Number) National() (digits uint64, length int) {
	length = n.Len() - n.Country().Len()
	return n.digits() % pow10[max(length, 0)], length
}

// NationalDigits returns the digits after the country code as text, leading
// zeros included.
func (n Number) NationalDigits() string {
	d, l := n.National()
	return fmt.Sprintf("%0*d", l, d)
}

// Digits returns all digits, country code first.
func (n Number) Digits() string {
	if n.IsZero() {
		return ""
	}
	return strconv.FormatUint(n.digits(), 10)
}

func (n Number) digits() uint64     { return n.v & digitMask }
func (n Number) provinceField() int { return int(n.v >> provinceShift & 0x7F) }

// International returns the E.164 number of the given digits, country code
// first: 8613800138000. It refuses more than 15 digits, a leading zero, an
// unassigned country code, and a country code alone.
func International(digits string) (Number, error) { return build(false, 0, digits) }

// ServiceNumber returns the national service number of a country: 86, 95588.
// The province field is 0 for none, 1 for unknown, a GB/T 2260 code plus 1.
func serviceNumber(c Country, provinceField int, code string) (Number, error) {
	return build(true, provinceField, c.String()+code)
}

// Service returns a country-wide national service number: 86, "95588".
func Service(c Country, code string) (Number, error) { return serviceNumber(c, 0, code) }

// LocalService returns a service number that is local to a province by its
// GB/T 2260 code, 0 to 99; a negative province is one that is not known.
func LocalService(c Country, province int, code string) (Number, error) {
	if province > maxProvince {
		return Number{}, fmt.Errorf("number: province %d is outside 0 to %d", province, maxProvince)
	}
	// Province 0 and "unknown" share the written form @00 and the field 1.
	return serviceNumber(c, max(province, 0)+1, code)
}

func build(service bool, province int, digits string) (Number, error) {
	if len(digits) == 0 || len(digits) > MaxDigits {
		return Number{}, fmt.Errorf("number: %d digits; a number has 1 to %d", len(digits), MaxDigits)
	}
	var d uint64
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		if c < '0' || c > '9' {
			return Number{}, fmt.Errorf("number: character %q at place %d is no digit", c, i+1)
		}
		d = d*10 + uint64(c-'0')
	}
	if digits[0] == '0' {
		return Number{}, fmt.Errorf("number: no country code begins with 0")
	}
	c := countryOf(d, len(digits))
	switch {
	case c == 0:
		return Number{}, fmt.Errorf("number: begins with no assigned country code")
	case c.Len() == len(digits):
		return Number{}, fmt.Errorf("number: country code +%s alone", c)
	}
	return pack(service, province, len(digits), d), nil
}

// Range returns the key of the number itself, a range without free digits.
func (n Number) Range() Range { return Range{first: n} }

// Enclosing returns the range of all numbers that differ from n in the last
// free digits only. It is false when n's country code would be touched.
func (n Number) Enclosing(free int) (Range, bool) {
	if free < 0 || n.IsZero() || n.Len()-free <= n.Country().Len() {
		return Range{}, false
	}
	return n.Around(free), true
}

// Around is Enclosing without its check, for look-ups: a range that frees digits
// of the country code does not exist, so it matches nothing. free is 0 to 14.
func (n Number) Around(free int) Range {
	if free == 0 {
		return Range{first: n}
	}
	return Range{first: Number{n.v - n.digits()%pow10[free]}, free: uint8(free)}
}
