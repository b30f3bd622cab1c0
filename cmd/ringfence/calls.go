package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"ringfence/node/api"
	"ringfence/node/config"
)

// readCalls reads a file of calls: JSON objects, or CSV under a head. name is
// for errors.
func readCalls(r io.Reader, name string) ([]api.Call, error) {
	in := bufio.NewReader(r)
	for {
		b, err := in.Peek(1)
		switch {
		case errors.Is(err, io.EOF):
			return []api.Call{}, nil
		case err != nil:
			return nil, api.Errorf(api.BadInput, "%s: %v", name, err)
		case b[0] == '{':
			return callsOfJSON(in, name)
		case !bytes.ContainsAny(b, " \t\r\n"):
			return callsOfCSV(in, name)
		}
		_, _ = in.Discard(1) // Peek has it, so it cannot fail
	}
}

func callsOfJSON(r io.Reader, name string) ([]api.Call, error) {
	all := []api.Call{}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	for {
		var c api.Call
		switch err := d.Decode(&c); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, api.Errorf(api.BadInput, "%s: call %d: %v", name, len(all)+1, err)
		}
		all = append(all, c)
	}
}

func callsOfCSV(r io.Reader, name string) ([]api.Call, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		return nil, api.Errorf(api.BadInput, "%s: %v", name, err)
	}
	fields := make([]callField, len(head))
	for i, column := range head {
		if fields[i], err = fieldNamed(strings.TrimSpace(column)); err != nil {
			return nil, api.Errorf(api.BadInput, "%s: %v", name, err)
		}
	}
	all := []api.Call{}
	for {
		row, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, api.Errorf(api.BadInput, "%s: %v", name, err)
		}
		var c api.Call
		for i, f := range fields {
			*f.of(&c) = strings.TrimSpace(row[i])
		}
		all = append(all, c)
	}
}

// fieldNamed returns the field that a column names.
func fieldNamed(column string) (callField, error) {
	var names []string
	for _, f := range callFields() {
		if f.name == column {
			return f, nil
		}
		names = append(names, f.name)
	}
	return callField{}, api.Errorf(api.BadInput, "line 1: no column of calls is named %.40q; the nearest is %q", column, config.Nearest(column, names))
}
