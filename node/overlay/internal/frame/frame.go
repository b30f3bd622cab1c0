// Package frame cuts a stream into messages: four bytes of length, big-endian, and
// as many bytes.
package frame

import (
	"encoding/binary"
	"fmt"
	"io"
)

// first is for how many bytes room is made before any has come.
const first = 4 << 10

// Read reads one frame and refuses lengths above most. It makes room as bytes
// come, at most as much again as is there: a length alone costs its sender nothing.
// It returns io.EOF when the stream ends before a frame.
func Read(r io.Reader, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	announced := binary.BigEndian.Uint32(head[:])
	if uint64(announced) > uint64(most) {
		return nil, fmt.Errorf("overlay: a frame of %d bytes, the most here is %d", announced, most)
	}
	n := int(announced)
	var b []byte
	for len(b) < n {
		came := len(b)
		more := make([]byte, came+min(n-came, max(came, first)))
		copy(more, b)
		b = more
		if _, err := io.ReadFull(r, b[came:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return b, nil
}

// Write writes one frame.
func Write(w io.Writer, b []byte) error {
	framed := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b)))
	_, err := w.Write(append(framed, b...))
	return err
}
