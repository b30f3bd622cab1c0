package overlay

import (
	"io"
	"time"

	"ringfence/store/keys"
)

// Stream is a conversation with one peer.
type Stream interface {
	io.Reader
	io.Writer
	// Peer returns the host key of the other end.
	Peer() keys.Public
	// SetDeadline bounds all reads and writes until the next call.
	SetDeadline(t time.Time) error
	// CloseWrite says that nothing more will be written.
	CloseWrite() error
	// Close ends both directions at once; what is not read is dropped. It may be
	// called again.
	Close() error
}
