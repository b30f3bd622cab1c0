package source

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/node/source/mapping"
	"ringfence/store/number"
	"ringfence/store/plan"
)

// plainDialler stands in for a numbering plan: ten digits in North America,
// nine in Spain, "+" anywhere.
func plainDialler(c number.Country) (Dialler, error) {
	length := map[number.Country]int{number.NANP: 10, number.Spain: 9}[c]
	return func(s string) number.Caller {
		var full string
		if strings.HasPrefix(s, "+") {
			full = s[1:]
		} else if length == 0 || len(s) != length || s[0] < '2' || c == number.NANP && s[3] < '2' {
			return number.Caller{}
		} else {
			full = c.String() + s
		}
		n, err := number.International(full)
		if err != nil {
			return number.Caller{}
		}
		return number.CallerOf(n)
	}, nil
}

func parse(t testing.TB, text string) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Read("test.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// shipped reads a mapping as it ships.
func shipped(t testing.TB, name string) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// planDialler reads numbers by the plans that ship.
func planDialler(t testing.TB) func(number.Country) (Dialler, error) {
	t.Helper()
	set, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return func(c number.Country) (Dialler, error) {
		rules := set.Rules(c)
		return func(s string) number.Caller { return rules.Dialled(s).First() }, nil
	}
}

// real opens one of the demo's inputs.
func real(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "simulations", "data", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// outcome is all that Read gives.
type outcome struct {
	*Delivery
	rejected []Rejection
	err      error
}

func (o outcome) drafts() []Draft {
	var all []Draft
	for d := range o.Drafts() {
		d.rows, d.labels = nil, nil
		all = append(all, d)
	}
	return all
}

func readFrom(r io.Reader, m *mapping.Mapping, opts Options) outcome {
	var o outcome
	if opts.File == "" {
		opts.File = "numbers.csv"
	}
	if opts.Dialler == nil {
		opts.Dialler = plainDialler
	}
	opts.Rejected = func(r Rejection) error {
		o.rejected = append(o.rejected, r)
		return nil
	}
	o.Delivery, o.err = Read(context.Background(), r, m, opts)
	return o
}

func readText(m *mapping.Mapping, text string, opts Options) outcome {
	return readFrom(strings.NewReader(text), m, opts)
}

func mustRead(t testing.TB, m *mapping.Mapping, text string, opts Options) outcome {
	t.Helper()
	o := readText(m, text, opts)
	if o.err != nil {
		t.Fatal(o.err)
	}
	return o
}

// listMapping is a plain list of North American numbers, dated.
const listMapping = `
version: 1
name: list
mode: snapshot
count: none
format: lines
country: 1
zone: UTC
as_of: 2026-08-22
`

// tableMapping is a table with every kind of column.
const tableMapping = `
version: 1
name: table
mode: reports
format: csv
header: true
country: 1
zone: UTC
dates: ["2006-01-02 15:04:05", "2006-01-02"]
after_created: clamp
columns:
  number: [number, phone]
  first_seen: first
  last_seen: last
  created: filed
  label: what
  count: n
labels:
  "Loans": mkt.finance.loan
  "Threats": har.abuse
  "Nothing": unk.untyped
`

const tableHead = "number,first,last,filed,what,n\n"

// rowsMapping counts rows; its one date is the observation.
const rowsMapping = `
version: 1
name: rows
mode: reports
count: rows
format: csv
header: true
country: 1
zone: UTC
dates: ["2006-01-02"]
columns: {number: number, seen: day, label: what}
labels: {"Loans": mkt.finance.loan, "Cards": mkt.finance.card, "Silence": har.silent}
`
