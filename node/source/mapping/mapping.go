// Package mapping reads the small files that say how a publisher's file is to be
// read: which column is the number, what a date looks like and in which zone,
// which of the publisher's words means which category, whether the file adds to
// what it said before or replaces it.
//
// What decides about people's telephone numbers should be legible to those who
// are asked about it. So a mapping is data with comments, not code; every key
// that no mapping has is an error, and so is every choice that would silently
// depend on the machine: a zone left out, a layout without a year, a column
// that might be one of two.
//
// Floor 10, a room of node/source. It reads no publisher's file itself.
package mapping

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringfence/configs"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/strictyaml"
	"ringfence/store/taxonomy"
)

// Version is the version of the mapping form that this package reads.
const Version = 1

// Mode says what a file means for what its publisher said before.
type Mode uint8

// The modes.
const (
	Reports  Mode = iota // each row is new: counts add to what stood
	Snapshot             // the file is the whole current view: counts replace
)

var modeWords = [...]string{Reports: "reports", Snapshot: "snapshot"}

// String returns the mapping's word.
func (m Mode) String() string {
	if int(m) < len(modeWords) {
		return modeWords[m]
	}
	return "mode(" + strconv.Itoa(int(m)) + ")"
}

// Counting says what a row counts for.
type Counting uint8

// The ways of counting.
const (
	CountRows   Counting = iota // n rows are n reports
	CountNone                   // repeated rows are one; nothing is counted
	CountColumn                 // a column holds the count
)

var countingWords = [...]string{CountRows: "rows", CountNone: "none", CountColumn: "column"}

// Mapping says how one kind of publisher's file is to be read. Only
// Read makes one; it does not change afterwards.
type Mapping struct {
	name, about    string
	mode           Mode
	count          Counting
	lines          bool // one number a line, no columns
	delimiter      byte
	header         bool
	country        number.Country
	nationalDigits int // 0: any
	clock          clock
	clamp          bool // a call later than its report is dated as the report
	columns        columns
	medium         assertion.Medium
	label          string
	category       taxonomy.Category
	labels         map[string]taxonomy.Category // by folded label
}

// Name returns the mapping's name.
func (m *Mapping) Name() string { return m.name }

// About returns what the mapping says it is for.
func (m *Mapping) About() string { return m.about }

// Mode returns what a file of this kind means for what was said before.
func (m *Mapping) Mode() Mode { return m.mode }

// Counting returns what a row counts for.
func (m *Mapping) Counting() Counting { return m.count }

// Lines reports whether the file is one number a line, without columns.
func (m *Mapping) Lines() bool { return m.lines }

// Delimiter returns what parts the columns; 0 when there are none.
func (m *Mapping) Delimiter() byte { return m.delimiter }

// Header reports whether the first record names the columns.
func (m *Mapping) Header() bool { return m.header }

// NationalDigits returns the one count of digits that numbers have in the
// file, without a country code; 0 for any.
func (m *Mapping) NationalDigits() int { return m.nationalDigits }

// Clamps reports whether a call that is dated later than the report about it
// is dated as the report; otherwise such a row is rejected.
func (m *Mapping) Clamps() bool { return m.clamp }

// Label returns the label of rows in a file without a column for it.
func (m *Mapping) Label() string { return m.label }

// Places finds the columns under a header, nil if the file has none.
func (m *Mapping) Places(header []string) (Places, error) { return m.columns.find(header) }

// Time reads a date as the file writes it, as Unix seconds. A date without a
// time is the first second of its day.
func (m *Mapping) Time(s string) (int64, bool) { return m.clock.parse(s) }

// AsOf returns the time that the mapping tells for undated rows; 0 if none.
func (m *Mapping) AsOf() int64 { return m.clock.asOf }

// Country returns the default country; 0 if the mapping leaves it to Options.
func (m *Mapping) Country() number.Country { return m.country }

// Medium returns what carried the calls or messages.
func (m *Mapping) Medium() assertion.Medium { return m.medium }

// Dated reports whether the rows carry dates. Of undated files the day must be
// told, by the mapping's as_of or by Options.
func (m *Mapping) Dated() bool { return m.columns.dated() }

// Category returns what label means. Runs of white space count as one space,
// and white space at the ends does not count. False means that the mapping
// does not know the label: it is taken for the default category.
func (m *Mapping) Category(label string) (taxonomy.Category, bool) {
	c, ok := m.labels[fold(label)]
	if !ok {
		return m.category, false
	}
	return c, true
}

// fold brings runs of white space to one space.
func fold(label string) string { return strings.Join(strings.Fields(label), " ") }

