package simulations

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
)

// region is a part of the United States, as the Census Bureau divides them:
// https://www2.census.gov/geo/pdfs/maps-data/maps/reference/us_regdiv.pdf.
// The demo's third desk has what is left: Midwest, Northeast, territories, and
// complaints that name no state.
type region uint8

const (
	rest region = iota
	west
	south
)

// regionOf returns the region of a state by its name.
func regionOf(state string) region {
	switch state {
	case "Alaska", "Arizona", "California", "Colorado", "Hawaii", "Idaho", "Montana", "Nevada",
		"New Mexico", "Oregon", "Utah", "Washington", "Wyoming":
		return west
	case "Alabama", "Arkansas", "Delaware", "District of Columbia", "Florida", "Georgia", "Kentucky", "Louisiana",
		"Maryland", "Mississippi", "North Carolina", "Oklahoma", "South Carolina", "Tennessee", "Texas", "Virginia", "West Virginia":
		return south
	}
	return rest
}

// stateColumn is the column of the FTC's daily file by which it is split.
const stateColumn = "Consumer_State"

// partOf returns the FTC's daily file as the desk of a region would have it.
// Other regions' rows leave an empty line, so that a row keeps the number of
// its line. A record of this file never spans lines.
func partOf(file []byte, of region) ([]byte, error) {
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
		in, err := regionOfRow(row, column)
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

// regionOfRow returns the region of one line. A row that is cut short names no
// state.
func regionOfRow(row []byte, column int) (region, error) {
	if len(bytes.TrimSpace(row)) == 0 {
		return rest, nil
	}
	fields, err := csv.NewReader(bytes.NewReader(row)).Read()
	if err != nil {
		return rest, err
	}
	if column >= len(fields) {
		return rest, nil
	}
	return regionOf(strings.TrimSpace(fields[column])), nil
}
