package number

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns the canonical text: +8613800138000, +86!95588,
// +86!962121@31; "" for none.
func (n Number) String() string { return string(n.AppendText(make([]byte, 0, 24))) }

// AppendText appends the canonical text.
func (n Number) AppendText(b []byte) []byte {
	if n.IsZero() {
		return b
	}
	b = n.appendDigits(append(b, '+'), n.Len())
	return n.appendProvince(b)
}

func (n Number) appendDigits(b []byte, count int) []byte {
	d := strconv.FormatUint(n.digits(), 10)[:count]
	if !n.Service() {
		return append(b, d...)
	}
	cc := n.Country().Len()
	return append(append(append(b, d[:cc]...), '!'), d[cc:]...)
}

func (n Number) appendProvince(b []byte) []byte {
	if p := n.provinceField(); p > 0 {
		return append(b, '@', byte('0'+(p-1)/10), byte('0'+(p-1)%10))
	}
	return b
}

// MarshalText returns the canonical text.
func (n Number) MarshalText() ([]byte, error) { return n.AppendText(nil), nil }

// UnmarshalText accepts what Parse accepts; the empty text is none.
func (n *Number) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*n = Number{}
		return nil
	}
	got, err := Parse(string(text))
	if err != nil {
		return err
	}
	*n = got
	return nil
}

// Masked returns the text for documents and screens that must not show a
// person's number: the last three digits are stars.
func (n Number) Masked() string {
	if n.IsZero() {
		return ""
	}
	keep := max(n.Len()-3, n.Country().Len())
	b := n.appendDigits([]byte{'+'}, keep)
	b = append(b, strings.Repeat("*", n.Len()-keep)...)
	return string(n.appendProvince(b))
}

// Parse reads a canonical number, +8613800138000, +86!95588 or
// +86!962121@31, without allocating. It refuses every other way of writing:
// see Rules for numbers as people and networks write them.
func Parse(s string) (Number, error) {
	n, rest, err := parsePrefix(s)
	if err != nil {
		return Number{}, err
	}
	return n.withProvince(rest)
}

// parsePrefix reads "+digits" or "+cc!digits" and returns what follows.
func parsePrefix(s string) (n Number, rest string, err error) {
	if len(s) < 2 || s[0] != '+' {
		return Number{}, "", fmt.Errorf("number: %q does not begin with + and a country code", clip(s))
	}
	var d uint64
	i, count, bang := 1, 0, 0
	for ; i < len(s); i++ {
		c := s[i]
		if c == '!' && bang == 0 && count > 0 {
			bang = count
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		if count++; count > MaxDigits {
			return Number{}, "", fmt.Errorf("number: %q has more than %d digits", clip(s), MaxDigits)
		}
		d = d*10 + uint64(c-'0')
	}
	if count == 0 || s[1] == '0' {
		return Number{}, "", fmt.Errorf("number: %q has no country code", clip(s))
	}
	cc := countryOf(d, count)
	switch {
	case cc == 0:
		return Number{}, "", fmt.Errorf("number: %q begins with no assigned country code", clip(s))
	case cc.Len() == count:
		return Number{}, "", fmt.Errorf("number: %q is a country code alone", clip(s))
	case bang != 0 && bang != cc.Len():
		return Number{}, "", fmt.Errorf("number: in %q the country code before ! should be %s", clip(s), cc)
	}
	return pack(bang != 0, 0, count, d), s[i:], nil
}

func (n Number) withProvince(s string) (Number, error) {
	if s == "" {
		return n, nil
	}
	if !n.Service() || len(s) != 3 || s[0] != '@' || !isDigit(s[1]) || !isDigit(s[2]) {
		return Number{}, fmt.Errorf("number: %q after %s is neither digits nor a province such as @31", clip(s), n.Masked())
	}
	p := uint64(s[1]-'0')*10 + uint64(s[2]-'0')
	return Number{n.v | (p+1)<<provinceShift}, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// clip bounds what an error message repeats of its input, and masks it: the
// input may be somebody's number.
func clip(s string) string {
	const most = 32
	if len(s) > most {
		return mask(s[:most]) + "…"
	}
	return mask(s)
}

// mask puts stars for the last three digits of s.
func mask(s string) string {
	b := []byte(s)
	for i, left := len(b)-1, 3; i >= 0 && left > 0; i-- {
		if isDigit(b[i]) {
			b[i] = '*'
			left--
		}
	}
	return string(b)
}

// String returns the number's text for a number alone, else the prefix, a
// star, the province and the total length: +861700123*/13, +86!9621*@31/8;
// without a length when r covers any: +86!95163*.
func (r Range) String() string {
	if r.IsZero() {
		return ""
	}
	if r.free == 0 {
		return r.first.String()
	}
	kept := r.first.Len()
	if !r.AnyLength() {
		kept -= r.Free()
	}
	b := r.first.appendDigits([]byte{'+'}, kept)
	b = r.first.appendProvince(append(b, '*'))
	if !r.AnyLength() {
		b = strconv.AppendInt(append(b, '/'), int64(r.first.Len()), 10)
	}
	return string(b)
}

// Masked returns the range's text, with a number alone masked.
func (r Range) Masked() string {
	if n, ok := r.Number(); ok {
		return n.Masked()
	}
	return r.String()
}

// MarshalText returns the text that String gives.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText accepts what ParseRange accepts; the empty text is none.
func (r *Range) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = Range{}
		return nil
	}
	got, err := ParseRange(string(text))
	if err != nil {
		return err
	}
	*r = got
	return nil
}

// ParseRange reads a range as String writes it; a canonical number is the
// range without free digits.
func ParseRange(s string) (Range, error) {
	prefix, rest, err := parsePrefix(s)
	if err != nil {
		return Range{}, err
	}
	if rest == "" || rest[0] != '*' {
		n, err := prefix.withProvince(rest)
		return n.Range(), err
	}
	rest, length, given := strings.Cut(rest[1:], "/")
	if prefix, err = prefix.withProvince(rest); err != nil {
		return Range{}, err
	}
	if !given {
		return NewAnyLength(prefix), nil
	}
	total, err := strconv.Atoi(length)
	if err != nil || total <= prefix.Len() || total > MaxDigits || length != strconv.Itoa(total) {
		return Range{}, fmt.Errorf("number: in range %q the total length must be %d to %d digits, country code included", clip(s), prefix.Len()+1, MaxDigits)
	}
	return NewRange(prefix, total-prefix.Len())
}
