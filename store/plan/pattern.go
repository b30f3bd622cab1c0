package plan

import (
	"fmt"
	"strings"

	"ringfence/store/number"
)

// pattern is a row of digit classes, as numbering plans write them: 1[3-9]xx
// stands for 1300 to 1999. Each place is a digit, a class in brackets of
// digits and spans, or x for any digit. It is comparable.
type pattern struct {
	places [number.MaxDigits]uint16 // one bit a digit
	count  int
}

// anyDigit has a bit for each of the ten digits.
const anyDigit = 1<<10 - 1

// maxExpansion bounds how many prefixes one pattern may stand for.
const maxExpansion = 10_000

// parsePattern reads a pattern of 1 to 15 places.
func parsePattern(s string) (pattern, error) {
	var p pattern
	for rest := s; rest != ""; p.count++ {
		if p.count == number.MaxDigits {
			return pattern{}, fmt.Errorf("%q has more than %d places", clip(s), number.MaxDigits)
		}
		place, used := parsePlace(rest)
		if place == 0 {
			return pattern{}, fmt.Errorf("%q: place %d is no digit, x or class such as [2-7]", clip(s), p.count+1)
		}
		p.places[p.count] = place
		rest = rest[used:]
	}
	if p.count == 0 {
		return pattern{}, fmt.Errorf("is empty; want digits, x and classes such as 1[3-9]x")
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

// has reports whether digit may stand at a place; beyond the last any may.
func (p *pattern) has(place int, digit byte) bool {
	return place >= p.count || p.places[place]>>digit&1 == 1
}

// then returns p with the places of q behind it, at most 15 in all.
func (p pattern) then(q pattern) pattern {
	n := copy(p.places[p.count:], q.places[:q.count])
	p.count += n
	return p
}

// expand returns the prefixes that p stands for in rising order, without the x
// at its end, which the number's length tells. It refuses more than 10,000.
func (p pattern) expand() ([]string, error) {
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
