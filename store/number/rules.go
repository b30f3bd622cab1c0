package number

import (
	"fmt"
	"slices"
)

// Sense is what a row of national digits may be: a set of the bits below.
type Sense uint8

// The senses of national digits.
const (
	SenseNumber      Sense = 1 << iota // a national significant number
	SenseService                       // a service code of the whole country
	SenseLocal                         // a service code that each province has for itself
	SenseSMS                           // a code that only short messages may carry
	SenseAreaLocal                     // an area code, then a province-local code
	SenseAreaService                   // an area code, then a country-wide code: no such number
	SenseBranch                        // the same, of a code that lists write so
)

// Node is one state of a Table's automaton, reached by the digits read so far.
type Node struct {
	Next     [10]uint16 // the state after each further digit; 0 where nothing follows
	Sense    Sense      // of the digits read so far
	Area     uint8      // with SenseAreaLocal and SenseBranch: digits of the area code
	Province uint8      // with SenseAreaLocal: the area's GB/T 2260 code, 0 if not known
}

// Table is what the parser knows of one country. The forms of its numbers are
// an automaton, so that one walk over the digits tells all that they may be.
type Table struct {
	Country  Country
	Trunk    string   // dialled before a national number: "0"; "" for none
	Exit     []string // dialled before an international number; 00 always counts
	Carriers []string // selection codes dialled before a whole number: 17951
	Shortest int      // digits of the shortest national significant number
	Nodes    []Node   // state 0 is the end, state 1 the start
}

// Fallback reads digits of a country without a Table: as dialled inside it
// when dialled is true, else as its national significant number. It returns
// false unless they form a valid number there.
type Fallback func(c Country, digits string, dialled bool) (Number, bool)

// RulesConfig is what Rules are made of.
type RulesConfig struct {
	Country  Country  // whose national forms are understood; 0 for none
	Tables   []Table  // at most one a country
	Fallback Fallback // may be nil
}

// Rules read numbers as people and networks write them, under a default
// country. They are immutable and safe for concurrent use; package plan makes
// them from numbering plans.
type Rules struct {
	country  Country
	province int // of the caller, 0 when not known
	tables   []Table
	fallback Fallback
}

// NewRules checks the tables, which it keeps: they must not change afterwards.
func NewRules(cfg RulesConfig) (*Rules, error) {
	r := &Rules{country: cfg.Country, fallback: cfg.Fallback}
	for _, t := range cfg.Tables {
		if r.table(t.Country) != nil {
			return nil, fmt.Errorf("number: two tables for country %s", t.Country)
		}
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("number: table of country %s: %w", t.Country, err)
		}
		t.Exit = append(slices.Clone(t.Exit), "00")
		r.tables = append(r.tables, t)
	}
	return r, nil
}

func (t *Table) check() error {
	code := t.Country.String()
	if t.Country == 0 || countryOf(uint64(t.Country), len(code)) != t.Country {
		return fmt.Errorf("%s is no assigned country code", code)
	}
	if len(t.Nodes) < 2 {
		return fmt.Errorf("the automaton has %d states, not the end and the start", len(t.Nodes))
	}
	for i := range t.Nodes {
		for digit, next := range t.Nodes[i].Next {
			if int(next) >= len(t.Nodes) || i == 0 && next != 0 {
				return fmt.Errorf("state %d leads by digit %d to state %d of %d", i, digit, next, len(t.Nodes))
			}
		}
		if t.Nodes[i].Province > maxProvince {
			return fmt.Errorf("state %d: province %d is outside 0 to %d", i, t.Nodes[i].Province, maxProvince)
		}
	}
	for _, prefix := range slices.Concat([]string{t.Trunk}, t.Exit, t.Carriers) {
		for i := range len(prefix) {
			if !isDigit(prefix[i]) {
				return fmt.Errorf("prefix %q is not digits", prefix)
			}
		}
	}
	return nil
}

// Country returns the default country.
func (r *Rules) Country() Country { return r.country }

// Under returns the same rules with another default country.
func (r *Rules) Under(c Country) *Rules {
	under := *r
	under.country, under.province = c, 0
	return &under
}

// In returns rules for a caller in the province of the given GB/T 2260 code:
// a province-local code without area code is first read as that province's.
// Codes outside 1 to 99 forget the province.
func (r *Rules) In(province int) *Rules {
	in := *r
	in.province = province
	if province < 0 || province > maxProvince {
		in.province = 0
	}
	return &in
}

// table returns the country's table, nil if there is none. The tables are few.
func (r *Rules) table(c Country) *Table {
	for i := range r.tables {
		if r.tables[i].Country == c {
			return &r.tables[i]
		}
	}
	return nil
}

// sense walks the automaton over d.
func (t *Table) sense(d []byte) *Node {
	state := uint16(1)
	for _, c := range d {
		state = t.Nodes[state].Next[c-'0']
	}
	return &t.Nodes[state]
}

// readable are the senses that are something by themselves.
const readable = SenseNumber | SenseService | SenseLocal | SenseSMS | SenseAreaLocal

// reads reports whether d is something in the country.
func (t *Table) reads(d []byte) bool { return t.sense(d).Sense&readable != 0 }

// cutTrunk cuts the trunk prefix off d, if the country has one.
func (t *Table) cutTrunk(d []byte) ([]byte, bool) {
	if t.Trunk == "" {
		return d, false
	}
	return cutPrefix(d, t.Trunk)
}

// doubled reports a country code too many before what the country reads: the
// code itself, once more, or with the trunk prefix behind it.
func (t *Table) doubled(d []byte) bool {
	rest, ok := t.cutCode(d)
	if !ok {
		return false
	}
	if t.reads(rest) {
		return true
	}
	if again, ok := t.cutCode(rest); ok && t.reads(again) {
		return true
	}
	after, ok := t.cutTrunk(rest)
	return ok && t.reads(after)
}

func (t *Table) cutCode(d []byte) ([]byte, bool) {
	n := t.Country.Len()
	if len(d) < n || value(d[:n]) != uint64(t.Country) {
		return d, false
	}
	return d[n:], true
}

// carried reports a carrier's selection code before what the country reads.
func (t *Table) carried(d []byte) bool {
	for _, code := range t.Carriers {
		if rest, ok := cutPrefix(d, code); ok {
			rest, _ = t.cutTrunk(rest)
			if t.reads(rest) {
				return true
			}
		}
	}
	return false
}

// pack makes the Number of national digits; false when they are too many.
func (t *Table) pack(service bool, province int, d []byte) (Number, bool) {
	length := t.Country.Len() + len(d)
	if len(d) == 0 || length > MaxDigits {
		return Number{}, false
	}
	return pack(service, province, length, uint64(t.Country)*pow10[len(d)]+value(d)), true
}

func cutPrefix(d []byte, prefix string) ([]byte, bool) {
	if len(d) < len(prefix) || string(d[:len(prefix)]) != prefix {
		return d, false
	}
	return d[len(prefix):], true
}

// value returns digits as an integer; at most 19 of them fit.
func value(d []byte) uint64 {
	var v uint64
	for _, c := range d {
		v = v*10 + uint64(c-'0')
	}
	return v
}
