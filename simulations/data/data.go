// Package data holds the inputs of the demo and the benchmarks: public files
// that nobody of this project wrote, compressed and otherwise unchanged.
//
// A demonstration on invented numbers shows nothing. README.md beside the
// files tells where each comes from, under which licence, and what is odd in
// it; the oddities stay, for they are what a publisher's file is like.
//
// A room of package simulations. It does not read the files: that is for
// node/source with a mapping, as for any publisher's file.
package data

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
)

// The files, by the names under which Open gives their text.
const (
	FTCDaily  = "ftc_daily.csv"            // one day of complaints, with subjects
	FTC90Days = "ftc_90days.csv"           // ninety days of complaints, numbers only
	Spain     = "es_list.txt"              // a list without counts or dates
	Directory = "cn_service_directory.csv" // service numbers of organisations in China
)

//go:embed *.gz
var files embed.FS

// Open returns the text of a file.
func Open(name string) (io.Reader, error) {
	packed, err := files.ReadFile(name + ".gz")
	if err != nil {
		return nil, fmt.Errorf("data: no file %q ships with the program", name)
	}
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("data: unpack %s: %w", name, err)
	}
	return text, nil
}

// Read returns the whole text of a file.
func Read(name string) ([]byte, error) {
	text, err := Open(name)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(text)
	if err != nil {
		return nil, fmt.Errorf("data: unpack %s: %w", name, err)
	}
	return all, nil
}
