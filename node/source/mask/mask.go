// Package mask makes fields of publishers' files fit to be shown: in messages,
// in the file of rejected rows, on screens.
//
// Most numbers in such files belong to people, many of them to people who did
// nothing. A message must lead to the place in the file, which its reader has,
// and need not repeat the number; nor may it carry signs that move a cursor,
// turn the direction of writing or make a formula of a cell.
//
// Floor 10, a room of node/source.
package mask

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MostShown bounds what is shown of a field, in bytes.
const MostShown = 48

// Number returns a number's field fit to be shown, with the last three
// digits starred. What a spreadsheet rounded names nobody and stays, and so does
// a range.
func Number(s string) string {
	if Rounded(s) || isRange(s) {
		return s
	}
	runes, stars := shown(s), 0
	for i := len(runes) - 1; i >= 0 && stars < 3; i-- {
		if unicode.IsDigit(runes[i]) {
			runes[i] = '*'
			stars++
		}
	}
	return string(runes)
}

// isRange reports whether s is written as a range that frees digits, as +86138*/13
// is, whether or not there is such a range.
func isRange(s string) bool {
	head, length, ok := strings.Cut(s, "*/")
	if !ok || len(s) > MostShown || !strings.HasPrefix(head, "+") || DigitsFrom(head, 1) != len(head) {
		return false
	}
	n, err := strconv.Atoi(length)
	return err == nil && n >= len(head)
}

// Text returns another field fit to be shown: in every run of seven digits
// or more, which may be a telephone number, the last three are starred.
func Text(s string) string {
	runes := shown(s)
	for i := 0; i < len(runes); i++ {
		start := i
		for i < len(runes) && unicode.IsDigit(runes[i]) {
			i++
		}
		if i-start >= 7 {
			copy(runes[i-3:i], []rune("***"))
		}
	}
	return string(runes)
}

// Line returns the beginning of a whole line fit to be shown, without any
// digit: which of them are a number's is not known.
func Line(s string) string {
	runes := shown(s)
	for i, c := range runes {
		if unicode.IsDigit(c) {
			runes[i] = '*'
		}
	}
	return string(runes)
}

// shown cuts s and replaces control and direction signs.
func shown(s string) []rune {
	cut := len(s) > MostShown
	if cut {
		for s = s[:MostShown]; !utf8.ValidString(s); {
			s = s[:len(s)-1]
		}
	}
	runes := []rune(s)
	for i, c := range runes {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			runes[i] = '·'
		}
	}
	if cut {
		runes = append(runes, '…')
	}
	return runes
}

// Rounded reports whether a spreadsheet wrote s: 3.15316E+12, 2136986007.0.
// The digits after a decimal point are not part of a number, and those behind
// an exponent are gone.
func Rounded(s string) bool {
	i := DigitsFrom(s, 0)
	if i == 0 || i > 20 {
		return false
	}
	if i < len(s) && (s[i] == '.' || s[i] == ',') {
		end := DigitsFrom(s, i+1)
		if end == len(s) && end > i+1 && strings.Trim(s[i+1:], "0") == "" {
			return true
		}
		i = end
	}
	if i >= len(s) || s[i] != 'E' && s[i] != 'e' {
		return false
	}
	if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	end := DigitsFrom(s, i)
	return end == len(s) && end > i && end-i <= 3
}

// DigitsFrom returns the first place from i on that holds no ASCII digit.
func DigitsFrom(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// Cell returns s such that no spreadsheet takes it for a formula.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
