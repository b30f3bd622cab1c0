package table

import (
	"encoding/csv"
	"errors"
	"fmt"
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
		if got, _ := split(record, ',', nil); len(got) != MaxFields+1 {
			t.Errorf("%d fields kept, the bound shows at %d", len(got), MaxFields+1)
		}
	}
}

// readAll reads every record; fields are copied.
func readAll(src io.Reader, delimiter byte) (all []Record, err error) {
	r := NewReader(src, Config{Delimiter: delimiter})
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		rec.Fields = slices.Clone(rec.Fields)
		all = append(all, rec)
	}
}

// records tells the sound records and counts the others.
func records(text string) (sound [][]string, bad int, err error) {
	all, err := readAll(strings.NewReader(text), ',')
	for _, rec := range all {
		if rec.Fault != Sound {
			bad++
			continue
		}
		sound = append(sound, rec.Fields)
	}
	return sound, bad, err
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
		// file for data, has no bounds, and passes over empty lines only.
		if err != nil || strings.HasSuffix(text, "\r") || strings.HasPrefix(text, byteOrderMark) || len(text) > MaxLine {
			return
		}
		for _, w := range want {
			if len(w) > MaxFields {
				return
			}
		}
		want = slices.DeleteFunc(want, func(w []string) bool { return len(w) == 1 && strings.TrimSpace(w[0]) == "" })
		got = slices.DeleteFunc(got, func(g []string) bool { return len(g) == 1 && strings.TrimSpace(g[0]) == "" })
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

// A long line stays one when the lines before it are read again.
func TestStrayQuoteBeforeLongLine(t *testing.T) {
	for _, size := range []int{MaxLine + 1, blockSize + 1, 3 * blockSize} {
		all, err := readAll(strings.NewReader("a,\"b\nc,d\n"+strings.Repeat("x", size)+"\ne,f\n"), ',')
		var got []string
		for _, rec := range all {
			got = append(got, fmt.Sprint(rec.Line, rec.Fault, rec.Fields))
		}
		want := []string{"1 2 []", "2 0 [c d]", "3 1 []", "4 0 [e f]"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("a line of %d bytes: %q, %v", size, got, err)
		}
	}
}

func TestReaderTellsWhereItIs(t *testing.T) {
	var read int64
	r := NewReader(strings.NewReader("a;b\n\n  \n\"c\nd\";e\nf;g"), Config{Delimiter: ';', OnRead: func(n int64) { read = n }})
	var lines []int
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, rec.Line)
	}
	if !slices.Equal(lines, []int{1, 4, 6}) || r.Line() != 6 || r.Blank() != 2 || !r.Unfinished() || r.Bytes() != read || read != 19 {
		t.Errorf("records at %v, line %d, blank %d, unfinished %v, %d of %d bytes", lines, r.Line(), r.Blank(), r.Unfinished(), r.Bytes(), read)
	}
}

// Without a delimiter a line is one field, whatever it holds.
func TestLinesAreOneField(t *testing.T) {
	all, err := readAll(strings.NewReader("a,\"b\n\"\n"), 0)
	if err != nil || len(all) != 2 || all[0].Fields[0] != `a,"b` || all[1].Fields[0] != `"` {
		t.Errorf("%+v, %v", all, err)
	}
}
