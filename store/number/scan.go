package number

import "unicode/utf8"

// maxScan is the count of digits that are kept of an input. More of them are
// no number and no code of short messages.
const maxScan = 32

// digits is what remains of a written number without the marks between its
// digits.
type digits struct {
	buf       [maxScan]byte
	count     int  // may exceed maxScan; the digits beyond are lost
	plus      bool // a + before the first digit
	canonical bool // an ! stands in it: canonical text or nothing
	bad       bool // something that is neither digit nor separator
}

// scan reads ASCII and full-width digits and skips what people and machines
// put between them: spaces, hyphens, dots, slashes, brackets, their full-width
// and typographic forms, and the invisible direction marks that copying from
// an address book leaves.
func (d *digits) scan(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		if isDigit(c) {
			d.push(c)
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			c = narrow(r)
		}
		i += size
		switch c {
		case ' ', '\t', '\r', '\n', '-', '.', '/', '(', ')':
		case '+':
			if d.plus || d.count > 0 {
				d.bad = true
				return
			}
			d.plus = true
		case '!':
			d.canonical = true
			return
		default:
			if !isDigit(c) {
				d.bad = true
				return
			}
			d.push(c)
		}
	}
}

func (d *digits) push(c byte) {
	if d.count < maxScan {
		d.buf[d.count] = c
	}
	d.count++
}

// narrow returns the ASCII character that stands for a wide or typographic
// one, 0 for none.
func narrow(r rune) byte {
	switch {
	case r >= '０' && r <= '９':
		return byte(r-'０') + '0'
	case r == '＋':
		return '+'
	case r == 0x00A0, r == 0x3000, r >= 0x2000 && r <= 0x200F, r >= 0x202A && r <= 0x202F, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
		return ' ' // spaces, zero-width ones and direction marks
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == '－', r == '．', r == '／', r == '（', r == '）', r == '・', r == '·':
		return '-'
	}
	return 0
}

// allSame reports one digit repeated: all zeros of any length above one, or
// seven and more of another digit.
func allSame(d []byte) bool {
	if len(d) < 2 || d[0] != '0' && len(d) < 7 {
		return false
	}
	for _, c := range d {
		if c != d[0] {
			return false
		}
	}
	return true
}
