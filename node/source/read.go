package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ringfence/node/source/mapping"
	"ringfence/node/source/mask"
	"ringfence/node/source/table"
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

// FileError is why a file gives no delivery.
type FileError struct {
	File string
	Err  error // with the line, if it has one
}

// Error names the file.
func (e *FileError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }

// reader holds what reading one file needs.
type reader struct {
	mapping *mapping.Mapping
	opts    Options
	dialled Dialler
	country number.Country
	records *table.Reader
	header  []string
	places  mapping.Places
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
func Read(ctx context.Context, file io.Reader, m *mapping.Mapping, opts Options) (*Delivery, error) {
	r := &reader{mapping: m, opts: opts, byLabel: make(map[string]uint32)}
	if r.country = opts.Country; r.country == 0 {
		r.country = m.Country()
	}
	if r.country == 0 {
		return nil, r.fail(fmt.Errorf("mapping %s names no default country; say one", m.Name()))
	}
	var err error
	if r.dialled, err = opts.Dialler(r.country); err != nil {
		return nil, r.fail(fmt.Errorf("numbers of country %s: %w", r.country, err))
	}
	asOf := opts.AsOf
	if asOf == 0 {
		asOf = m.AsOf()
	}
	if !m.Dated() && asOf == 0 && opts.NewestOn == 0 {
		return nil, r.fail(fmt.Errorf("the file has no dates; say of which day it is with --as-of DATE, or as_of in the request or the mapping"))
	}
	r.records = table.NewReader(file, table.Config{Delimiter: m.Delimiter(), OnRead: opts.Progress})
	if err := r.all(ctx); err != nil {
		return nil, r.fail(err)
	}
	return r.deliver(asOf)
}

func (r *reader) fail(err error) error { return &FileError{r.opts.File, err} }

func (r *reader) all(ctx context.Context) error {
	if err := r.begin(); err != nil {
		return err
	}
	for {
		rec, err := r.records.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.record(rec)
		}
		if err != nil {
			return err
		}
		if r.summary.Rows&0xFFF == 0 && ctx.Err() != nil {
			return &table.LineError{Line: rec.Line, Err: context.Cause(ctx)}
		}
	}
	s := &r.summary
	s.Lines, s.BlankLines, s.Bytes, s.Unfinished = r.records.Line(), r.records.Blank(), r.records.Bytes(), r.records.Unfinished()
	if s.Rows == 0 {
		return fmt.Errorf("the file holds no rows")
	}
	return nil
}

// begin reads the header, if there is one, and finds the columns.
func (r *reader) begin() error {
	line := 0
	if r.mapping.Header() {
		rec, err := r.records.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the file is empty; a header was expected")
		}
		if err != nil {
			return err
		}
		line = rec.Line
		switch {
		case rec.Fault == table.LongLine:
			err = fmt.Errorf("the header has more than %d bytes; is it a CSV file with line ends?", table.MaxLine)
		case rec.Fault == table.BadQuote:
			err = fmt.Errorf("stray quotation mark in the header")
		case len(rec.Fields) > table.MaxFields:
			err = fmt.Errorf("more than %d columns", table.MaxFields)
		}
		if err != nil {
			return &table.LineError{Line: line, Err: err}
		}
		for _, name := range rec.Fields {
			r.header = append(r.header, strings.Clone(name))
		}
	}
	var err error
	if r.places, err = r.mapping.Places(r.header); err != nil {
		return &table.LineError{Line: line, Err: err}
	}
	return nil
}

func (r *reader) record(rec table.Record) error {
	r.summary.Rows++
	switch rec.Fault {
	case table.LongLine:
		return r.reject(rec.Line, "", mask.Line(rec.Raw), LongLine)
	case table.BadQuote:
		return r.reject(rec.Line, "", mask.Line(rec.Raw), BadQuote)
	case table.Sound:
	}
	r.fields = rec.Fields
	return r.row(rec.Line)
}

// row makes something of r.fields.
func (r *reader) row(line int) error {
	if len(r.fields) > table.MaxFields || r.header != nil && len(r.fields) != len(r.header) || len(r.fields) <= r.places.Most {
		return r.reject(line, "", mask.Line(strings.Join(r.fields[:min(len(r.fields), mask.MostShown)], ",")), FieldCount)
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
	if n, why := r.number(strings.TrimSpace(r.fields[r.places.Number])); why != Accepted {
		field, reason = r.places.Number, why
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
		if field == r.places.Number {
			value = mask.Number(value)
		} else {
			value = mask.Text(value)
		}
		return r.reject(line, r.column(field), value, reason)
	}
	if len(r.labels) > maxLabels {
		return &table.LineError{Line: line, Err: fmt.Errorf("more than %d different labels: is column %s the right one for label?", maxLabels, r.column(r.places.Label))}
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
	case r.mapping.Lines():
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
	digits := mask.DigitsFrom(s, 0)
	if digits < len(s) && mask.Rounded(s) {
		return number.Number{}, Spreadsheet
	}
	fixed := r.mapping.NationalDigits()
	if fixed != 0 && digits == len(s) && digits != fixed {
		return number.Number{}, OtherLength
	}
	c := r.dialled(s)
	n, ok := c.Number()
	if !ok {
		return number.Number{}, reasonOf(c)
	}
	if fixed != 0 {
		if _, length := n.National(); length != fixed || n.Country() != r.country {
			return number.Number{}, OtherLength
		}
	}
	return n, Accepted
}

// dates reads the times of a row. created is 0 if the row does not tell it.
func (r *reader) dates(one *row) (field int, reason Reason, created int64) {
	p := &r.places
	seen := p.Seen
	if p.FirstSeen >= 0 {
		seen = p.FirstSeen
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
		t, ok := r.mapping.Time(s)
		if !ok {
			bad = at + 1
		}
		return t
	}
	created, one.first, one.last = read(p.Created), read(seen), read(p.LastSeen)
	if bad != 0 {
		return bad - 1, BadDate, created
	}
	told := max(seen, p.LastSeen) // the column to name when the times make no sense
	if told < 0 {
		told = p.Created
	}
	one.first, one.last = firstOf(one.first, one.last, created), firstOf(one.last, one.first, created)
	if created != 0 && one.last > created {
		if !r.mapping.Clamps() {
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
	text := r.mapping.Label()
	if r.places.Label >= 0 {
		if text = strings.TrimSpace(r.fields[r.places.Label]); len(text) > assertion.MaxLabel {
			return r.places.Label, BadLabel
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
	switch r.mapping.Counting() {
	case mapping.CountNone:
		return 0, Accepted
	case mapping.CountColumn:
		n, err := strconv.ParseUint(strings.TrimSpace(r.fields[r.places.Count]), 10, 32)
		if err != nil || n == 0 {
			return r.places.Count, BadCount
		}
		one.reports = uint32(n)
		return 0, Accepted
	case mapping.CountRows:
	}
	one.reports = 1
	return 0, Accepted
}
