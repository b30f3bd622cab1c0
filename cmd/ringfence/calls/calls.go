// Package calls reads what somebody writes about telephone calls, to have them
// screened: the flags of one call, and files of many, as CSV or JSON.
//
// One table of fields serves the flags, the columns and their help, so that a
// call is described in the same words wherever it comes from. A column that no
// call has is an error that names the nearest: a verdict on a call of which a
// column was passed over would be a wrong one.
//
// Floor 15, a room of cmd/ringfence. It knows no list and judges no number.
package calls

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"ringfence/node/api"
	"ringfence/store/strictyaml"
)

// Read reads a file of calls: JSON objects, or CSV under a head. name is
// for errors.
func Read(r io.Reader, name string) ([]api.Call, error) {
	in := bufio.NewReader(r)
	for {
		b, err := in.Peek(1)
		switch {
		case errors.Is(err, io.EOF):
			return []api.Call{}, nil
		case err != nil:
			return nil, api.Errorf(api.BadInput, "%s: %v", name, err)
		case b[0] == '{':
			return ofJSON(in, name)
		case !bytes.ContainsAny(b, " \t\r\n"):
			return ofCSV(in, name)
		}
		_, _ = in.Discard(1) // Peek has it, so it cannot fail
	}
}

func ofJSON(r io.Reader, name string) ([]api.Call, error) {
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

func ofCSV(r io.Reader, name string) ([]api.Call, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		return nil, api.Errorf(api.BadInput, "%s: %v", name, err)
	}
	fields := make([]Field, len(head))
	for i, column := range head {
		if fields[i], err = named(strings.TrimSpace(column)); err != nil {
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
			*f.Of(&c) = strings.TrimSpace(row[i])
		}
		all = append(all, c)
	}
}

// named returns the field that a column names.
func named(column string) (Field, error) {
	var names []string
	for _, f := range Fields() {
		if f.Name == column {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Field{}, api.Errorf(api.BadInput, "line 1: no column of calls is named %.40q%s", column, strictyaml.Hint(column, names))
}
