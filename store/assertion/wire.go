package assertion

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// The CBOR major types in use (RFC 8949, section 3.1).
const (
	majorUint  byte = 0
	majorBytes byte = 2
	majorText  byte = 3
	majorArray byte = 4
)

// appendHead writes a data item's head in its shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= 0xFF:
		return append(b, major|24, byte(n))
	case n <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= 0xFFFFFFFF:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendUint(b []byte, n uint64) []byte { return appendHead(b, majorUint, n) }
func appendArray(b []byte, n int) []byte   { return appendHead(b, majorArray, uint64(n)) }
func appendBytes(b, v []byte) []byte       { return append(appendHead(b, majorBytes, uint64(len(v))), v...) }
func appendText(b []byte, v string) []byte {
	return append(appendHead(b, majorText, uint64(len(v))), v...)
}

// reader walks over canonical CBOR: shortest heads, definite lengths, the four
// major types above. It copies nothing, so no length on the wire makes it
// allocate. The first failure sticks, names the field and the byte, and turns
// all later reads into zero values.
type reader struct {
	what string // for errors: "statement", "header", …
	b    []byte
	at   int
	err  error
}

func (r *reader) fail(field, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("assertion: %s: %s at byte %d: %s", r.what, field, r.at, fmt.Sprintf(format, args...))
	}
}

// peek returns the major type of the next item without reading it; 0xFF at the
// end.
func (r *reader) peek() byte {
	if r.err != nil || r.at >= len(r.b) {
		return 0xFF
	}
	return r.b[r.at] >> 5
}

// head reads the head of an item of the wanted major type.
func (r *reader) head(field string, want byte) uint64 {
	if r.err != nil {
		return 0
	}
	if r.at >= len(r.b) {
		r.fail(field, "the bytes end here")
		return 0
	}
	first := r.b[r.at]
	if first>>5 != want {
		r.fail(field, "CBOR major type %d, want %d", first>>5, want)
		return 0
	}
	n := uint64(first & 0x1F)
	if n < 24 {
		r.at++
		return n
	}
	if n > 27 {
		r.fail(field, "an indefinite or reserved length")
		return 0
	}
	width := 1 << (n - 24)
	if len(r.b)-r.at <= width {
		r.fail(field, "the bytes end inside a head")
		return 0
	}
	var v, least uint64
	switch p := r.b[r.at+1:]; width {
	case 1:
		v, least = uint64(p[0]), 24
	case 2:
		v, least = uint64(binary.BigEndian.Uint16(p)), 1<<8
	case 4:
		v, least = uint64(binary.BigEndian.Uint32(p)), 1<<16
	default:
		v, least = binary.BigEndian.Uint64(p), 1<<32
	}
	if v < least {
		r.fail(field, "%d is not written in its shortest form", v)
		return 0
	}
	r.at += 1 + width
	return v
}

// uint reads an integer of at most max.
func (r *reader) uint(field string, max uint64) uint64 {
	v := r.head(field, majorUint)
	if v > max {
		r.fail(field, "%d is above %d", v, max)
		return 0
	}
	return v
}

// array reads the head of an array of least to most elements.
func (r *reader) array(field string, least, most int) int {
	n := r.head(field, majorArray)
	if r.err == nil && (n < uint64(least) || n > uint64(most)) {
		r.fail(field, "%d elements, want %d to %d", n, least, most)
		return 0
	}
	return int(n)
}

// span reads a string of least to most bytes; the result shares the input.
func (r *reader) span(field string, major byte, least, most int) []byte {
	n := r.head(field, major)
	switch {
	case r.err != nil:
		return nil
	case n < uint64(least) || n > uint64(most):
		r.fail(field, "%d bytes, want %d to %d", n, least, most)
		return nil
	case n > uint64(len(r.b)-r.at):
		r.fail(field, "%d bytes announced, %d left", n, len(r.b)-r.at)
		return nil
	}
	v := r.b[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return v
}

// bytes reads a byte string of least to most bytes; the result shares the
// input.
func (r *reader) bytes(field string, least, most int) []byte {
	return r.span(field, majorBytes, least, most)
}

// text reads a string of valid UTF-8 of at most most bytes.
func (r *reader) text(field string, most int) string {
	v := r.span(field, majorText, 0, most)
	if !utf8.Valid(v) {
		r.fail(field, "not valid UTF-8")
		return ""
	}
	return string(v)
}

// version reads the leading version.
func (r *reader) version(want uint64) {
	if v := r.head("version", majorUint); r.err == nil && v != want {
		r.fail("version", "%d is unknown here; a newer release may know it", v)
	}
}

// end returns the first failure, or one for bytes left over.
func (r *reader) end() error {
	if r.err == nil && r.at != len(r.b) {
		r.fail("end", "%d bytes too many", len(r.b)-r.at)
	}
	return r.err
}
