// Package table writes a CSV file that is whole or has another name.
//
// Floor 15, a room of cmd/ringfence.
package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"ringfence/node/api"
	"ringfence/node/phrase"
)

// incomplete ends the name of a table that is not whole.
const incomplete = ".incomplete"

// File is a CSV file of the owner alone, written while its rows come.
// Until it is whole it has another name, so that nobody takes a part for all of
// it, nor loses an earlier one to a part. Without a name it is none. What is no
// regular file, such as a pipe, is written as it stands. Nothing is replaced but
// an earlier table of the same columns: a slip of the pen costs no file.
type File struct {
	Name string

	at   string // where it is written
	rows int
	file *os.File
	csv  *csv.Writer
}

// Begin opens the file and writes its heading.
func (t *File) Begin(head ...string) error {
	if t.Name == "" {
		return nil
	}
	device, err := replaceable(t.Name, head)
	if err != nil {
		return err
	}
	t.at = t.Name
	mode := os.O_WRONLY
	if !device {
		t.at += incomplete
		mode |= os.O_CREATE | os.O_EXCL
		if err := t.clear(head); err != nil {
			return err
		}
	}
	if t.file, err = os.OpenFile(t.at, mode, 0o600); err != nil {
		return bad(err)
	}
	if !device {
		err = lock(t.file)
	}
	t.csv = csv.NewWriter(t.file)
	err = errors.Join(err, t.csv.Write(head))
	t.csv.Flush()
	return errors.Join(err, t.csv.Error())
}

// clear removes the part that an earlier run left, unless one is writing it.
// What it is is asked before it is opened: a pipe would wait for a writer.
func (t *File) clear(head []string) error {
	device, err := replaceable(t.at, head)
	if err != nil || device {
		return errors.Join(err, api.Errorf(api.BadInput, "%s is in the way; choose another name for the table", t.at))
	}
	f, err := os.Open(t.at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return bad(err)
	}
	defer func() { _ = f.Close() }() // read only
	if err := lock(f); err != nil {
		return err
	}
	return bad(os.Remove(t.at))
}

// lock keeps f for this process until it is closed.
func lock(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return api.Errorf(api.BadInput, "%s: another publication is writing it; choose another name for the table", f.Name())
	}
	return nil
}

// replaceable tells whether a table with this heading may be written at path:
// where nothing is, over such a table, or into a device or pipe.
func replaceable(path string, head []string) (device bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, bad(err)
	case info.Mode().IsDir(), info.Mode()&fs.ModeSymlink != 0:
		return false, api.Errorf(api.BadInput, "%s is no file but a link or a directory; name a file of its own for the table", path)
	case !info.Mode().IsRegular():
		return true, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return false, bad(err)
	}
	defer func() { _ = f.Close() }() // read only
	want := strings.Join(head, ",") + "\n"
	found := make([]byte, len(want))
	if n, err := io.ReadFull(f, found); n > 0 && (err != nil || string(found) != want) {
		return false, api.Errorf(api.BadInput, "%s holds something else than such a table, and would be lost; choose another name", path)
	}
	return false, nil
}

// Add writes a row.
func (t *File) Add(cells ...string) error {
	t.rows++
	if err := t.csv.Write(cells); err != nil {
		return fmt.Errorf("write %s: %w", t.at, err)
	}
	return nil
}

// End gives a whole table its name. One that broke off keeps the other if it
// has any rows; failed says why.
func (t *File) End(failed error) error {
	if t.file == nil {
		return nil
	}
	t.csv.Flush()
	err := errors.Join(t.csv.Error(), t.file.Close())
	switch {
	case t.at == t.Name:
		return err
	case failed == nil && err == nil:
		return os.Rename(t.at, t.Name)
	case t.rows == 0:
		return errors.Join(err, os.Remove(t.at))
	}
	return errors.Join(err, fmt.Errorf("%s holds the rows up to here; publish the file again for a whole %s", t.at, t.Name))
}

// bad makes an error one of input: exit code 2.
func bad(err error) error {
	if err == nil {
		return nil
	}
	return api.Tell(api.BadInput, phrase.From(err))
}
