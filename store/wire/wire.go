// Package wire reads and writes canonical CBOR, in general and by hand.
//
// Whatever is signed or hashed has one encoding. Decode is strict the only way that a
// general decoder can be: it decodes, encodes again and compares. That costs more than
// hashing, so the few formats that nodes decode by the thousand are read by hand:
// fixed arrays of integers, byte strings and text need little code, and a Reader that
// refuses every head but the shortest has nothing to compare. The tests of package
// assertion hold the one against the other.
//
// Floor 0. By hand it knows the four major types of RFC 8949 that the formats use and
// refuses the rest, indefinite lengths and tags among it.
package wire

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

// AppendUint writes an integer.
func AppendUint(b []byte, n uint64) []byte { return appendHead(b, majorUint, n) }

// AppendBool writes 1 for true and 0 for false.
func AppendBool(b []byte, set bool) []byte {
	if set {
		return AppendUint(b, 1)
	}
	return AppendUint(b, 0)
}

// AppendArray writes the head of an array of n elements.
func AppendArray(b []byte, n int) []byte { return appendHead(b, majorArray, uint64(n)) }

// AppendBytes writes a byte string.
func AppendBytes(b, v []byte) []byte { return append(appendHead(b, majorBytes, uint64(len(v))), v...) }

// AppendText writes a text, which must be valid UTF-8.
func AppendText(b []byte, v string) []byte {
	return append(appendHead(b, majorText, uint64(len(v))), v...)
}

// Reader walks over canonical CBOR: shortest heads, definite lengths, the four
// major types above. It copies nothing, so no length on the wire makes it
// allocate. The first failure sticks, names the field and the byte, and turns
// all later reads into zero values.
type Reader struct {
	what string // for errors: "statement", "header", …
	b    []byte
	at   int
	err  error
}

// NewReader returns a reader of b; what names b in errors.
func NewReader(what string, b []byte) Reader { return Reader{what: what, b: b} }

// Refuse makes the reader fail at a field that was read and is not what the format
// wants there. Only the first failure counts.
func (r *Reader) Refuse(field, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s at byte %d: %s", r.what, field, r.at, fmt.Sprintf(format, args...))
	}
}

// NextIsUint reports whether the next item is an integer, without reading it.
func (r *Reader) NextIsUint() bool {
	return r.err == nil && r.at < len(r.b) && r.b[r.at]>>5 == majorUint
}

// head reads the head of an item of the wanted major type.
func (r *Reader) head(field string, want byte) uint64 {
	if r.err != nil {
		return 0
	}
	if r.at >= len(r.b) {
		r.Refuse(field, "the bytes end here")
		return 0
	}
	first := r.b[r.at]
	if first>>5 != want {
		r.Refuse(field, "CBOR major type %d, want %d", first>>5, want)
		return 0
	}
	n := uint64(first & 0x1F)
	if n < 24 {
		r.at++
		return n
	}
	if n > 27 {
		r.Refuse(field, "an indefinite or reserved length")
		return 0
	}
	width := 1 << (n - 24)
	if len(r.b)-r.at <= width {
		r.Refuse(field, "the bytes end inside a head")
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
		r.Refuse(field, "%d is not written in its shortest form", v)
		return 0
	}
	r.at += 1 + width
	return v
}

// Uint reads an integer of at most max.
func (r *Reader) Uint(field string, max uint64) uint64 {
	v := r.head(field, majorUint)
	if v > max {
		r.Refuse(field, "%d is above %d", v, max)
		return 0
	}
	return v
}

// Bool reads what AppendBool wrote.
func (r *Reader) Bool(field string) bool { return r.Uint(field, 1) == 1 }

// Array reads the head of an array of least to most elements.
func (r *Reader) Array(field string, least, most int) int {
	n := r.head(field, majorArray)
	if r.err == nil && (n < uint64(least) || n > uint64(most)) {
		r.Refuse(field, "%d elements, want %d to %d", n, least, most)
		return 0
	}
	return int(n)
}

// span reads a string of least to most bytes; the result shares the input.
func (r *Reader) span(field string, major byte, least, most int) []byte {
	n := r.head(field, major)
	switch {
	case r.err != nil:
		return nil
	case n < uint64(least) || n > uint64(most):
		r.Refuse(field, "%d bytes, want %d to %d", n, least, most)
		return nil
	case n > uint64(len(r.b)-r.at):
		r.Refuse(field, "%d bytes announced, %d left", n, len(r.b)-r.at)
		return nil
	}
	v := r.b[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return v
}

// Bytes reads a byte string of least to most bytes; the result shares the
// input.
func (r *Reader) Bytes(field string, least, most int) []byte {
	return r.span(field, majorBytes, least, most)
}

// Text reads a string of valid UTF-8 of at most most bytes.
func (r *Reader) Text(field string, most int) string {
	v := r.span(field, majorText, 0, most)
	if !utf8.Valid(v) {
		r.Refuse(field, "not valid UTF-8")
		return ""
	}
	return string(v)
}

// Version reads the leading version.
func (r *Reader) Version(want uint64) {
	if v := r.head("version", majorUint); r.err == nil && v != want {
		r.Refuse("version", "%d is unknown here; a newer release may know it", v)
	}
}

// Err returns the first failure so far.
func (r *Reader) Err() error { return r.err }

// End returns the first failure, or one for bytes left over.
func (r *Reader) End() error {
	if r.err == nil && r.at != len(r.b) {
		r.Refuse("end", "%d bytes too many", len(r.b)-r.at)
	}
	return r.err
}
