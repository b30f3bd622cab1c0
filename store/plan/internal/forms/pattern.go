// Package forms holds the shapes of telephone numbers: patterns of digits, and
// the automaton that recognises many of them in one walk.
//
// A numbering plan says "95, with 5 to 13 digits" and "an area code, then 7 or
// 8 digits of which the first is 2 to 8"; a parser wants to know, for the
// digits at hand, everything that they may be, at the price of one table
// look-up a digit. This package goes from the one to the other.
//
// It is part of store/plan and stands just below it; it knows no holders, no
// dates and no files.
package forms

import (
	"fmt"
	"strings"

	"ringfence/store/number"
)

// Pattern is a row of digit classes, as numbering plans write them: 1[3-9]xx
// stands for 1300 to 1999. Each place is a digit, a class in brackets of
// digits and spans, or x for any digit. It is comparable.
type Pattern struct {
	places [number.MaxDigits]uint16 // one bit a digit
	count  int
}

// anyDigit has a bit for each of the ten digits.
const anyDigit = 1<<10 - 1

// maxExpansion bounds how many prefixes one pattern may stand for.
const maxExpansion = 10_000

// ParsePattern reads a pattern of 1 to 15 places.
func ParsePattern(s string) (Pattern, error) {
	var p Pattern
	for rest := s; rest != ""; p.count++ {
		if p.count == number.MaxDigits {
			return Pattern{}, fmt.Errorf("%q has more than %d places", clip(s), number.MaxDigits)
		}
		place, used := parsePlace(rest)
		if place == 0 {
			return Pattern{}, fmt.Errorf("%q: place %d is no digit, x or class such as [2-7]", clip(s), p.count+1)
		}
		p.places[p.count] = place
		rest = rest[used:]
	}
	if p.count == 0 {
		return Pattern{}, fmt.Errorf("is empty; want digits, x and classes such as 1[3-9]x")
	}
	return p, nil
}

// parsePlace reads one place and says how many bytes it took; 0 if it is none.
func parsePlace(s string) (place uint16, used int) {
	switch {
	case s[0] >= '0' && s[0] <= '9':
		return 1 << (s[0] - '0'), 1
	case s[0] == 'x':
		return anyDigit, 1
	}
	class, _, ok := strings.Cut(s[1:], "]")
	if s[0] != '[' || !ok {
		return 0, 0
	}
	used = len(class) + 2
	for class != "" {
		from, to, n := class[0], class[0], 1
		if len(class) >= 3 && class[1] == '-' {
			to, n = class[2], 3
		}
		if from < '0' || to > '9' || from > to {
			return 0, 0
		}
		for c := from; c <= to; c++ {
			place |= 1 << (c - '0')
		}
		class = class[n:]
	}
	return place, used
}

// Len returns the count of places.
func (p Pattern) Len() int { return p.count }

// has reports whether digit may stand at a place; beyond the last any may.
func (p *Pattern) has(place int, digit byte) bool {
	return place >= p.count || p.places[place]>>digit&1 == 1
}

// Then returns p with the places of q behind it, at most 15 in all.
func (p Pattern) Then(q Pattern) Pattern {
	n := copy(p.places[p.count:], q.places[:q.count])
	p.count += n
	return p
}

// Expand returns the prefixes that p stands for in rising order, without the x
// at its end, which the number's length tells. It refuses more than 10,000.
func (p Pattern) Expand() ([]string, error) {
	for p.count > 0 && p.places[p.count-1] == anyDigit {
		p.count--
	}
	rows := []string{""}
	for place := range p.count {
		var longer []string
		for _, row := range rows {
			for digit := byte(0); digit < 10; digit++ {
				if p.has(place, digit) {
					longer = append(longer, row+string('0'+rune(digit)))
				}
			}
		}
		if rows = longer; len(rows) > maxExpansion {
			return nil, fmt.Errorf("stands for more than %d prefixes", maxExpansion)
		}
	}
	return rows, nil
}

// clip bounds what an error message repeats of its input.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
