// Package region cuts one agency's file into those of the demo's three complaint desks.
//
// Floor 14, a room of the simulations.
package region

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
)

// Region is a part of the United States, as the Census Bureau divides them:
// https://www2.census.gov/geo/pdfs/maps-data/maps/reference/us_regdiv.pdf.
// The demo's third desk has what is left: Midwest, Northeast, territories, and
// complaints that name no state.
type Region uint8

// The regions.
const (
	Rest Region = iota
	West
	South
)

// Of returns the region of a state by its name.
func Of(state string) Region {
	switch state {
	case "Alaska", "Arizona", "California", "Colorado", "Hawaii", "Idaho", "Montana", "Nevada",
		"New Mexico", "Oregon", "Utah", "Washington", "Wyoming":
		return West
	case "Alabama", "Arkansas", "Delaware", "District of Columbia", "Florida", "Georgia", "Kentucky", "Louisiana",
		"Maryland", "Mississippi", "North Carolina", "Oklahoma", "South Carolina", "Tennessee", "Texas", "Virginia", "West Virginia":
		return South
	}
	return Rest
}

// stateColumn is the column of the FTC's daily file by which it is split.
const stateColumn = "Consumer_State"

// Part returns the FTC's daily file as the desk of a region would have it.
// Other regions' rows leave an empty line, so that a row keeps the number of
// its line. A record of this file never spans lines.
func Part(file []byte, of Region) ([]byte, error) {
	head, body, _ := bytes.Cut(file, []byte("\n"))
	names, err := csv.NewReader(bytes.NewReader(head)).Read()
	if err != nil {
		return nil, fmt.Errorf("split the daily file: header: %w", err)
	}
	column := -1
	for i, name := range names {
		if strings.TrimSpace(name) == stateColumn {
			column = i
		}
	}
	if column < 0 {
		return nil, fmt.Errorf("split the daily file: no column %s", stateColumn)
	}
	part := make([]byte, 0, len(file))
	part = append(append(part, head...), '\n')
	line := 1
	for row := range bytes.Lines(body) {
		line++
		in, err := ofRow(row, column)
		if err != nil {
			return nil, fmt.Errorf("split the daily file: line %d: %w", line, err)
		}
		if in != of {
			row = []byte("\n")
		}
		part = append(part, row...)
	}
	return part, nil
}

// ofRow returns the region of one line. A row that is cut short names no
// state.
func ofRow(row []byte, column int) (Region, error) {
	if len(bytes.TrimSpace(row)) == 0 {
		return Rest, nil
	}
	fields, err := csv.NewReader(bytes.NewReader(row)).Read()
	if err != nil {
		return Rest, err
	}
	if column >= len(fields) {
		return Rest, nil
	}
	return Of(strings.TrimSpace(fields[column])), nil
}
