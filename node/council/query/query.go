// Package query reads a question about the entries of the list, as one types it to
// propose many of them at once: class=crm groups>=2 action=label.
//
// A query is conditions with blanks between them, all of which an entry must meet. A
// condition is a field, an operator and a value; after = and != several values may stand
// with commas between them, of which one must be, or none:
//
//	class=crm,har            the class of the entry
//	category=crm.fraud       the category, or all that begin so
//	action=label             allow, label or block
//	number=+86138*/13        lies in this range, or is this number
//	holder=mno               the member in whose range it lies; "nobody"
//	groups>=2                independence groups that speak for its class
//	score>=800               of its class, permille
//	contested=no             yes or no, as are the next three
//	protected=no
//	reassigned=no
//	ratified=no              a ratified entry decides; no if it is not said
//
// Numbers take =, !=, <, <=, > and >=; the others = and !=.
//
// Floor 12, a room of node/council. It knows no list: who asks brings the entries.
package query

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ringfence/store/number"
	"ringfence/store/strictyaml"
	"ringfence/store/taxonomy"
)

// Bounds of a query.
const (
	MaxLength     = 4096 // bytes
	MaxConditions = 32
	MaxValues     = 64 // of one condition
)

// Entry is what is asked about.
type Entry struct {
	Key   number.Range
	Entry taxonomy.Entry
	// More tells what costs more to know; it is asked at most once.
	More func() More
}

// More is the rest of what is known of an entry.
type More struct {
	Groups     int    // independence groups that speak for its class
	Score      uint16 // permille
	Holder     string // member, "" for nobody
	Protected  bool
	Reassigned bool
}

// Query is a question. The zero Query is met by what no ratified entry decides.
type Query struct {
	conditions []condition // the cheap ones first
}

type condition struct {
	costly bool
	meets  func(*Entry, *More) bool
}

// Meets reports whether an entry meets all conditions.
func (q *Query) Meets(e *Entry) bool {
	var more More
	asked := false
	for i := range q.conditions {
		c := &q.conditions[i]
		if c.costly && !asked {
			more, asked = e.More(), true
		}
		if !c.meets(e, &more) {
			return false
		}
	}
	return true
}

// Error says what is wrong with which condition.
type Error struct{ Condition, Why string }

// Error returns the words.
func (e *Error) Error() string { return fmt.Sprintf("%q: %s", e.Condition, e.Why) }

// Parse reads a query.
func Parse(text string) (Query, error) {
	if len(text) > MaxLength {
		return Query{}, &Error{text[:32] + "…", fmt.Sprintf("the query has %d bytes; at most %d", len(text), MaxLength)}
	}
	fields := strings.Fields(text)
	switch {
	case len(fields) == 0:
		return Query{}, &Error{text, "it asks for nothing; class=crm groups>=2 is one"}
	case len(fields) > MaxConditions:
		return Query{}, &Error{text, fmt.Sprintf("%d conditions; at most %d", len(fields), MaxConditions)}
	}
	var cheap, costly []condition
	ratified := false
	for _, f := range fields {
		c, name, err := parse(f)
		if err != nil {
			return Query{}, err
		}
		ratified = ratified || name == "ratified"
		if c.costly {
			costly = append(costly, c)
		} else {
			cheap = append(cheap, c)
		}
	}
	if !ratified {
		cheap = append(cheap, condition{meets: func(e *Entry, _ *More) bool { return !e.Entry.Ratified }})
	}
	return Query{append(cheap, costly...)}, nil
}

// operators, the longer ones first.
var operators = [...]string{"!=", "<=", ">=", "=", "<", ">"}

func parse(text string) (c condition, name string, err error) {
	at := strings.IndexAny(text, "!<>=")
	if at <= 0 {
		return c, "", &Error{text, "want a field, an operator and a value, as in class=crm"}
	}
	name = text[:at]
	op := ""
	for _, o := range operators {
		if strings.HasPrefix(text[at:], o) {
			op = o
			break
		}
	}
	value := strings.TrimPrefix(text[at:], op)
	if op == "" || value == "" {
		return c, "", &Error{text, "want a field, an operator and a value, as in class=crm"}
	}
	switch name {
	case "groups":
		c, err = count(text, op, value, func(m *More) int { return m.Groups })
	case "score":
		c, err = count(text, op, value, func(m *More) int { return int(m.Score) })
	case "class", "category", "action", "number", "holder", "contested", "protected", "reassigned", "ratified":
		c, err = among(text, name, op, value)
	default:
		return c, "", &Error{text, "no such field" + strictyaml.Hint(name, []string{"class", "category", "action", "number", "holder", "groups", "score", "contested", "protected", "reassigned", "ratified"})}
	}
	return c, name, err
}

