package archive

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

const magic = "ringfence/backup/v1\n"

// MaxPayload is the size in bytes that no frame's payload exceeds: room for
// the largest body with its header.
const MaxPayload = 2 << 20

const (
	frameHead = 1 + 4
	endSize   = 8 + sha256.Size
)

// ErrTruncated tells that a stream ends before its end mark.
var ErrTruncated = errors.New("archive: the backup was cut short; it has no end mark")

// Writer writes one archive. Close ends it; without Close it reads as cut
// short.
type Writer struct {
	w     *bufio.Writer
	sum   hash.Hash
	count uint64
}

// NewWriter begins an archive on w.
func NewWriter(w io.Writer) (*Writer, error) {
	a := &Writer{w: bufio.NewWriterSize(w, 1<<16), sum: sha256.New()}
	return a, a.write([]byte(magic))
}

func (a *Writer) write(b []byte) error {
	a.sum.Write(b)
	if _, err := a.w.Write(b); err != nil {
		return fmt.Errorf("archive: write: %w", err)
	}
	return nil
}

func (a *Writer) head(kind Kind, size int) error {
	var head [frameHead]byte
	head[0] = byte(kind)
	binary.BigEndian.PutUint32(head[1:], uint32(size))
	return a.write(head[:])
}

// Write adds an entry. Records come in their order of arrival.
func (a *Writer) Write(e Entry) error {
	payload, err := e.encode()
	if err != nil {
		return err
	}
	if len(payload) > MaxPayload {
		return fmt.Errorf("archive: an entry of %d bytes; the most is %d", len(payload), MaxPayload)
	}
	if err := a.head(e.Kind(), len(payload)); err != nil {
		return err
	}
	a.count++
	return a.write(payload)
}

// Close writes the end mark and flushes. It does not close the writer below.
func (a *Writer) Close() error {
	if err := a.head(kindEnd, endSize); err != nil {
		return err
	}
	if err := a.write(binary.BigEndian.AppendUint64(nil, a.count)); err != nil {
		return err
	}
	if err := a.write(a.sum.Sum(nil)); err != nil {
		return err
	}
	if err := a.w.Flush(); err != nil {
		return fmt.Errorf("archive: write: %w", err)
	}
	return nil
}

// Reader reads one archive. Nothing that it returns may be trusted before it
// has answered io.EOF: only then is the whole known to be as written.
type Reader struct {
	r       *bufio.Reader
	sum     hash.Hash
	count   uint64
	arrival uint64 // of the last record
	err     error
}

// NewReader checks the first line of r.
func NewReader(r io.Reader) (*Reader, error) {
	a := &Reader{r: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
	first := make([]byte, len(magic))
	if err := a.read(first); err != nil {
		return nil, fmt.Errorf("archive: this is no backup: its first line is incomplete: %w", err)
	}
	if string(first) != magic {
		return nil, fmt.Errorf("archive: this is no backup, or one of a newer version: it begins with %q, not %q", first, magic)
	}
	return a, nil
}

func (a *Reader) read(b []byte) error {
	if _, err := io.ReadFull(a.r, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return ErrTruncated
		}
		return fmt.Errorf("archive: read: %w", err)
	}
	a.sum.Write(b)
	return nil
}

// Next returns the next entry, and io.EOF once the end mark was read, the
// count and the hash agree, and nothing follows. An error is final.
func (a *Reader) Next() (Entry, error) {
	if a.err != nil {
		return nil, a.err
	}
	e, err := a.next()
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("entry %d: %w", a.count+1, err)
	}
	a.err = err
	return e, err
}

func (a *Reader) next() (Entry, error) {
	var head [frameHead]byte
	if err := a.read(head[:]); err != nil {
		return nil, err
	}
	kind, size := Kind(head[0]), binary.BigEndian.Uint32(head[1:])
	if kind == kindEnd {
		return nil, a.end(size)
	}
	if size > MaxPayload {
		return nil, fmt.Errorf("archive: an entry of %d bytes announced; the most is %d", size, MaxPayload)
	}
	payload := make([]byte, size)
	if err := a.read(payload); err != nil {
		return nil, err
	}
	e, err := decode(kind, payload)
	if err != nil {
		// Not wrapped: a payload that ends too early is an io.EOF to its
		// decoder, and would be taken for the end of the archive.
		return nil, fmt.Errorf("archive: decode an entry of kind %d: %v", kind, err)
	}
	if r, ok := e.(Record); ok {
		if r.Arrival <= a.arrival {
			return nil, fmt.Errorf("archive: batch %s arrived as number %d after number %d", r.Record.Tip.CID, r.Arrival, a.arrival)
		}
		a.arrival = r.Arrival
	}
	a.count++
	return e, nil
}

func (a *Reader) end(size uint32) error {
	if size != endSize {
		return fmt.Errorf("archive: an end mark of %d bytes, not %d", size, endSize)
	}
	var count [8]byte
	if err := a.read(count[:]); err != nil {
		return err
	}
	want := [sha256.Size]byte(a.sum.Sum(nil))
	var got [sha256.Size]byte
	if err := a.read(got[:]); err != nil {
		return err
	}
	if n := binary.BigEndian.Uint64(count[:]); n != a.count {
		return fmt.Errorf("archive: %d entries read, the end mark says %d", a.count, n)
	}
	if got != want {
		return fmt.Errorf("archive: the SHA-256 at the end does not fit what was read: the backup was changed; use another copy")
	}
	if _, err := a.r.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("archive: bytes follow the end mark")
	}
	return io.EOF
}
