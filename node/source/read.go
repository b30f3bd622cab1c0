package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Dialler reads a number as people of one country write it.
type Dialler func(written string) number.Caller

// maxLabels bounds the different labels of one file.
const maxLabels = 1 << 16

const secondsPerDay = 86400

// Options says what a mapping leaves open.
type Options struct {
	File    string                                // name of the file, for messages
	Dialler func(number.Country) (Dialler, error) // how numbers are written in a country; must be set
	Country number.Country                        // default country in place of the mapping's; 0 keeps that
	AsOf    int64                                 // Unix seconds, of rows without dates; 0 keeps the mapping's
	// NewestOn moves all dates by whole days, so that the newest creation day
	// of the file (of any row, kept or not) is this one; 0 moves nothing.
	NewestOn taxonomy.Day
	Keep     func(Row) bool        // which rows to read; nil reads all
	Rejected func(Rejection) error // hears of every row that was not used, in order; may be nil
	Progress func(bytes int64)     // hears how much was read; may be nil
}

// Row is one row as it stands in the file, before anything is made of it. It
// is good only during the call that it is handed to.
type Row struct {
	Line   int
	fields []string
	header []string
}

// Field returns the field under a name of the header, with white space at the
// ends removed; false if the header has no such name or the row is too short.
func (r Row) Field(name string) (string, bool) {
	for i, h := range r.header {
		if i < len(r.fields) && strings.EqualFold(strings.TrimSpace(h), name) {
			return strings.TrimSpace(r.fields[i]), true
		}
	}
	return "", false
}

// Place returns the field at a place from 1.
func (r Row) Place(place int) (string, bool) {
	if place < 1 || place > len(r.fields) {
		return "", false
	}
	return strings.TrimSpace(r.fields[place-1]), true
}

// reader holds what reading one file needs.
type reader struct {
	mapping *Mapping
	opts    Options
	dialled Dialler
	digits  int // national digits, 0 any
	country number.Country
	lines   *lineReader
	header  []string
	places  places
	fields  []string // of the row at hand
	clamped bool     // the row at hand was dated as its report

	rows    []row
	labels  []label
	byLabel map[string]uint32 // index in labels, by verbatim text
	summary Summary
	newest  taxonomy.Day // creation day
}

// Read reads a file by a mapping. A row that cannot be used is told to
// Options.Rejected and counted; what concerns the file as a whole is an error,
// a *FileError, and gives no delivery. Read stops when ctx ends.
func Read(ctx context.Context, file io.Reader, m *Mapping, opts Options) (*Delivery, error) {
	r := &reader{mapping: m, opts: opts, digits: m.nationalDigits, byLabel: make(map[string]uint32)}
	if r.country = opts.Country; r.country == 0 {
		r.country = m.country
	}
	if r.country == 0 {
		return nil, r.fail(0, fmt.Errorf("mapping %s names no default country; say one", m.name))
	}
	var err error
	if r.dialled, err = opts.Dialler(r.country); err != nil {
		return nil, r.fail(0, fmt.Errorf("numbers of country %s: %w", r.country, err))
	}
	asOf := opts.AsOf
	if asOf == 0 {
		asOf = m.clock.asOf
	}
	if !m.Dated() && asOf == 0 && opts.NewestOn == 0 {
		return nil, r.fail(0, fmt.Errorf("the file has no dates; say of which day it is (as_of)"))
	}
	r.lines = newLineReader(file, opts.Progress)
	if err := r.all(ctx); err != nil {
		return nil, err
	}
	return r.deliver(asOf)
}

func (r *reader) fail(line int, err error) error {
	return &FileError{File: r.opts.File, Line: line, Err: err}
}

func (r *reader) all(ctx context.Context) error {
	if err := r.begin(); err != nil {
		return err
	}
	for {
		err := r.record()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.lines.line&0xFFF == 0 && ctx.Err() != nil {
			return r.fail(r.lines.line, ctx.Err())
		}
	}
	r.summary.Lines, r.summary.Bytes, r.summary.Unfinished = r.lines.line, r.lines.total, r.lines.unfinished
	if r.summary.Rows == 0 {
		return r.fail(0, fmt.Errorf("the file holds no rows"))
	}
	return nil
}