// mappingFile is the written form.
type mappingFile struct {
	Version        int               `yaml:"version"`
	Name           string            `yaml:"name"`
	About          string            `yaml:"about"`
	Mode           string            `yaml:"mode"`
	Count          string            `yaml:"count"`
	Format         string            `yaml:"format"`
	Encoding       string            `yaml:"encoding"`
	Delimiter      string            `yaml:"delimiter"`
	Header         *bool             `yaml:"header"`
	Country        uint16            `yaml:"country"`
	NationalDigits int               `yaml:"national_digits"`
	Zone           string            `yaml:"zone"`
	Dates          []string          `yaml:"dates"`
	AsOf           string            `yaml:"as_of"`
	AfterCreated   string            `yaml:"after_created"`
	Columns        columns           `yaml:"columns"`
	Medium         string            `yaml:"medium"`
	Label          string            `yaml:"label"`
	Category       string            `yaml:"category"`
	Labels         map[string]string `yaml:"labels"`
}

var mediumWords = [...]string{
	assertion.Voice: "voice", assertion.Video: "video", assertion.SMS: "sms", assertion.MMS: "mms", assertion.RCS: "rcs",
}

// Read reads a mapping in its written form, YAML as configs/mappings/README.md
// describes it. File names it in errors. Keys that no mapping has and
// categories that the taxonomy does not have are errors that name them.
func Read(file string, r io.Reader) (*Mapping, error) {
	var f mappingFile
	if err := strictyaml.Read(r, "mapping", &f); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	m, err := f.mapping()
	if err != nil {
		return nil, fmt.Errorf("%s: mapping: %w", file, err)
	}
	return m, nil
}

// shippedDir is where configs keeps the mappings that ship.
const shippedDir = "mappings"

// Shipped returns a mapping that ships with the program, by its name.
func Shipped(name string) (*Mapping, error) {
	if !slices.Contains(ShippedNames(), name) {
		return nil, fmt.Errorf("no mapping %q ships; there are %s", name, strings.Join(ShippedNames(), ", "))
	}
	file := path.Join(shippedDir, name+".yaml")
	text, err := configs.FS.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read shipped mapping: %w", err)
	}
	return Read(path.Join("configs", file), bytes.NewReader(text))
}

// ShippedNames returns the names that Shipped knows, in order.
func ShippedNames() []string {
	entries, err := configs.FS.ReadDir(shippedDir)
	if err != nil {
		return nil // the directory is embedded, so it is there
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			names = append(names, name)
		}
	}
	return names
}

func (f *mappingFile) mapping() (*Mapping, error) {
	m := &Mapping{name: f.Name, about: f.About, label: f.Label, nationalDigits: f.NationalDigits}
	steps := []struct {
		key string
		set func(*Mapping) error
	}{
		{"version", f.setVersion},
		{"name", f.setName},
		{"mode", f.setMode},
		{"format", f.setFormat},
		{"columns", f.setColumns},
		{"count", f.setCount},
		{"country", f.setCountry},
		{"dates", f.setClock},
		{"after_created", f.setClamp},
		{"labels", f.setLabels},
	}
	for _, s := range steps {
		if err := s.set(m); err != nil {
			return nil, fmt.Errorf("%s: %w", s.key, err)
		}
	}
	return m, nil
}

func (f *mappingFile) setVersion(*Mapping) error {
	if f.Version != Version {
		return fmt.Errorf("%d is not %d, the version that this program reads", f.Version, Version)
	}
	return nil
}

func (f *mappingFile) setName(*Mapping) error {
	if len(f.Name) < 1 || len(f.Name) > 32 || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("%q is not 1 to 32 of a-z, 0-9 and -", f.Name)
	}
	if len(f.About) > 200 {
		return fmt.Errorf("about has %d bytes; at most 200", len(f.About))
	}
	return nil
}

func (f *mappingFile) setMode(m *Mapping) error {
	i := slices.Index(modeWords[:], f.Mode)
	if i < 0 {
		return fmt.Errorf("%q is neither reports (each row is new) nor snapshot (the file is the whole view)", f.Mode)
	}
	m.mode = Mode(i)
	return nil
}

