package table

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

func allLines(src io.Reader) (lines []string, long int, l *lineReader, err error) {
	l = newLineReader(src, nil)
	for {
		line, tooLong, err := l.next()
		if errors.Is(err, io.EOF) {
			return lines, long, l, nil
		}
		if err != nil {
			return lines, long, l, err
		}
		if tooLong {
			long++
			line = line[:16]
		}
		lines = append(lines, line)
	}
}

func TestLines(t *testing.T) {
	huge := strings.Repeat("x", 3*blockSize)
	for _, c := range []struct {
		name, text string
		want       []string
		long       int
		unfinished bool
	}{
		{"empty", "", nil, 0, false},
		{"one", "a\n", []string{"a"}, 0, false},
		{"unfinished", "a\nb", []string{"a", "b"}, 0, true},
		{"CRLF", "a\r\nb\r\n", []string{"a", "b"}, 0, false},
		{"blank", "\n\na\n", []string{"", "", "a"}, 0, false},
		{"mark", byteOrderMark + "a\nb\n", []string{"a", "b"}, 0, false},
		{"mark alone", byteOrderMark, nil, 0, false},
		{"huge first", huge + "\na\nb\n", []string{huge[:16], "a", "b"}, 1, false},
		{"huge between", "a\n" + huge + "\nb\nc\n", []string{"a", huge[:16], "b", "c"}, 1, false},
		{"huge last", "a\n" + huge, []string{"a", huge[:16]}, 1, true},
		{"two huge", huge + "\n" + huge + "\nb\n", []string{huge[:16], huge[:16], "b"}, 2, false},
		{"just within", strings.Repeat("y", MaxLine) + "\nb\n", []string{strings.Repeat("y", MaxLine), "b"}, 0, false},
		{"just above", strings.Repeat("y", MaxLine+1) + "\nb\n", []string{strings.Repeat("y", 16), "b"}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for way, src := range map[string]io.Reader{
				"at once":   strings.NewReader(c.text),
				"by halves": iotest.HalfReader(strings.NewReader(c.text)),
				"with end":  iotest.DataErrReader(strings.NewReader(c.text)),
			} {
				lines, long, l, err := allLines(src)
				if err != nil || fmt.Sprint(lines) != fmt.Sprint(c.want) || long != c.long || l.unfinished != c.unfinished {
					t.Errorf("%s: %d lines, %d long, unfinished %v, %v", way, len(lines), long, l.unfinished, err)
				}
				if l.line != len(c.want) || l.total != int64(len(c.text)) {
					t.Errorf("%s: at line %d, %d bytes", way, l.line, l.total)
				}
			}
		})
	}
}

func TestLinesOfAnySource(t *testing.T) {
	var text strings.Builder
	for i := range 40000 {
		fmt.Fprintf(&text, "%d\r\n", i*i)
	}
	want, _, _, err := allLines(strings.NewReader(text.String()))
	if err != nil || len(want) != 40000 {
		t.Fatalf("%d lines, %v", len(want), err)
	}
	got, _, _, err := allLines(iotest.OneByteReader(strings.NewReader(text.String())))
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("byte by byte: %d lines, %v", len(got), err)
	}
}

// What is no text in UTF-8 is named for what it is, with what to do.
func TestNotText(t *testing.T) {
	u := utf16.Encode([]rune("number\n2025550123\n"))
	little, big := []byte{0xFF, 0xFE}, []byte{0xFE, 0xFF}
	for _, c := range u {
		little = append(little, byte(c), byte(c>>8))
		big = append(big, byte(c>>8), byte(c))
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("number\n2025550123\n"))
	_ = z.Close()
	for name, c := range map[string]struct {
		text string
		says []string
	}{
		"UTF-16 little-endian": {string(little), []string{"UTF-16", "iconv"}},
		"UTF-16 big-endian":    {string(big), []string{"UTF-16", "iconv"}},
		"UTF-16 without mark":  {string(little[2:]), []string{"line 1: byte 2 is NUL", "export it as CSV"}},
		"gzip":                 {zipped.String(), []string{"gzip", "gunzip"}},
		"spreadsheet":          {"PK\x03\x04....", []string{"spreadsheet", "CSV"}},
		"old spreadsheet":      {"\xD0\xCF\x11\xE0....", []string{"spreadsheet", "CSV"}},
		"database":             {"SQLite format 3\x00....", []string{"SQLite", "CSV"}},
		"GB 18030":             {"2025550123\n\xB9\xE3\xB8\xE6\xCD\xC6\xCF\xFA\n", []string{"line 2: byte 1 (0xb9) is no UTF-8", "iconv -f GB18030"}},
		"Latin-1":              {"2025550123\nTel\xE9fono\n", []string{"line 2: byte 4 (0xe9) is no UTF-8", "ISO-8859-1"}},
		"NUL in a line":        {"2025550123\n20255\x0050124\n", []string{"line 2: byte 6 is NUL"}},
		"zeros":                {string(make([]byte, 2*blockSize)), []string{"NUL", "binary"}},
		"cut in a rune":        {"2025550123\n\xE5\xB9", []string{"line 2: byte 1", "UTF-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readAll(strings.NewReader(c.text), 0)
			var at *LineError
			if !errors.As(err, &at) {
				t.Fatalf("error %v", err)
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("error %q does not say %q", err, says)
				}
			}
		})
	}
}

// U+FFFD is a character like others: only its absence of meaning is dubious.
func TestReplacementCharacterIsText(t *testing.T) {
	lines, _, _, err := allLines(strings.NewReader("a\uFFFDb\n"))
	if err != nil || len(lines) != 1 {
		t.Errorf("%q, %v", lines, err)
	}
}

func TestSourceFails(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := readAll(io.MultiReader(strings.NewReader("2025550123\n"), iotest.ErrReader(broken)), 0)
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(bytes.Repeat([]byte("2025550123\n"), 5000))
	_ = z.Close()
	cut, err := gzip.NewReader(bytes.NewReader(zipped.Bytes()[:zipped.Len()-12]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(cut, 0); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a cut stream gives %v", err)
	}
}