// begin reads the header, if there is one, and finds the columns.
func (r *reader) begin() error {
	if r.mapping.header {
		line, long, err := r.nextLine()
		switch {
		case errors.Is(err, io.EOF):
			return r.fail(0, fmt.Errorf("the file is empty; a header was expected"))
		case err != nil:
			return err
		case long:
			return r.fail(1, fmt.Errorf("the header has more than %d bytes; is it a CSV file with line ends?", maxLine))
		}
		header, state := split(line, r.mapping.delimiter, nil)
		if state != splitDone {
			return r.fail(1, fmt.Errorf("stray quotation mark in the header"))
		}
		if len(header) > maxFields {
			return r.fail(1, fmt.Errorf("more than %d columns", maxFields))
		}
		for i := range header {
			header[i] = strings.Clone(header[i])
		}
		r.header = header
	}
	var err error
	if r.places, err = r.mapping.columns.find(r.header); err != nil {
		return r.fail(min(len(r.header), 1), err)
	}
	return nil
}

func (r *reader) nextLine() (string, bool, error) {
	line, long, err := r.lines.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, r.fail(r.lines.line, err)
	}
	return line, long, err
}

// record reads one record, over several lines if a quoted field says so.
func (r *reader) record() error {
	line, long, err := r.nextLine()
	if err != nil {
		return err
	}
	start := r.lines.line
	switch {
	case long:
		r.summary.Rows++
		return r.reject(start, "", maskLine(line), LongLine)
	case strings.TrimSpace(line) == "":
		r.summary.BlankLines++
		return nil
	case r.mapping.lines:
		r.fields = append(r.fields[:0], line)
		return r.row(start)
	}
	var state splitState
	if r.fields, state = split(line, r.mapping.delimiter, r.fields[:0]); state == splitOpen {
		if state, err = r.goOn(line); err != nil {
			return err
		}
	}
	if state != splitDone {
		r.summary.Rows++
		return r.reject(start, "", maskLine(line), BadQuote)
	}
	return r.row(start)
}

// goOn joins lines until the quoted field that line leaves open is closed. If
// that does not happen within the bound, or makes no sense, the lines after
// the first are given back: a stray quotation mark costs one row, not many.
func (r *reader) goOn(line string) (splitState, error) {
	start, joined := r.lines.line, strings.Builder{}
	joined.WriteString(line)
	for {
		more, long, err := r.nextLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return splitBad, err
		}
		if err == nil {
			joined.WriteByte('\n')
			joined.WriteString(more)
		}
		if !long && err == nil && joined.Len() <= maxLine {
			if strings.IndexByte(more, '"') < 0 {
				continue
			}
			var state splitState
			if r.fields, state = split(joined.String(), r.mapping.delimiter, r.fields[:0]); state == splitOpen {
				continue
			}
			if state == splitDone {
				return splitDone, nil
			}
		}
		if joined.Len() > len(line) {
			r.lines.back(start, joined.String()[len(line)+1:])
		}
		return splitBad, nil
	}
}

// row makes something of r.fields.
func (r *reader) row(line int) error {
	r.summary.Rows++
	if len(r.fields) > maxFields || r.header != nil && len(r.fields) != len(r.header) || len(r.fields) <= r.places.most {
		return r.reject(line, "", maskLine(strings.Join(r.fields[:min(len(r.fields), mostShown)], ",")), FieldCount)
	}
	one := row{line: uint32(line)}
	field, reason, created := r.dates(&one)
	if created != 0 {
		r.newest = max(r.newest, taxonomy.DayOf(created))
	}
	if r.opts.Keep != nil && !r.opts.Keep(Row{line, r.fields, r.header}) {
		r.summary.LeftOut++
		return nil
	}
	// The number comes first among the reasons: it is what the row is about.
	if n, why := r.number(strings.TrimSpace(r.fields[r.places.number])); why != Accepted {
		field, reason = r.places.number, why
	} else {
		one.number = n
	}
	if reason == Accepted {
		field, reason = r.label(&one)
	}
	if reason == Accepted {
		field, reason = r.count(&one)
	}
	if reason != Accepted {
		value := strings.TrimSpace(r.fields[field])
		if field == r.places.number {
			value = maskNumber(value)
		} else {
			value = maskText(value)
		}
		return r.reject(line, r.column(field), value, reason)
	}
	if len(r.labels) > maxLabels {
		return r.fail(line, fmt.Errorf("more than %d different labels: is column %s the right one for label?", maxLabels, r.column(r.places.label)))
	}
	r.summary.Accepted++
	r.labels[one.label].rows++
	if r.clamped {
		r.summary.Clamped++
	}
	r.rows = append(r.rows, one)
	return nil
}

