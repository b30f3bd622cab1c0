package plan

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ringfence/store/number"
	"ringfence/store/plan/internal/forms"
	"ringfence/store/taxonomy"
)

// ParseText reads a plan as the project writes it, and the parser's table for
// its country. A line is a record; its fields are parted by semicolons and may
// be padded; # begins a comment line. Patterns are digits, x and classes such
// as [2-7]; lengths (9 or 9,10 or 3-6) count national digits.
//
//	country    ; 86
//	date       ; 2026-11-01
//	source     ; who says so
//	licence    ; under which licence
//	trunk      ; 0                        dialled before a national number
//	exit       ; 011                      dialled before an international one
//	carrier    ; 17951                    dialled before a whole number
//	subscriber ; [2-8]                    how numbers begin after an area code
//	form       ; KIND ; PATTERN ; LENGTHS KIND is number, service, local, branch or sms
//	area       ; CODE ; LENGTHS ; PROVINCE ; CITY
//	scope      ; PATTERN ; LENGTHS        what is listed completely
//	range      ; PATTERN ; LENGTHS ; CLASS ; HOLDER ; REGION
//	code       ; PATTERN ; LENGTHS ; CLASS ; HOLDER ; public
//
// Forms say how digits are read, ranges and codes what they are; an area is
// both. Of nested ranges the narrower one speaks. A number within the scope
// and in no range is unallocated; without a scope the plan says nothing of
// allocation.
func ParseText(r io.Reader) (*Plan, number.Table, error) {
	p := textParser{}
	err := lines(r, func(line int, s string) error {
		if s = strings.TrimSpace(s); s == "" || s[0] == '#' {
			return nil
		}
		f, err := fields(s)
		if err != nil {
			return err
		}
		p.line, p.fields = line, f
		return p.record()
	})
	if err != nil {
		return nil, number.Table{}, err
	}
	table, err := p.finish()
	if err != nil {
		return nil, number.Table{}, err
	}
	built, err := p.builder.build()
	return built, table, err
}

type textParser struct {
	builder    builder
	table      number.Table
	forms      []forms.Form
	areas      []forms.Area
	subscriber forms.Pattern

	line   int
	fields []string
}

// record takes one line.
func (p *textParser) record() error {
	kind, most := p.fields[0], 2
	switch kind {
	case "form", "code", "range":
		most = 6
	case "area":
		most = 5
	case "scope":
		most = 3
	}
	if len(p.fields) > most {
		return fmt.Errorf("field %d: a %q line has at most %d fields", most+1, clip(kind), most)
	}
	if p.builder.meta.Country == 0 && kind != "country" {
		return fmt.Errorf("field 1: %q before the country; the first line says \"country ; 86\"", clip(kind))
	}
	switch kind {
	case "country", "date", "source", "licence":
		return p.head(kind, p.field(1))
	case "trunk":
		p.table.Trunk = p.field(1)
	case "exit":
		p.table.Exit = append(p.table.Exit, p.field(1))
	case "carrier":
		p.table.Carriers = append(p.table.Carriers, p.field(1))
	case "subscriber":
		var err error
		p.subscriber, err = p.pattern(1)
		return err
	case "form":
		return p.form()
	case "area":
		return p.area()
	case "scope":
		prefixes, counts, err := p.shape()
		if err != nil {
			return err
		}
		return p.builder.scope(prefixes, counts)
	case "range", "code":
		return p.ranges(kind == "code")
	default:
		return fmt.Errorf("field 1: %q is no record; want country, date, source, licence, trunk, exit, carrier, subscriber, form, area, scope, range or code", clip(kind))
	}
	return nil
}

// field returns a field, "" when the line is shorter.
func (p *textParser) field(i int) string {
	if i < len(p.fields) {
		return p.fields[i]
	}
	return ""
}

func (p *textParser) head(kind, s string) error {
	m := &p.builder.meta
	switch kind {
	case "country":
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 || m.Country != 0 {
			return fmt.Errorf("field 2: %q is no country code, or it was given before", clip(s))
		}
		m.Country = number.Country(n)
	case "date":
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return fmt.Errorf("field 2: %q is no date; want 2026-11-24", clip(s))
		}
		m.Date = taxonomy.DayOf(day.Unix())
	case "source":
		m.Source = s
	case "licence":
		m.Licence = s
	}
	return nil
}

func (p *textParser) pattern(i int) (forms.Pattern, error) {
	got, err := forms.ParsePattern(p.field(i))
	if err != nil {
		return got, fmt.Errorf("field %d: pattern %w", i+1, err)
	}
	return got, nil
}

