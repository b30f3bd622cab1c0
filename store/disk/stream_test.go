package disk

import (
	"crypto/sha256"
	"encoding/binary"
)

// stream is an endless source of bytes derived from a name.
type stream struct {
	seed    [sha256.Size]byte
	counter uint64
	left    []byte
}

func newStream(name string) *stream { return &stream{seed: sha256.Sum256([]byte(name))} }

func (s *stream) Read(b []byte) (int, error) {
	for i := range b {
		if len(s.left) == 0 {
			s.counter++
			block := sha256.Sum256(binary.BigEndian.AppendUint64(s.seed[:], s.counter))
			s.left = block[:]
		}
		b[i], s.left = s.left[0], s.left[1:]
	}
	return len(b), nil
}
