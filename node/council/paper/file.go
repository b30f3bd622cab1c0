// Package paper is what a proposal looks like before it is signed, and where a motion
// says of which proposal it is a part: files of items, with the line of each, and the
// words at the end of a reason.
//
// Floor 12, a room of node/council. It reads bytes and knows no ledger.
package paper

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"ringfence/node/api"
	"ringfence/store/strictyaml"
)

// The columns of a CSV file of items: those of ratify, or the one of revoke and stay.
var ratifyColumns = []string{"number", "action", "category", "grounds", "citations"}

const entryColumn = "entry"

// Placed is an item with its place in what was asked, for messages.
type Placed struct {
	api.ProposedItem
	Line int // of the file; 0: there is none
}

// Filed is what a file of items says.
type Filed struct {
	Items   []Placed
	Entries []string
	Lines   []int // of Entries; 0 of those that have none
}

// readTable reads a CSV file of items under its head.
func readTable(p *api.Proposal) (f Filed, err error) {
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(p.File, "\ufeff")))
	in.FieldsPerRecord = -1
	in.TrimLeadingSpace = true
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return f, api.Errorf(api.BadInput, "%s: no head: want a line with %s, or with %s", NameOf(p), strings.Join(ratifyColumns, ","), entryColumn)
	}
	columns := slices.Clone(head)
	for i, c := range columns {
		columns[i] = strings.ToLower(strings.TrimSpace(c))
		if !slices.Contains(ratifyColumns, columns[i]) && columns[i] != entryColumn {
			return f, api.Errorf(api.BadInput, "%s: line 1: no column is called %q%s%s", NameOf(p), columns[i], separated(head), strictyaml.Hint(columns[i], append([]string{entryColumn}, ratifyColumns...)))
		}
		if slices.Contains(columns[:i], columns[i]) {
			return f, api.Errorf(api.BadInput, "%s: line 1: column %q stands twice", NameOf(p), columns[i])
		}
	}
	if slices.Contains(columns, "number") == slices.Contains(columns, entryColumn) {
		return f, api.Errorf(api.BadInput, "%s: line 1: want a column number, or one called %s", NameOf(p), entryColumn)
	}
	if len(columns) > 1 && slices.Contains(columns, entryColumn) {
		return f, api.Errorf(api.BadInput, "%s: line 1: the column %s stands alone: what is revoked or stayed takes nothing else", NameOf(p), entryColumn)
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		var broken *csv.ParseError
		switch {
		case errors.As(err, &broken):
			return f, api.Errorf(api.BadInput, "%s: line %d: %v", NameOf(p), broken.Line, broken.Err)
		case err != nil:
			return f, err
		}
		line, _ := in.FieldPos(0)
		switch {
		case len(record) > len(columns):
			return f, api.Errorf(api.BadInput, "%s: line %d: %d fields under a head of %d", NameOf(p), line, len(record), len(columns))
		case len(f.Items)+len(f.Entries) >= api.MaxProposalItems:
			return f, TooMany(p)
		}
		f.add(columns, record, line)
	}
}

// separated says that a head has other marks between its columns than commas, if it has.
func separated(head []string) string {
	name := ""
	switch {
	case len(head) != 1:
	case strings.Contains(head[0], ";"):
		name = "semicolons"
	case strings.Contains(head[0], "\t"):
		name = "tabs"
	}
	if name == "" {
		return ""
	}
	return ": its columns are separated by " + name + ", and commas are wanted"
}

func (f *Filed) add(columns, record []string, line int) {
	one := Placed{Line: line}
	for i, cell := range record {
		cell = strings.TrimSpace(cell)
		switch columns[i] {
		case entryColumn:
			f.Entries, f.Lines = append(f.Entries, cell), append(f.Lines, line)
			return
		case "number":
			one.Number = cell
		case "action":
			one.Action = cell
		case "category":
			one.Category = cell
		case "grounds":
			one.Grounds = cell
		case "citations":
			one.Citations = strings.Fields(cell)
		}
	}
	f.Items = append(f.Items, one)
}

// document is a YAML file of items. It may say for itself what flags say.
type document struct {
	Kind     string         `yaml:"kind"`
	Until    string         `yaml:"until,omitempty"`
	Reason   string         `yaml:"reason,omitempty"`
	Items    []documentItem `yaml:"items,omitempty"`
	Entries  []string       `yaml:"entries,omitempty"`
	BuildsOn uint64         `yaml:"builds_on,omitempty"`
	Articles []string       `yaml:"articles,omitempty"`
	Proofs   []string       `yaml:"proofs,omitempty"`
}

type documentItem struct {
	Number    string   `yaml:"number"`
	Action    string   `yaml:"action,omitempty"`
	Category  string   `yaml:"category,omitempty"`
	Grounds   string   `yaml:"grounds,omitempty"`
	Citations []string `yaml:"citations,omitempty"`
}

// readDocument reads a YAML file of items into a proposal; what the proposal says
// already stands.
func readDocument(p *api.Proposal) (f Filed, err error) {
	var d document
	if err := strictyaml.Read(strings.NewReader(p.File), "proposal", &d); err != nil {
		return f, api.Errorf(api.BadInput, "%s: %v", NameOf(p), err)
	}
	for _, one := range []struct {
		name, said string
		given      *string
	}{{"kind", d.Kind, &p.Kind}, {"until", d.Until, &p.Until}, {"reason", d.Reason, &p.Reason}} {
		switch {
		case *one.given == "":
			*one.given = one.said
		case one.said != "" && one.said != *one.given:
			return f, api.Errorf(api.BadInput, "%s: %s: the file says %q, and you %q", NameOf(p), one.name, one.said, *one.given)
		}
	}
	if len(d.Items)+len(d.Entries) > api.MaxProposalItems {
		return f, TooMany(p)
	}
	lines := strictyaml.Lines(p.File, "items", len(d.Items))
	for i, one := range d.Items {
		f.Items = append(f.Items, Placed{ProposedItem: api.ProposedItem(one), Line: lines[i]})
	}
	f.Entries, f.Lines = d.Entries, strictyaml.Lines(p.File, "entries", len(d.Entries))
	if len(d.Articles) > 0 {
		p.Articles, p.BuildsOn = d.Articles, d.BuildsOn
	}
	if len(d.Proofs) > 0 {
		p.Proofs = d.Proofs
	}
	return f, nil
}

// Read reads the file of a proposal: CSV under a head, or YAML, which begins with a key
// and its colon, a comment, or a brace. What YAML says of kind, day and reason it enters in
// the proposal. Errors name the line and the field.
func Read(p *api.Proposal) (Filed, error) {
	first, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(p.File, "\ufeff")), "\n")
	if strings.Contains(first, ":") || strings.HasPrefix(first, "#") || strings.HasPrefix(first, "{") || strings.HasPrefix(first, "---") {
		return readDocument(p)
	}
	return readTable(p)
}

// NameOf returns what the file of a proposal is called, for messages.
func NameOf(p *api.Proposal) string {
	if p.FileName == "" {
		return "the file"
	}
	return p.FileName
}

// TooMany says that a proposal is too large.
func TooMany(p *api.Proposal) error {
	return api.Errorf(api.BadInput, "%s has more than %d items; make several proposals", NameOf(p), api.MaxProposalItems)
}