func (p *textParser) lengths(i int) ([]int, error) {
	got, err := lengths(p.field(i))
	if err != nil {
		return nil, fmt.Errorf("field %d: %w", i+1, err)
	}
	return got, nil
}

// shape reads a pattern in field 2 and lengths in field 3.
func (p *textParser) shape() (prefixes []string, counts []int, err error) {
	pat, err := p.pattern(1)
	if err != nil {
		return nil, nil, err
	}
	if prefixes, err = pat.Expand(); err != nil {
		return nil, nil, fmt.Errorf("field 2: pattern %w", err)
	}
	counts, err = p.lengths(2)
	return prefixes, counts, err
}

// senseOf reads the kind of a form; 0 if it is none.
func senseOf(kind string) number.Sense {
	switch kind {
	case "number":
		return number.SenseNumber
	case "service":
		return number.SenseService
	case "local":
		return number.SenseLocal
	case "branch":
		return number.SenseBranch
	case "sms":
		return number.SenseSMS
	}
	return 0
}

func (p *textParser) form() error {
	sense := senseOf(p.field(1))
	if sense == 0 {
		return fmt.Errorf("field 2: %q is no kind of form; want number, service, local, branch or sms", clip(p.field(1)))
	}
	pat, err := p.pattern(2)
	if err != nil {
		return err
	}
	counts, err := p.lengths(3)
	if err != nil {
		return err
	}
	if counts[0] < pat.Len() || sense != number.SenseSMS && counts[len(counts)-1] > number.MaxDigits-p.builder.meta.Country.Len() {
		return fmt.Errorf("field 4: so many digits do not fit the pattern or a telephone number")
	}
	for _, run := range runs(counts) {
		p.forms = append(p.forms, forms.Form{Pattern: pat, Min: run[0], Max: run[1], Sense: sense})
	}
	return nil
}

func (p *textParser) area() error {
	pat, err := p.pattern(1)
	if err != nil {
		return err
	}
	counts, err := p.lengths(2)
	if err != nil {
		return err
	}
	province, err := strconv.ParseUint(p.field(3), 10, 8)
	if err != nil || ProvinceName(int(province)) == "" {
		return fmt.Errorf("field 4: %q is no GB/T 2260 province code", clip(p.field(3)))
	}
	if p.subscriber.Len() == 0 {
		return fmt.Errorf("field 1: an area before the \"subscriber\" line")
	}
	for _, run := range runs(counts) {
		p.areas = append(p.areas, forms.Area{Code: pat, Min: run[0], Max: run[1], Province: uint8(province)})
	}
	for i := range counts {
		counts[i] += pat.Len()
	}
	prefixes, err := pat.Then(p.subscriber).Expand()
	if err != nil {
		return fmt.Errorf("field 2: pattern %w", err)
	}
	return p.builder.add(p.line, false, prefixes, counts, value{
		class: Landline, province: uint8(province), region: regionName(int(province), p.field(4)),
	})
}

func (p *textParser) ranges(service bool) error {
	prefixes, counts, err := p.shape()
	if err != nil {
		return err
	}
	v := value{holder: p.field(4)}
	if err := v.class.UnmarshalText([]byte(p.field(3))); err != nil {
		return fmt.Errorf("field 4: %w", err)
	}
	if err := text(v.holder); err != nil {
		return fmt.Errorf("field 5: %w", err)
	}
	switch last := p.field(5); {
	case !service:
		v.region = last
	case last == "public":
		v.public = true
	case last != "":
		return fmt.Errorf("field 6: %q; a code is \"public\" or nothing", clip(last))
	}
	if err := text(v.region); err != nil {
		return fmt.Errorf("field 6: %w", err)
	}
	if len(p.builder.rows) > maxRows {
		return fmt.Errorf("more than %d ranges", maxRows)
	}
	return p.builder.add(p.line, service, prefixes, counts, v)
}

// finish makes the parser's table. A plan without forms has none.
func (p *textParser) finish() (number.Table, error) {
	p.table.Country = p.builder.meta.Country
	if len(p.forms)+len(p.areas) == 0 {
		return number.Table{}, nil
	}
	all := forms.WithAreas(p.forms, p.areas, p.subscriber)
	p.table.Shortest = number.MaxDigits
	for _, f := range all {
		if f.Sense == number.SenseNumber {
			p.table.Shortest = min(p.table.Shortest, f.Min)
		}
	}
	nodes, err := forms.Compile(all)
	p.table.Nodes = nodes
	return p.table, err
}
