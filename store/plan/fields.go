package plan

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"ringfence/store/number"
)

const (
	maxLine = 64 << 10 // bytes of one line of a plan file
	maxRows = 4 << 20  // ranges of one plan
)

// lines calls do for each line of r with its number, from 1, until one fails.
// Its errors say where.
func lines(r io.Reader, do func(line int, text string) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 4<<10), maxLine)
	line := 0
	for in.Scan() {
		line++
		if err := do(line, in.Text()); err != nil {
			return fmt.Errorf("plan: line %d: %w", line, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("plan: after line %d: %w", line, err)
	}
	return nil
}

// fields cuts a line at its semicolons and takes the padding and the quotes
// off each field. Within quotes a semicolon is text and "" is a quote.
func fields(text string) ([]string, error) {
	var out []string
	for {
		text = strings.TrimLeft(text, " \t")
		if !strings.HasPrefix(text, `"`) {
			field, rest, more := strings.Cut(text, ";")
			out = append(out, strings.TrimSpace(field))
			if !more {
				return out, nil
			}
			text = rest
			continue
		}
		field, rest, ok := quoted(text[1:])
		if !ok {
			return nil, fmt.Errorf("field %d: no closing quote", len(out)+1)
		}
		out = append(out, field)
		padding, rest, more := strings.Cut(rest, ";")
		if strings.TrimSpace(padding) != "" {
			return nil, fmt.Errorf("field %d: text behind the closing quote", len(out))
		}
		if !more {
			return out, nil
		}
		text = rest
	}
}

// quoted reads to the closing quote.
func quoted(s string) (field, rest string, ok bool) {
	var b strings.Builder
	for {
		part, after, found := strings.Cut(s, `"`)
		if !found {
			return "", "", false
		}
		b.WriteString(part)
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, true
		}
		b.WriteByte('"')
		s = after[1:]
	}
}

// lengths reads counts of digits: 9 or 9,10 or 3-6.
func lengths(s string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(s, ",") {
		low, high, isSpan := strings.Cut(strings.TrimSpace(part), "-")
		if !isSpan {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || from < 1 || from > to || to > number.MaxDigits+5 {
			return nil, fmt.Errorf("%q is no count of digits; want 9 or 9,10 or 3-6", clip(s))
		}
		for n := from; n <= to; n++ {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// runs joins rising counts to runs without a gap: first and last.
func runs(counts []int) [][2]int {
	var out [][2]int
	for _, n := range counts {
		if k := len(out); k > 0 && out[k-1][1]+1 == n {
			out[k-1][1] = n
			continue
		}
		out = append(out, [2]int{n, n})
	}
	return out
}

// text bounds a word of a plan.
func text(s string) error {
	if len(s) > maxText {
		return fmt.Errorf("%d bytes; at most %d", len(s), maxText)
	}
	return nil
}

// clip bounds what an error message repeats of its input.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
