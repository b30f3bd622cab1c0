package assertion

import (
	"errors"
	"testing"
)

// What a newer release writes is told apart from what is broken: it may have
// other fields behind its version.
func TestNewerVersionsAreToldApart(t *testing.T) {
	decoders := map[string]func([]byte) error{
		"statement":     func(b []byte) error { _, err := DecodeStatement(b); return err },
		"header":        func(b []byte) error { _, err := DecodeHeader(b); return err },
		"signed header": func(b []byte) error { _, err := DecodeSignedHeader(b); return err },
		"body":          func(b []byte) error { _, err := DecodeSlots(b); return err },
	}
	for name, decode := range decoders {
		for _, b := range [][]byte{{0x82, 2, 0x40}, {0x8D, 23, 0x40}, {0x83, 0x18, 24, 0x40}, {0x83, 0x18, 0xFF, 0x40}} {
			if err := decode(b); !errors.Is(err, ErrNewer) {
				t.Errorf("%s % x: %v, want newer", name, b, err)
			}
		}
		for _, b := range [][]byte{nil, {0x82}, {0x82, 1, 0x40}, {0x82, 0, 0x40}, {0xA1, 2, 2}, {0x82, 0x19, 1}, {0x9F, 2, 0xFF}} {
			if err := decode(b); err == nil || errors.Is(err, ErrNewer) {
				t.Errorf("%s % x: %v, want broken", name, b, err)
			}
		}
	}
}
