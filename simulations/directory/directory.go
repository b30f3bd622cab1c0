// Package directory reads the service directory of China that ships with the demo: whose
// numbers are published as whose, and which of its rows say no such thing.
//
// Floor 14, a room of simulations.
package directory

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"ringfence/simulations/data"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/plan"
)

// Holding is a number and the organisation that publishes it as its own.
type Holding struct {
	Number       number.Number
	Organisation string
	Sector       string
}

// Directory is the demo's China service directory.
type Directory struct {
	Holdings []Holding // ascending by number
	Rows     int
	Left     map[string]int // rows that no Chinese voice number stands on, by reason
}

// The reasons for which a row of the directory is left out, beside those for
// which a caller is irregular.
const (
	otherCountry = "number of another country"
	messagesOnly = "code of short messages"
	listedBefore = "number listed before"
)

// Shipped reads the directory that ships by the plan that ships.
func Shipped() (Directory, error) {
	plans, err := plan.Shipped()
	if err != nil {
		return Directory{}, err
	}
	file, err := data.Open(data.Directory)
	if err != nil {
		return Directory{}, err
	}
	return read(file, plans.Rules(number.China))
}

// read reads the directory's columns category, organization, number.
func read(file io.Reader, rules *number.Rules) (Directory, error) {
	table := csv.NewReader(file)
	head, err := table.Read()
	if err != nil {
		return Directory{}, fmt.Errorf("service directory: header: %w", err)
	}
	if len(head) < 3 || head[0] != "category" || head[1] != "organization" || head[2] != "number" {
		return Directory{}, fmt.Errorf("service directory: the columns are %q; want category, organization, number", head)
	}
	d := Directory{Left: make(map[string]int)}
	seen := make(map[number.Number]bool)
	for {
		row, err := table.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return Directory{}, fmt.Errorf("service directory: %w", err)
		}
		d.Rows++
		n, reason := voiceNumber(rules.Dialled(row[2]).First())
		if reason == "" && seen[n] {
			reason = listedBefore
		}
		if reason != "" {
			d.Left[reason]++
			continue
		}
		seen[n] = true
		d.Holdings = append(d.Holdings, Holding{Number: n, Organisation: strings.TrimSpace(row[1]), Sector: strings.TrimSpace(row[0])})
	}
	slices.SortFunc(d.Holdings, func(a, b Holding) int { return a.Number.Compare(b.Number) })
	return d, nil
}

// voiceNumber returns the Chinese number that a caller is, or why it is none.
func voiceNumber(c number.Caller) (number.Number, string) {
	switch c.Kind() {
	case number.SMSCode:
		return number.Number{}, messagesOnly
	case number.Irregular:
		return number.Number{}, c.Reason().String()
	case number.Anonymous:
		return number.Number{}, "no number"
	case number.Numbered:
	}
	n, _ := c.Number()
	if n.Country() != number.China {
		return number.Number{}, otherCountry
	}
	return n, ""
}

// LeftOut returns how many rows were left out.
func (d *Directory) LeftOut() int {
	total := 0
	for _, n := range d.Left {
		total += n
	}
	return total
}

// Grants says that the numbers of the directory are an operator's, one by one:
// who truly serves each is not in the file.
func (d *Directory) Grants(operator string) []charter.RangeGrant {
	all := make([]charter.RangeGrant, len(d.Holdings))
	for i, h := range d.Holdings {
		all[i] = charter.RangeGrant{Range: h.Number.Range(), Allocatee: operator}
	}
	return all
}

// Ranges returns the numbers of the directory as ranges.
func (d *Directory) Ranges() []number.Range {
	all := make([]number.Range, len(d.Holdings))
	for i, h := range d.Holdings {
		all[i] = h.Number.Range()
	}
	return all
}
