// Package frame cuts a stream into messages of known size.
package frame

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Read reads one frame, four bytes of length and as many bytes, and refuses
// lengths above most before it allocates. It returns io.EOF when the stream ends
// before a frame.
func Read(r io.Reader, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if uint64(n) > uint64(most) {
		return nil, fmt.Errorf("overlay: a frame of %d bytes, the most here is %d", n, most)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// Write writes one frame.
func Write(w io.Writer, b []byte) error {
	framed := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b)))
	_, err := w.Write(append(framed, b...))
	return err
}