func (f *mappingFile) setFormat(m *Mapping) error {
	if e := strings.ToLower(f.Encoding); e != "" && e != "utf-8" {
		return fmt.Errorf("encoding %q is not read; convert the file to utf-8, for instance with iconv, and say utf-8", f.Encoding)
	}
	m.header = f.Header != nil && *f.Header
	m.delimiter = ','
	switch f.Format {
	case "lines":
		if m.header || f.Delimiter != "" {
			return fmt.Errorf("lines have neither header nor delimiter; say csv if the file has columns")
		}
		m.lines, m.delimiter = true, 0
		return nil
	case "csv":
	default:
		return fmt.Errorf("%q is neither csv nor lines", f.Format)
	}
	if f.Header == nil {
		return fmt.Errorf("header: say true if the first line names the columns, else false")
	}
	switch f.Delimiter {
	case "":
	case ",", ";", "\t", "|":
		m.delimiter = f.Delimiter[0]
	default:
		return fmt.Errorf("delimiter %q is not one of , ; | and tab", f.Delimiter)
	}
	return nil
}

func (f *mappingFile) setColumns(m *Mapping) error {
	m.columns = f.Columns
	if m.lines {
		if !m.columns.none() {
			return fmt.Errorf("lines have no columns; say format: csv")
		}
		m.columns.Number = column{place: 1}
		return nil
	}
	return m.columns.check(m.header)
}

func (f *mappingFile) setCount(m *Mapping) error {
	word := f.Count
	if word == "" && !m.columns.Count.none() {
		word = countingWords[CountColumn]
	}
	i := slices.Index(countingWords[:], word)
	if i < 0 {
		return fmt.Errorf("%q is not rows (n rows are n reports), none (repeated rows are one) or column", f.Count)
	}
	m.count = Counting(i)
	if (m.count == CountColumn) == m.columns.Count.none() {
		return fmt.Errorf("%s, but columns.count says otherwise", word)
	}
	return nil
}

func (f *mappingFile) setCountry(m *Mapping) error {
	m.country = number.Country(f.Country)
	if f.Country != 0 {
		// The shortest text that has f.Country as a country code and is long enough.
		if n, err := number.International(m.country.String() + "0000"); err != nil || n.Country() != m.country {
			return fmt.Errorf("%d is no assigned country calling code", f.Country)
		}
	}
	if m.nationalDigits < 0 || m.nationalDigits > number.MaxDigits-m.country.Len() {
		return fmt.Errorf("national_digits %d is outside 0 (any) to %d", m.nationalDigits, number.MaxDigits-m.country.Len())
	}
	return nil
}

func (f *mappingFile) setClock(m *Mapping) error {
	var err error
	m.clock, err = newClock(f.Zone, f.Dates)
	if err != nil {
		return err
	}
	if m.columns.dated() {
		if len(f.Dates) == 0 {
			return fmt.Errorf("the columns hold dates; say how they are written, for instance %q", time.DateOnly)
		}
		if f.AsOf != "" {
			return fmt.Errorf("as_of is for files without dates, and the columns hold dates")
		}
		return nil
	}
	if f.AsOf != "" {
		if m.clock.asOf, err = m.clock.day(f.AsOf); err != nil {
			return fmt.Errorf("as_of: %w", err)
		}
	}
	return nil
}

func (f *mappingFile) setClamp(m *Mapping) error {
	switch f.AfterCreated {
	case "", "reject":
	case "clamp":
		m.clamp = true
	default:
		return fmt.Errorf("%q is neither clamp nor reject", f.AfterCreated)
	}
	if f.AfterCreated != "" && m.columns.Created.none() {
		return fmt.Errorf("there is no column created")
	}
	return nil
}

func (f *mappingFile) setLabels(m *Mapping) error {
	if f.Medium != "" {
		i := slices.Index(mediumWords[:], f.Medium)
		if i < 0 {
			return fmt.Errorf("medium %q is not voice, video, sms, mms or rcs", f.Medium)
		}
		m.medium = assertion.Medium(i)
	}
	if len(f.Label) > assertion.MaxLabel {
		return fmt.Errorf("label has %d bytes; at most %d", len(f.Label), assertion.MaxLabel)
	}
	m.category = taxonomy.Untyped
	if f.Category != "" {
		var err error
		if m.category, err = taxonomy.ParseCategory(f.Category); err != nil {
			return fmt.Errorf("category: %w", err)
		}
	}
	m.labels = make(map[string]taxonomy.Category, len(f.Labels)+1)
	for _, label := range sortedKeys(f.Labels) {
		c, err := taxonomy.ParseCategory(f.Labels[label])
		if err != nil {
			return fmt.Errorf("%q: %w", label, err)
		}
		folded := fold(label)
		if was, twice := m.labels[folded]; twice && was != c {
			return fmt.Errorf("%q is given twice, as %s and %s", folded, was, c)
		}
		m.labels[folded] = c
	}
	if m.columns.Label.none() {
		if len(f.Labels) > 0 {
			return fmt.Errorf("there is no column label")
		}
		// The one label of such a file is known by definition.
		m.labels[fold(m.label)] = m.category
	}
	return nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
