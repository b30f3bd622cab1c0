package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
)

// incomplete ends the name of a table that is not whole.
const incomplete = ".incomplete"

// tableFile is a CSV file of the owner alone, written while its rows come.
// Until it is whole it has another name, so that nobody takes a part for all of
// it, nor loses an earlier one to a part. Without a name it is none. What is no
// regular file, such as a pipe, is written as it stands.
type tableFile struct {
	name string

	at   string // where it is written
	rows int
	file *os.File
	csv  *csv.Writer
}

// begin opens the file and writes its heading.
func (t *tableFile) begin(head ...string) (err error) {
	if t.name == "" {
		return nil
	}
	t.at = t.name + incomplete
	if info, err := os.Stat(t.name); err == nil && !info.Mode().IsRegular() {
		t.at = t.name
	}
	if t.file, err = os.OpenFile(t.at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return bad(err)
	}
	t.csv = csv.NewWriter(t.file)
	return t.csv.Write(head)
}

func (t *tableFile) add(cells ...string) error {
	t.rows++
	if err := t.csv.Write(cells); err != nil {
		return fmt.Errorf("write %s: %w", t.at, err)
	}
	return nil
}

// end gives a whole table its name. One that broke off keeps the other if it
// has any rows; failed says why.
func (t *tableFile) end(failed error) error {
	if t.file == nil {
		return nil
	}
	t.csv.Flush()
	err := errors.Join(t.csv.Error(), t.file.Close())
	switch {
	case t.at == t.name:
		return err
	case failed == nil && err == nil:
		return os.Rename(t.at, t.name)
	case t.rows == 0:
		return errors.Join(err, os.Remove(t.at))
	}
	return errors.Join(err, fmt.Errorf("%s holds the rows up to here; publish the file again for a whole %s", t.at, t.name))
}