// column names a column for messages.
func (r *reader) column(at int) string {
	switch {
	case at < len(r.header):
		return strings.TrimSpace(r.header[at])
	case r.mapping.lines:
		return "number"
	}
	return strconv.Itoa(at + 1)
}

// reject counts a row that is not used and tells of it; value is masked.
func (r *reader) reject(line int, field, value string, reason Reason) error {
	r.summary.Rejected[reason]++
	if r.opts.Rejected == nil {
		return nil
	}
	return r.opts.Rejected(Rejection{Line: line, Field: field, Value: value, Reason: reason})
}

// number reads a number as its country writes it; of several readings, the
// first.
func (r *reader) number(s string) (number.Number, Reason) {
	if s == "" {
		return number.Number{}, Blank
	}
	digits := digitsFrom(s, 0)
	if digits < len(s) && rounded(s) {
		return number.Number{}, Spreadsheet
	}
	if r.digits != 0 && digits == len(s) && digits != r.digits {
		return number.Number{}, OtherLength
	}
	c := r.dialled(s)
	n, ok := c.Number()
	if !ok {
		return number.Number{}, reasonOf(c)
	}
	if r.digits != 0 {
		if _, length := n.National(); length != r.digits || n.Country() != r.country {
			return number.Number{}, OtherLength
		}
	}
	return n, Accepted
}

// dates reads the times of a row. created is 0 if the row does not tell it.
func (r *reader) dates(one *row) (field int, reason Reason, created int64) {
	p := &r.places
	seen := p.seen
	if p.firstSeen >= 0 {
		seen = p.firstSeen
	}
	bad := 0
	r.clamped = false
	read := func(at int) int64 {
		if at < 0 {
			return 0
		}
		s := strings.TrimSpace(r.fields[at])
		if s == "" {
			return 0
		}
		t, ok := r.mapping.clock.parse(s)
		if !ok {
			bad = at + 1
		}
		return t
	}
	created, one.first, one.last = read(p.created), read(seen), read(p.lastSeen)
	if bad != 0 {
		return bad - 1, BadDate, created
	}
	told := max(seen, p.lastSeen) // the column to name when the times make no sense
	if told < 0 {
		told = p.created
	}
	one.first, one.last = firstOf(one.first, one.last, created), firstOf(one.last, one.first, created)
	if created != 0 && one.last > created {
		if !r.mapping.clamp {
			return told, BadDate, created
		}
		one.last = created
		one.first = min(one.first, created)
		r.clamped = true
	}
	if created == 0 {
		created = one.last
	}
	if r.mapping.Dated() && one.last == 0 || one.first > one.last {
		return told, BadDate, created
	}
	return 0, Accepted, created
}

// firstOf returns the first time that is told.
func firstOf(times ...int64) int64 {
	for _, t := range times {
		if t != 0 {
			return t
		}
	}
	return 0
}

func (r *reader) label(one *row) (field int, reason Reason) {
	text := r.mapping.label
	if r.places.label >= 0 {
		if text = strings.TrimSpace(r.fields[r.places.label]); len(text) > assertion.MaxLabel {
			return r.places.label, BadLabel
		}
	}
	i, known := r.byLabel[text]
	if !known {
		text = strings.Clone(text)
		category, mapped := r.mapping.Category(text)
		i = uint32(len(r.labels))
		r.labels = append(r.labels, label{text: text, category: category, mapped: mapped})
		r.byLabel[text] = i
	}
	one.label = i
	return 0, Accepted
}

func (r *reader) count(one *row) (field int, reason Reason) {
	switch r.mapping.count {
	case countNone:
		return 0, Accepted
	case countColumn:
		n, err := strconv.ParseUint(strings.TrimSpace(r.fields[r.places.count]), 10, 32)
		if err != nil || n == 0 {
			return r.places.count, BadCount
		}
		one.reports = uint32(n)
		return 0, Accepted
	case countRows:
	}
	one.reports = 1
	return 0, Accepted
}
