package frame_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"ringfence/node/overlay/internal/frame"
	"ringfence/node/overlay/overlaytest"
)

// A thousand streams, each with a frame that announces much and sends little, or more
// than is read: what they cost together is what came, and not what was announced.
func TestFrameBombs(t *testing.T) {
	const most, streams = 1 << 20, 1000
	announce := func(n uint32, b ...byte) []byte { return append(binary.BigEndian.AppendUint32(nil, n), b...) }
	bombs := map[string][]byte{
		"the most, and nothing":   announce(most),
		"the most, and 4 KiB":     announce(most, make([]byte, 4<<10)...),
		"a byte above the most":   announce(most+1, make([]byte, 1<<10)...),
		"as much as can be":       announce(1<<32-1, make([]byte, 1<<10)...),
		"CBOR where a length was": append(bytes.Repeat([]byte{0x81}, 4), make([]byte, 1<<10)...),
	}
	for name, bomb := range bombs {
		var err error
		allocated, held := overlaytest.Spent(func() {
			for range streams {
				_, again := frame.Read(bytes.NewReader(bomb), most)
				if err = again; err == nil || errors.Is(err, io.EOF) {
					return
				}
			}
		})
		t.Logf("%s: %d bytes allocated a frame, %d held after all", name, allocated/streams, held)
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: read, or taken for the end: %v", name, err)
		}
		if allocated > overlaytest.MostSpent || held > overlaytest.MostSpent {
			t.Errorf("%s: %d frames cost %d bytes, of which %d are held", name, streams, allocated, held)
		}
	}
	var b []byte
	allocated, _ := overlaytest.Spent(func() {
		b, _ = frame.Read(io.MultiReader(bytes.NewReader(announce(most)), bytes.NewReader(make([]byte, most))), most)
	})
	t.Logf("a frame of %d bytes: %d allocated", len(b), allocated)
	if len(b) != most || allocated > 4*most {
		t.Errorf("the largest frame: %d bytes read, %d allocated", len(b), allocated)
	}
}