// count compares a number.
func count(text, op, value string, of func(*More) int) (condition, error) {
	want, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		return condition{}, &Error{text, fmt.Sprintf("%q is no whole number up to 65535", value)}
	}
	n := int(want)
	return condition{costly: true, meets: func(_ *Entry, m *More) bool {
		got := of(m)
		switch op {
		case "=":
			return got == n
		case "!=":
			return got != n
		case "<":
			return got < n
		case "<=":
			return got <= n
		case ">":
			return got > n
		}
		return got >= n
	}}, nil
}

// among compares with one value of several.
func among(text, name, op, value string) (condition, error) {
	if op != "=" && op != "!=" {
		return condition{}, &Error{text, name + " takes = and != alone"}
	}
	values := strings.Split(value, ",")
	if len(values) > MaxValues {
		return condition{}, &Error{text, fmt.Sprintf("%d values; at most %d", len(values), MaxValues)}
	}
	var any []func(*Entry, *More) bool
	costly := false
	for _, v := range values {
		one, dear, err := value1(name, v)
		if err != nil {
			return condition{}, &Error{text, err.Error()}
		}
		any, costly = append(any, one), costly || dear
	}
	return condition{costly, func(e *Entry, m *More) bool {
		for _, one := range any {
			if one(e, m) {
				return op == "="
			}
		}
		return op == "!="
	}}, nil
}

// value1 is a condition of one value, and whether it costs more to know.
func value1(name, v string) (meets func(*Entry, *More) bool, costly bool, err error) {
	switch name {
	case "class":
		return class(v)
	case "category":
		return category(v)
	case "action":
		var a taxonomy.Action
		if err := a.UnmarshalText([]byte(v)); err != nil {
			return nil, false, err
		}
		return func(e *Entry, _ *More) bool { return e.Entry.Action == a }, false, nil
	case "number":
		r, err := number.ParseRange(v)
		if err != nil {
			return nil, false, plainly(err, v)
		}
		return func(e *Entry, _ *More) bool { return r.Covers(e.Key) }, false, nil
	case "holder":
		if v == "nobody" {
			v = ""
		}
		return func(_ *Entry, m *More) bool { return m.Holder == v }, true, nil
	}
	want := v == "yes"
	if !want && v != "no" {
		return nil, false, fmt.Errorf("%q is neither yes nor no", v)
	}
	switch name {
	case "contested":
		return func(e *Entry, _ *More) bool { return e.Entry.Contested == want }, false, nil
	case "ratified":
		return func(e *Entry, _ *More) bool { return e.Entry.Ratified == want }, false, nil
	case "protected":
		return func(_ *Entry, m *More) bool { return m.Protected == want }, true, nil
	}
	return func(_ *Entry, m *More) bool { return m.Reassigned == want }, true, nil
}

// plainly words why a text is no range for who wrote it: nothing of it is masked.
func plainly(err error, v string) error {
	said := strings.TrimPrefix(err.Error(), "number: ")
	if _, after, ok := strings.Cut(strings.TrimPrefix(said, `"`), `"`); ok && strings.HasPrefix(said, `"`) {
		said = strconv.Quote(v) + after
	}
	return errors.New(said)
}

func class(v string) (func(*Entry, *More) bool, bool, error) {
	var names []string
	for c := taxonomy.Crm; int(c) < taxonomy.NumClasses; c++ {
		if c.String() == v {
			return func(e *Entry, _ *More) bool { return e.Entry.Class == c }, false, nil
		}
		names = append(names, c.String())
	}
	return nil, false, fmt.Errorf("%q is no class%s", v, strictyaml.Hint(v, names))
}

// category is one category, or all whose names begin with its parts.
func category(v string) (func(*Entry, *More) bool, bool, error) {
	var names []string
	found := make(map[taxonomy.Category]bool)
	for _, c := range taxonomy.Categories() {
		name := c.String()
		if name == v || strings.HasPrefix(name, v+".") {
			found[c] = true
		}
		names = append(names, name)
	}
	if len(found) == 0 {
		return nil, false, fmt.Errorf("%q is no category, nor the beginning of some%s", v, strictyaml.Hint(v, names))
	}
	return func(e *Entry, _ *More) bool { return found[e.Entry.Category] }, false, nil
}
