package source

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		record string
		want   []string
		state  splitState
	}{
		{"", []string{""}, splitDone},
		{"a", []string{"a"}, splitDone},
		{"a,b,", []string{"a", "b", ""}, splitDone},
		{",,", []string{"", "", ""}, splitDone},
		{`"a,b",c`, []string{"a,b", "c"}, splitDone},
		{`"a ""b"" c"`, []string{`a "b" c`}, splitDone},
		{`"",x`, []string{"", "x"}, splitDone},
		{`"",`, []string{"", ""}, splitDone},
		{"\"a\nb\",c", []string{"a\nb", "c"}, splitDone},
		{`a,"b`, nil, splitOpen},
		{`a,"b""`, nil, splitOpen},
		{`a"b`, nil, splitBad},
		{`a,b"`, nil, splitBad},
		{`"a"b`, nil, splitBad},
		{`"a" ,b`, nil, splitBad},
	} {
		got, state := split(c.record, ',', nil)
		if state != c.state || c.state == splitDone && !slices.Equal(got, c.want) {
			t.Errorf("split %q: %q, state %d", c.record, got, state)
		}
	}
}

func TestSplitBoundsFields(t *testing.T) {
	for _, record := range []string{strings.Repeat(",", 1<<20), strings.Repeat(`"",`, 1<<20)} {
		if got, _ := split(record, ',', nil); len(got) != maxFields+1 {
			t.Errorf("%d fields kept, the bound shows at %d", len(got), maxFields+1)
		}
	}
}

// records reads text as Read does, without looking for numbers.
func records(text string) (all [][]string, bad int, err error) {
	r := &reader{mapping: &Mapping{delimiter: ','}, lines: newLineReader(strings.NewReader(text), nil)}
	for {
		line, long, err := r.nextLine()
		if errors.Is(err, io.EOF) {
			return all, bad, nil
		}
		if err != nil {
			return all, bad, err
		}
		if long {
			bad++
			continue
		}
		if line == "" {
			continue
		}
		var state splitState
		if r.fields, state = split(line, ',', r.fields[:0]); state == splitOpen {
			if state, err = r.goOn(line); err != nil {
				return all, bad, err
			}
		}
		if state != splitDone {
			bad++
			continue
		}
		all = append(all, slices.Clone(r.fields))
	}
}

// Where the standard library reads a file without complaint, this package
// reads the same records.
func FuzzSplitEqualsStandard(f *testing.F) {
	for _, s := range []string{
		"a,b\nc,d\n", "\"a\nb\",c\r\nd", `"x""y",z`, "a\"b\nc,d", "\"open\nline,1\nline,2\n", "\n\n,\n", "\"a\n\nb\"\n", "x\r\n\"\"\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, bad, err := records(text)
		if err != nil {
			return // binary or another encoding
		}
		std := csv.NewReader(strings.NewReader(text))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		// The standard reader takes a carriage return before the end of the
		// file for data, and does not have this package's bounds.
		if err != nil || strings.HasSuffix(text, "\r") || strings.HasPrefix(text, byteOrderMark) || len(text) > maxLine {
			return
		}
		for _, w := range want {
			if len(w) > maxFields {
				return
			}
		}
		if bad != 0 || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("read %q (%d bad), the standard library %q", got, bad, want)
		}
	})
}

// A stray quotation mark costs its own row and no other.
func TestStrayQuoteCostsOneRow(t *testing.T) {
	rows := strings.Repeat("2025550123,x\n", 9000)
	for name, c := range map[string]struct {
		text      string
		good, bad int
	}{
		"at once":       {"a,\"b\nc,d\ne,f\n", 2, 1},
		"far away":      {"a,\"b\n" + rows, 9000, 1},
		"at the end":    {rows + "a,\"b", 9000, 1},
		"in every line": {strings.Repeat("a,\"b\n", 500), 0, 500},
		"closed later":  {"a,\"b\nc\",d\ne,f\n", 2, 0},
		"closed badly":  {"a,\"b\nc\"d\ne,f\n", 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got, bad, err := records(c.text)
			if err != nil || len(got) != c.good || bad != c.bad {
				t.Errorf("%d records, %d bad, %v; want %d and %d", len(got), bad, err, c.good, c.bad)
			}
		})
	}
}
