package strangertest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// decode reads one value and refuses whatever follows it. Values are uint64, bool,
// []byte, string and []any, in their shortest encodings.
func decode(b []byte) (any, error) {
	v, rest, err := value(b, 16)
	if err == nil && len(rest) > 0 {
		err = errors.New("bytes follow")
	}
	return v, err
}

func value(b []byte, depth int) (any, []byte, error) {
	if len(b) == 0 || depth == 0 {
		return nil, nil, errors.New("cut short or nested too deep")
	}
	if b[0] == 0xf4 || b[0] == 0xf5 {
		return b[0] == 0xf5, b[1:], nil
	}
	major := b[0] >> 5
	n, b, err := head(b)
	if err != nil {
		return nil, nil, err
	}
	if major != 0 && n > uint64(len(b)) {
		return nil, nil, errors.New("cut short")
	}
	switch major {
	case 0:
		return n, b, nil
	case 2:
		return b[:n:n], b[n:], nil
	case 3:
		if !utf8.Valid(b[:n]) {
			return nil, nil, errors.New("text is not UTF-8")
		}
		return string(b[:n]), b[n:], nil
	case 4:
		all := make([]any, n)
		for i := range all {
			if all[i], b, err = value(b, depth-1); err != nil {
				return nil, nil, err
			}
		}
		return all, b, nil
	}
	return nil, nil, fmt.Errorf("major type %d", major)
}

// head reads the argument of a head, which has its shortest form.
func head(b []byte) (uint64, []byte, error) {
	n := uint64(b[0] & 31)
	if n < 24 {
		return n, b[1:], nil
	}
	if n > 27 {
		return 0, nil, errors.New("indefinite length")
	}
	width := 1 << (n - 24)
	if len(b) < 1+width {
		return 0, nil, errors.New("cut short")
	}
	var wide [8]byte
	copy(wide[8-width:], b[1:1+width])
	n = binary.BigEndian.Uint64(wide[:])
	if least := [...]uint64{1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[width]; n < least {
		return 0, nil, errors.New("not the shortest form")
	}
	return n, b[1+width:], nil
}

// encode is the one encoding of a value.
func encode(v any) []byte {
	switch v := v.(type) {
	case bool:
		if v {
			return []byte{0xf5}
		}
		return []byte{0xf4}
	case uint64:
		return argument(0, v)
	case []byte:
		return append(argument(2, uint64(len(v))), v...)
	case string:
		return append(argument(3, uint64(len(v))), v...)
	case []any:
		out := argument(4, uint64(len(v)))
		for _, e := range v {
			out = append(out, encode(e)...)
		}
		return out
	}
	panic(fmt.Sprintf("no encoding of a %T", v)) // a mistake of this package
}

func argument(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
	}
	return binary.BigEndian.AppendUint64([]byte{major<<5 | 27}, n)
}

// fields reads an array field by field; the first that is not as asked is its error.
type fields struct {
	what string
	left []any
	err  error
}

// opened decodes bytes that are an array of n fields; what names them in errors.
func opened(what string, b []byte, n int) *fields {
	v, err := decode(b)
	f := array(what, v, n)
	if err != nil {
		f.err = fmt.Errorf("%s: %w", what, err)
	}
	return f
}

func array(what string, v any, n int) *fields {
	all, ok := v.([]any)
	f := &fields{what: what, left: all}
	if !ok || len(all) != n {
		f.fail("is no array of %d", n)
	}
	return f
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: "+format, append([]any{f.what}, args...)...)
	}
}

func next[T any](f *fields) T {
	var zero T
	if f.err != nil {
		return zero
	}
	if len(f.left) == 0 {
		f.fail("has no more fields")
		return zero
	}
	v, ok := f.left[0].(T)
	if !ok {
		f.fail("a %T where a %T belongs", f.left[0], zero)
		return zero
	}
	f.left = f.left[1:]
	return v
}

func (f *fields) uint() uint64 { return next[uint64](f) }
func (f *fields) bool() bool   { return next[bool](f) }
func (f *fields) text() string { return next[string](f) }
func (f *fields) list() []any  { return next[[]any](f) }

// bytes reads bytes of one of some lengths, of any if none is given.
func (f *fields) bytes(sizes ...int) []byte {
	b := next[[]byte](f)
	for _, n := range sizes {
		if len(b) == n {
			return b
		}
	}
	if len(sizes) > 0 {
		f.fail("%d bytes where %d belong", len(b), sizes)
	}
	return b
}

// is reads fields that have known values, such as versions and types.
func (f *fields) is(want ...uint64) {
	for _, w := range want {
		if got := f.uint(); got != w {
			f.fail("%d where %d belongs", got, w)
		}
	}
}
