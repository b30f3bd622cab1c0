package table

import "strings"

// MaxFields bounds the fields of one record; of one that has more, the first
// MaxFields+1 are told.
const MaxFields = 1024

// splitState is how a record ended.
type splitState uint8

const (
	splitDone splitState = iota
	splitOpen            // inside a quoted field: the record goes on in the next line
	splitBad             // a quotation mark where none may stand
)

// split cuts a record into fields, appended to fields, by the rules of RFC
// 4180: a field that holds delimiters, line ends or quotation marks is quoted,
// and quotation marks in it are doubled.
func split(record string, delimiter byte, fields []string) ([]string, splitState) {
	if strings.IndexByte(record, '"') < 0 {
		return splitPlain(record, delimiter, fields), splitDone
	}
	for len(fields) <= MaxFields {
		if record == "" || record[0] != '"' {
			end := strings.IndexByte(record, delimiter)
			field := record
			if end >= 0 {
				field = record[:end]
			}
			if strings.IndexByte(field, '"') >= 0 {
				return fields, splitBad
			}
			fields = append(fields, field)
			if end < 0 {
				return fields, splitDone
			}
			record = record[end+1:]
			continue
		}
		field, rest, state := quoted(record[1:])
		if state != splitDone {
			return fields, state
		}
		fields = append(fields, field)
		if rest == "" {
			return fields, splitDone
		}
		if rest[0] != delimiter {
			return fields, splitBad
		}
		record = rest[1:]
	}
	return fields, splitDone
}

// splitPlain cuts a record without quotation marks. It stops one field above
// the bound, so that a caller sees that there are too many.
func splitPlain(record string, delimiter byte, fields []string) []string {
	for len(fields) <= MaxFields {
		end := strings.IndexByte(record, delimiter)
		if end < 0 {
			return append(fields, record)
		}
		fields = append(fields, record[:end])
		record = record[end+1:]
	}
	return fields
}

// quoted reads a field up to its closing quotation mark; s begins behind the
// opening one.
func quoted(s string) (field, rest string, state splitState) {
	doubled := false
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '"')
		if i < 0 {
			return "", "", splitOpen
		}
		at += i
		if at+1 < len(s) && s[at+1] == '"' {
			doubled = true
			at += 2
			continue
		}
		field = s[:at]
		if doubled {
			field = strings.ReplaceAll(field, `""`, `"`)
		}
		return field, s[at+1:], splitDone
	}
}
