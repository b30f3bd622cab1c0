package wire

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReaderHeads walks the shortest-form rule along its edges.
func TestReaderHeads(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want uint64
		ok   bool
	}{
		{"00", 0, true},
		{"17", 23, true},
		{"1817", 0, false},
		{"1818", 24, true},
		{"18ff", 255, true},
		{"1900ff", 0, false},
		{"190100", 256, true},
		{"1a0000ffff", 0, false},
		{"1a00010000", 65536, true},
		{"1b00000000ffffffff", 0, false},
		{"1b0000000100000000", 1 << 32, true},
		{"1bffffffffffffffff", 1<<64 - 1, true},
		{"1c", 0, false},
		{"1f", 0, false},
		{"18", 0, false},
		{"1b00000001000000", 0, false},
		{"40", 0, false},
		{"", 0, false},
	} {
		r := NewReader("test", unhex(t, tt.in))
		got := r.Uint("value", 1<<64-1)
		if err := r.End(); (err == nil) != tt.ok || got != tt.want {
			t.Errorf("%s: %d, %v; want %d, %v", tt.in, got, err, tt.want, tt.ok)
		}
		if tt.ok && !bytes.Equal(AppendUint(nil, tt.want), unhex(t, tt.in)) {
			t.Errorf("%d is written as %x, want %s", tt.want, AppendUint(nil, tt.want), tt.in)
		}
	}
}

func TestReaderKeepsItsFirstFailure(t *testing.T) {
	r := NewReader("test", unhex(t, "0102"))
	r.Uint("first", 0)
	first := r.Err()
	r.Bytes("second", 0, 1)
	r.Array("third", 0, 1)
	if first == nil || r.End() != first {
		t.Errorf("failed with %v, ended with %v", first, r.End())
	}
	if !strings.Contains(first.Error(), "test: first at byte 1") {
		t.Errorf("%v does not name the place", first)
	}
}

// TestRoundTrip writes one of each item and reads it back; then every cut of
// the bytes fails.
func TestRoundTrip(t *testing.T) {
	b := AppendArray(nil, 6)
	b = AppendUint(b, 1)
	b = AppendBool(AppendBool(b, true), false)
	b = AppendBytes(b, bytes.Repeat([]byte{7}, 300))
	b = AppendText(b, "号码")
	b = AppendUint(b, 70000)
	read := func(b []byte) (Reader, []byte, string, uint64) {
		r := NewReader("test", b)
		r.Array("list", 6, 6)
		r.Version(1)
		if yes, no := r.Bool("yes"), r.Bool("no"); r.Err() == nil && (!yes || no) {
			t.Errorf("read %v and %v, want true and false", yes, no)
		}
		raw := r.Bytes("raw", 300, 300)
		text := r.Text("text", 6)
		next := r.NextIsUint()
		n := r.Uint("number", 70000)
		if !next && n != 0 {
			t.Errorf("read %d where NextIsUint sees no integer", n)
		}
		return r, raw, text, n
	}
	r, raw, text, n := read(b)
	if err := r.End(); err != nil || len(raw) != 300 || text != "号码" || n != 70000 {
		t.Errorf("%d bytes, %q, %d, %v", len(raw), text, n, err)
	}
	if cap(raw) != len(raw) {
		t.Error("appending to what was read would overwrite the input")
	}
	for i := range b {
		if r, _, _, _ := read(b[:i]); r.End() == nil {
			t.Errorf("cut to %d bytes it is read", i)
		}
	}
}

func TestBounds(t *testing.T) {
	tests := []struct {
		name, in, want string
		read           func(*Reader)
	}{
		{"integer above its bound", "05", "above 4", func(r *Reader) { r.Uint("f", 4) }},
		{"integer for a flag", "02", "above 1", func(r *Reader) { r.Bool("f") }},
		{"refused by who reads", "05", "f at byte 1: 5 is odd", func(r *Reader) { r.Refuse("f", "%d is odd", r.Uint("f", 9)) }},
		{"array too short", "81", "want 2 to 3", func(r *Reader) { r.Array("f", 2, 3) }},
		{"array too long", "84", "want 2 to 3", func(r *Reader) { r.Array("f", 2, 3) }},
		{"bytes too short", "4101", "want 2 to 3", func(r *Reader) { r.Bytes("f", 2, 3) }},
		{"bytes beyond the end", "430102", "2 left", func(r *Reader) { r.Bytes("f", 2, 3) }},
		{"bytes of 2^63", "5b8000000000000000", "want 2 to 3", func(r *Reader) { r.Bytes("f", 2, 3) }},
		{"text that is not UTF-8", "61ff", "UTF-8", func(r *Reader) { r.Text("f", 3) }},
		{"bytes for text", "4161", "major type 2", func(r *Reader) { r.Text("f", 3) }},
		{"another version", "02", "newer release", func(r *Reader) { r.Version(1) }},
		{"bytes left over", "0101", "1 bytes too many", func(r *Reader) { r.Version(1) }},
		{"a map", "a0", "major type 5", func(r *Reader) { r.Array("f", 0, 3) }},
		{"a tag", "c101", "major type 6", func(r *Reader) { r.Uint("f", 3) }},
		{"null", "f6", "major type 7", func(r *Reader) { r.Bytes("f", 0, 3) }},
		{"an indefinite array", "9fff", "indefinite", func(r *Reader) { r.Array("f", 0, 3) }},
	}
	for _, tt := range tests {
		r := NewReader("test", unhex(t, tt.in))
		tt.read(&r)
		if err := r.End(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
