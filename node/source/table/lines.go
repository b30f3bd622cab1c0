package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxLine bounds a line, and a record that a quoted field spreads over several,
// in bytes.
const MaxLine = 64 << 10

const blockSize = 256 << 10 // read at once

// lineReader cuts a stream into lines in constant memory. A block becomes one
// string, and the lines are cut from it without copying: a caller that keeps
// one must clone it, or it keeps the block.
type lineReader struct {
	src     io.Reader
	buf     []byte // buf[:held] is read and not yet in text
	held    int
	scanned int  // buf[:scanned] holds no line end
	ended   bool // src has given all
	onRead  func(total int64)
	total   int64 // bytes that src has given

	text       string // lines not yet handed out
	suspect    bool   // text holds a byte that needs a look line by line
	line       int    // of what next handed out last, from 1
	longAt     int    // number of a long line that was given back cut
	unfinished bool   // the last line has no line end
}

func newLineReader(src io.Reader, onRead func(int64)) *lineReader {
	return &lineReader{src: src, buf: make([]byte, blockSize), onRead: onRead}
}

// next hands out the next line without its end, of at most blockSize bytes;
// what is longer comes as its beginning with long set. At the end it returns
// io.EOF.
func (l *lineReader) next() (line string, long bool, err error) {
	if l.text == "" {
		if long, err = l.fill(); err != nil {
			return "", false, err
		}
	}
	end := strings.IndexByte(l.text, '\n')
	if end < 0 {
		line, l.text = l.text, ""
	} else {
		line, l.text = l.text[:end], l.text[end+1:]
	}
	l.line++
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if l.suspect {
		if err := sound(line); err != nil {
			return "", false, err
		}
	}
	return line, long || len(line) > MaxLine || l.line == l.longAt, nil
}

// back gives back lines that next has handed out: text is those that follow
// the line after, and long says that the last of them was.
func (l *lineReader) back(after int, text string, long bool) {
	if long {
		l.longAt = l.line
	}
	l.line = after
	l.text = text + "\n" + l.text
}

// fill reads until text holds at least one line. long says that the line was
// too long to hold and text is its beginning.
func (l *lineReader) fill() (long bool, err error) {
	for {
		if i := bytes.LastIndexByte(l.buf[l.scanned:l.held], '\n'); i >= 0 {
			l.take(l.scanned + i + 1)
			return false, nil
		}
		l.scanned = l.held
		switch {
		case l.ended && l.held == 0:
			return false, io.EOF
		case l.ended:
			l.unfinished = true
			l.take(l.held)
			return false, nil
		case l.held == len(l.buf):
			return true, l.skip()
		}
		if err := l.read(); err != nil {
			return false, err
		}
	}
}

// read reads more into buf; at the end it sets ended. The first read waits for
// enough bytes to tell what kind of file it is.
func (l *lineReader) read() error {
	least, first := 1, l.total == 0
	if first {
		least = longestMagic
	}
	n, err := readAtLeast(l.src, l.buf[l.held:], least)
	l.held += n
	l.total += int64(n)
	if l.onRead != nil && n > 0 {
		l.onRead(l.total)
	}
	switch {
	case errors.Is(err, io.EOF):
		l.ended = true
	case err != nil:
		return fmt.Errorf("read: %w; the file is cut off or its disk fails", err)
	}
	if first {
		return l.begin()
	}
	return nil
}

// readAtLeast is io.ReadAtLeast without its io.ErrUnexpectedEOF, which would
// hide whether src ended or was cut off (as a broken gzip stream says so).
func readAtLeast(src io.Reader, buf []byte, least int) (n int, err error) {
	for n < least && err == nil {
		var m int
		m, err = src.Read(buf[n:])
		n += m
	}
	return n, err
}

// take makes the first n held bytes the text.
func (l *lineReader) take(n int) {
	l.text = string(l.buf[:n])
	l.suspect = strings.IndexByte(l.text, 0) >= 0 || !utf8.ValidString(l.text)
	l.held = copy(l.buf, l.buf[n:l.held])
	l.scanned = 0
}

// skip drops the rest of a line that fills the buffer and keeps its beginning.
func (l *lineReader) skip() error {
	const kept = 256
	// A cut may split a rune: only NUL tells a binary file here.
	begin := string(bytes.ToValidUTF8(l.buf[:kept], nil))
	if i := bytes.IndexByte(l.buf, 0); i >= 0 {
		return nulError(i)
	}
	for end := -1; end < 0 && !l.ended; {
		l.held = 0
		if err := l.read(); err != nil {
			return err
		}
		if end = bytes.IndexByte(l.buf[:l.held], '\n'); end >= 0 {
			l.held = copy(l.buf, l.buf[end+1:l.held])
		} else if l.ended {
			l.unfinished, l.held = true, 0
		}
	}
	l.scanned = 0
	l.text, l.suspect = begin, false
	return nil
}

// magic tells kinds of file that are not text by how they begin.
var magic = [...]struct{ begin, what string }{
	{"\xFF\xFE", "text in UTF-16; save it as UTF-8, for instance with iconv -f UTF-16 -t UTF-8"},
	{"\xFE\xFF", "text in UTF-16; save it as UTF-8, for instance with iconv -f UTF-16 -t UTF-8"},
	{"\x1F\x8B", "compressed by gzip; unpack it first, for instance with gunzip"},
	{"PK\x03\x04", "a zip archive or a spreadsheet; export the sheet as CSV in UTF-8"},
	{"\xD0\xCF\x11\xE0", "an old spreadsheet; export the sheet as CSV in UTF-8"},
	{"%PDF", "a PDF; export the table as CSV in UTF-8"},
	{"SQLite format 3\x00", "an SQLite database; export the table as CSV in UTF-8"},
	{"\x28\xB5\x2F\xFD", "compressed by zstd; unpack it first"},
	{"\xFD7zXZ", "compressed by xz; unpack it first"},
	{"BZh", "compressed by bzip2; unpack it first"},
}

const longestMagic = 16

const byteOrderMark = "\xEF\xBB\xBF"

// begin looks at the first bytes of the file and drops a UTF-8 mark.
func (l *lineReader) begin() error {
	for _, m := range magic {
		if bytes.HasPrefix(l.buf[:l.held], []byte(m.begin)) {
			return fmt.Errorf("this is %s", m.what)
		}
	}
	if bytes.HasPrefix(l.buf[:l.held], []byte(byteOrderMark)) {
		l.held = copy(l.buf, l.buf[len(byteOrderMark):l.held])
	}
	return nil
}

// sound says why a line is no text.
func sound(line string) error {
	if i := strings.IndexByte(line, 0); i >= 0 {
		return nulError(i)
	}
	for i, c := range line {
		if c == utf8.RuneError && !strings.HasPrefix(line[i:], string(utf8.RuneError)) {
			return fmt.Errorf("byte %d (%#02x) is no UTF-8: the file is in another encoding; convert it, for instance with iconv -f GB18030 -t UTF-8 or iconv -f ISO-8859-1 -t UTF-8", i+1, line[i])
		}
	}
	return nil
}

func nulError(at int) error {
	return fmt.Errorf("byte %d is NUL: the file is binary or damaged; export it as CSV in UTF-8", at+1)
}
