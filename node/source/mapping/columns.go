package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"ringfence/node/source/mask"
	"ringfence/node/source/table"
)

// column names a column: by the names that its header may have, or by its
// place from 1 in a file without a header. The zero column is none.
type column struct {
	names []string
	place int
}

func (c column) none() bool { return c.place == 0 && len(c.names) == 0 }

// String returns what messages call the column.
func (c column) String() string {
	if len(c.names) > 0 {
		return strings.Join(c.names, " or ")
	}
	return strconv.Itoa(c.place)
}

// UnmarshalYAML reads a name, a list of names, or a place.
func (c *column) UnmarshalYAML(node *yaml.Node) error {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!int":
		place, err := strconv.Atoi(node.Value)
		if err != nil || place < 1 || place > table.MaxFields {
			return fmt.Errorf("line %d: a column's place is 1 to %d", node.Line, table.MaxFields)
		}
		c.place = place
		return nil
	case node.Kind == yaml.ScalarNode:
		c.names = []string{node.Value}
	case node.Kind == yaml.SequenceNode:
		if err := node.Decode(&c.names); err != nil {
			return err
		}
	default:
		return fmt.Errorf("line %d: a column is a name, a list of names, or a place from 1", node.Line)
	}
	for _, n := range c.names {
		if strings.TrimSpace(n) == "" {
			return fmt.Errorf("line %d: a column's name is blank", node.Line)
		}
	}
	return nil
}

// columns says what the columns of a file hold.
type columns struct {
	Number    column `yaml:"number"`
	Seen      column `yaml:"seen"`       // the one time of the observation
	FirstSeen column `yaml:"first_seen"` // or its beginning
	LastSeen  column `yaml:"last_seen"`  // and end
	Created   column `yaml:"created"`    // when the report was made
	Label     column `yaml:"label"`
	Count     column `yaml:"count"`
}

// namedColumn is a column with its key in the mapping.
type namedColumn struct {
	key string
	column
}

func (c *columns) all() []namedColumn {
	return []namedColumn{
		{"number", c.Number}, {"seen", c.Seen}, {"first_seen", c.FirstSeen}, {"last_seen", c.LastSeen},
		{"created", c.Created}, {"label", c.Label}, {"count", c.Count},
	}
}

func (c *columns) none() bool {
	for _, one := range c.all() {
		if !one.none() {
			return false
		}
	}
	return true
}

func (c *columns) dated() bool {
	return !c.Seen.none() || !c.FirstSeen.none() || !c.LastSeen.none() || !c.Created.none()
}

func (c *columns) check(header bool) error {
	for _, one := range c.all() {
		switch {
		case one.none():
		case header && one.place != 0:
			return fmt.Errorf("%s: the file has a header; name the column instead of %d", one.key, one.place)
		case !header && one.place == 0:
			return fmt.Errorf("%s: the file has no header; give the place of %q, from 1", one.key, one.column)
		}
	}
	switch {
	case c.Number.none():
		return fmt.Errorf("number: say which column holds the numbers")
	case c.FirstSeen.none() != c.LastSeen.none():
		return fmt.Errorf("first_seen and last_seen go together; a file with one time a row has seen")
	case !c.Seen.none() && !c.FirstSeen.none():
		return fmt.Errorf("seen is for files with one time a row, first_seen and last_seen for those with two")
	}
	return nil
}

// Places holds where the columns of one file are, from 0; -1 for none.
type Places struct {
	Number, Seen, FirstSeen, LastSeen, Created, Label, Count int
	Most                                                     int // the largest of them
}

// find locates the columns under header, or takes their places if it is nil.
func (c *columns) find(header []string) (Places, error) {
	var p Places
	at := [...]*int{&p.Number, &p.Seen, &p.FirstSeen, &p.LastSeen, &p.Created, &p.Label, &p.Count}
	for i, one := range c.all() {
		place, err := one.locate(header)
		if err != nil {
			return Places{}, fmt.Errorf("column %s: %w", one.key, err)
		}
		*at[i] = place
		p.Most = max(p.Most, place)
	}
	return p, nil
}

func (c column) locate(header []string) (int, error) {
	if c.none() {
		return -1, nil
	}
	if c.place > 0 {
		return c.place - 1, nil
	}
	at := -1
	for i, h := range header {
		for _, n := range c.names {
			if !strings.EqualFold(strings.TrimSpace(h), strings.TrimSpace(n)) {
				continue
			}
			if at >= 0 {
				return 0, fmt.Errorf("the header has both %q and %q", header[at], h)
			}
			at = i
		}
	}
	if at < 0 {
		return 0, fmt.Errorf("the header has no %s; it has %s: is it the right mapping?", c, quoteSome(header))
	}
	return at, nil
}

// quoteSome lists the first of a header's names for a message.
func quoteSome(names []string) string {
	const most = 12
	quoted := make([]string, 0, most+1)
	for i, n := range names {
		if i == most {
			quoted = append(quoted, "…")
			break
		}
		quoted = append(quoted, strconv.Quote(mask.Text(n)))
	}
	return strings.Join(quoted, ", ")
}
