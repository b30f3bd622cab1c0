package table

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Fault is why a record could not be read.
type Fault uint8

// The faults.
const (
	Sound    Fault = iota
	LongLine       // more than MaxLine
	BadQuote       // a quotation mark that is not closed or stands inside a field
)

// Record is one row of a file. Its texts share the block that they were read
// with: they are good for as long as somebody holds them, but who keeps one
// keeps the block, unless it is cloned. Fields is good until the next call.
type Record struct {
	Line   int // of its beginning, from 1
	Fields []string
	Fault  Fault
	Raw    string // of a record with a fault: its line, or the beginning of it
}

// Config says how a file is cut.
type Config struct {
	// Delimiter parts the fields: , ; | or a tab. 0: each line is one field,
	// and quotation marks mean nothing.
	Delimiter byte
	// OnRead hears how many bytes were read so far; may be nil.
	OnRead func(total int64)
}

// Reader reads records. Make one with NewReader.
type Reader struct {
	lines     *lineReader
	delimiter byte
	fields    []string
	blank     int
}

// NewReader returns a reader of src.
func NewReader(src io.Reader, cfg Config) *Reader {
	return &Reader{lines: newLineReader(src, cfg.OnRead), delimiter: cfg.Delimiter}
}

// LineError is why a file is no text, or cannot be read on.
type LineError struct {
	Line int // 0 for the file as a whole
	Err  error
}

// Error names the line.
func (e *LineError) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }

// Line returns the number of the last line read.
func (r *Reader) Line() int { return r.lines.line }

// Bytes returns how much was read.
func (r *Reader) Bytes() int64 { return r.lines.total }

// Blank returns how many lines without text were passed over.
func (r *Reader) Blank() int { return r.blank }

// Unfinished reports, at the end, whether the last line has no line end: the
// file may be cut off.
func (r *Reader) Unfinished() bool { return r.lines.unfinished }

// Next returns the next record, passing over blank lines. At the end it
// returns io.EOF; any other error is a *LineError and ends the file.
func (r *Reader) Next() (Record, error) {
	for {
		line, long, err := r.nextLine()
		if err != nil {
			return Record{}, err
		}
		rec := Record{Line: r.lines.line}
		switch {
		case long:
			rec.Fault, rec.Raw = LongLine, line
			return rec, nil
		case strings.TrimSpace(line) == "":
			r.blank++
			continue
		case r.delimiter == 0:
			r.fields = append(r.fields[:0], line)
		default:
			if rec.Fault, err = r.split(line); err != nil {
				return Record{}, err
			}
		}
		if rec.Fault != Sound {
			rec.Raw = line
			return rec, nil
		}
		rec.Fields = r.fields
		return rec, nil
	}
}

func (r *Reader) nextLine() (string, bool, error) {
	line, long, err := r.lines.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, &LineError{r.lines.line, err}
	}
	return line, long, err
}

func (r *Reader) split(line string) (Fault, error) {
	var state splitState
	var err error
	if r.fields, state = split(line, r.delimiter, r.fields[:0]); state == splitOpen {
		if state, err = r.goOn(line); err != nil {
			return Sound, err
		}
	}
	if state != splitDone {
		return BadQuote, nil
	}
	return Sound, nil
}

// goOn joins lines until the quoted field that line leaves open is closed. If
// that does not happen within the bound, or makes no sense, the lines after
// the first are given back: a stray quotation mark costs one row, not many.
func (r *Reader) goOn(line string) (splitState, error) {
	start, joined := r.lines.line, strings.Builder{}
	joined.WriteString(line)
	for {
		more, long, err := r.nextLine()
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return splitBad, err
		}
		if !ended {
			joined.WriteByte('\n')
			joined.WriteString(more)
		}
		if !long && !ended && joined.Len() <= MaxLine {
			if strings.IndexByte(more, '"') < 0 {
				continue
			}
			var state splitState
			if r.fields, state = split(joined.String(), r.delimiter, r.fields[:0]); state == splitOpen {
				continue
			}
			if state == splitDone {
				return splitDone, nil
			}
		}
		if joined.Len() > len(line) {
			r.lines.back(start, joined.String()[len(line)+1:], long)
		}
		return splitBad, nil
	}
}
