package simulations

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

// holding is a number and the organisation that publishes it as its own.
type holding struct {
	number       number.Number
	organisation string
	sector       string
}

// directory is the demo's China service directory.
type directory struct {
	holdings []holding // ascending by number
	rows     int
	left     map[string]int // rows that no Chinese voice number stands on, by reason
}

// The reasons for which a row of the directory is left out, beside those for
// which a caller is irregular.
const (
	otherCountry = "number of another country"
	messagesOnly = "code of short messages"
	listedBefore = "number listed before"
)

// shippedDirectory reads the directory that ships by the plan that ships.
func shippedDirectory() (directory, error) {
	plans, err := plan.Shipped()
	if err != nil {
		return directory{}, err
	}
	file, err := data.Open(data.Directory)
	if err != nil {
		return directory{}, err
	}
	return readDirectory(file, plans.Rules(number.China))
}

// readDirectory reads the directory's columns category, organization, number.
func readDirectory(file io.Reader, rules *number.Rules) (directory, error) {
	table := csv.NewReader(file)
	head, err := table.Read()
	if err != nil {
		return directory{}, fmt.Errorf("service directory: header: %w", err)
	}
	if len(head) < 3 || head[0] != "category" || head[1] != "organization" || head[2] != "number" {
		return directory{}, fmt.Errorf("service directory: the columns are %q; want category, organization, number", head)
	}
	d := directory{left: make(map[string]int)}
	seen := make(map[number.Number]bool)
	for {
		row, err := table.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return directory{}, fmt.Errorf("service directory: %w", err)
		}
		d.rows++
		n, reason := voiceNumber(rules.Dialled(row[2]).First())
		if reason == "" && seen[n] {
			reason = listedBefore
		}
		if reason != "" {
			d.left[reason]++
			continue
		}
		seen[n] = true
		d.holdings = append(d.holdings, holding{number: n, organisation: strings.TrimSpace(row[1]), sector: strings.TrimSpace(row[0])})
	}
	slices.SortFunc(d.holdings, func(a, b holding) int { return a.number.Compare(b.number) })
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

// leftOut returns how many rows were left out.
func (d *directory) leftOut() int {
	total := 0
	for _, n := range d.left {
		total += n
	}
	return total
}

// grants says that the numbers of the directory are an operator's, one by one:
// who truly serves each is not in the file.
func (d *directory) grants(operator string) []charter.RangeGrant {
	all := make([]charter.RangeGrant, len(d.holdings))
	for i, h := range d.holdings {
		all[i] = charter.RangeGrant{Range: h.number.Range(), Allocatee: operator}
	}
	return all
}

// ranges returns the numbers of the directory as ranges.
func (d *directory) ranges() []number.Range {
	all := make([]number.Range, len(d.holdings))
	for i, h := range d.holdings {
		all[i] = h.number.Range()
	}
	return all
}
