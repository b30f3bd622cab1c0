// Package fixed writes and reads values in fixed-width big-endian integers, one after
// another, with a SHA-256 over all of them: how a view's snapshot is made.
//
// Floor 5, a room of store/view. It does not know what the values mean.
package fixed

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"github.com/ipfs/go-cid"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Writer writes and hashes; the first error sticks.
type Writer struct {
	to   io.Writer
	hash hash.Hash
	buf  []byte
	err  error
}

// NewWriter returns a Writer.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to, hash: sha256.New()} }

// gathered is how many bytes are written at once.
const gathered = 1 << 16

func (w *Writer) flush() {
	if w.err == nil {
		w.hash.Write(w.buf)
		_, w.err = w.to.Write(w.buf)
	}
	w.buf = w.buf[:0]
}

// Sum writes what is left and the hash of all, and returns the first error.
func (w *Writer) Sum() error {
	w.flush()
	if w.err == nil {
		_, w.err = w.to.Write(w.hash.Sum(nil))
	}
	return w.err
}

// Raw writes bytes as they are.
func (w *Writer) Raw(b []byte) {
	w.buf = append(w.buf, b...)
	if len(w.buf) >= gathered {
		w.flush()
	}
}

// U8 writes one byte.
func (w *Writer) U8(v uint8) { w.buf = append(w.buf, v) }

// Bool writes one byte.
func (w *Writer) Bool(v bool) {
	if v {
		w.U8(1)
	} else {
		w.U8(0)
	}
}

// U16 writes two bytes.
func (w *Writer) U16(v uint16) { w.buf = binary.BigEndian.AppendUint16(w.buf, v) }

// U32 writes four bytes.
func (w *Writer) U32(v uint32) { w.buf = binary.BigEndian.AppendUint32(w.buf, v) }

// U64 writes eight bytes.
func (w *Writer) U64(v uint64) {
	w.buf = binary.BigEndian.AppendUint64(w.buf, v)
	if len(w.buf) >= gathered {
		w.flush()
	}
}

// Key writes a range of numbers.
func (w *Writer) Key(k number.Range) {
	b := k.Bytes()
	w.Raw(b[:])
}

// Reader reads what Writer wrote; the first error sticks and everything after it reads
// as zero. The bytes are hashed before, so that lengths are those that were written.
type Reader struct {
	b   []byte
	err error
}

// NewReader returns a Reader of bytes whose hash was checked, without the hash.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Left returns how many bytes are still to be read.
func (r *Reader) Left() int { return len(r.b) }

// End returns the first error, which is that bytes are left if there was no other.
func (r *Reader) End() error {
	if r.err == nil && len(r.b) != 0 {
		r.Fail("%d bytes too many", len(r.b))
	}
	return r.err
}

// Fail notes an error, unless there was one.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.b = nil
}

// Raw reads n bytes.
func (r *Reader) Raw(n int) []byte {
	if len(r.b) < n {
		r.Fail("it ends too early")
		return make([]byte, n)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// U8 reads one byte.
func (r *Reader) U8() uint8 { return r.Raw(1)[0] }

// Bool reads one byte.
func (r *Reader) Bool() bool { return r.U8() != 0 }

// U16 reads two bytes.
func (r *Reader) U16() uint16 { return binary.BigEndian.Uint16(r.Raw(2)) }

// U32 reads four bytes.
func (r *Reader) U32() uint32 { return binary.BigEndian.Uint32(r.Raw(4)) }

// U64 reads eight bytes.
func (r *Reader) U64() uint64 { return binary.BigEndian.Uint64(r.Raw(8)) }

// Count reads how many items of at least size bytes follow, bounded by what is left.
func (r *Reader) Count(size int) int {
	n := int(r.U32())
	if n*size > len(r.b) {
		r.Fail("%d items announced in %d bytes", n, len(r.b))
		return 0
	}
	return n
}

// CID reads a CID of the federation's kind.
func (r *Reader) CID() cid.Cid {
	c, err := taxonomy.CIDFromBytes(r.Raw(taxonomy.CIDSize))
	if err != nil {
		r.Fail("%w", err)
	}
	return c
}

// Key reads a range of numbers.
func (r *Reader) Key() number.Range {
	k, err := number.RangeFromBytes([number.KeySize]byte(r.Raw(number.KeySize)))
	if err != nil {
		r.Fail("%w", err)
	}
	return k
}

// KeyOrNone reads a range of numbers, or the zero Range.
func (r *Reader) KeyOrNone() number.Range {
	if len(r.b) >= number.KeySize && [number.KeySize]byte(r.b[:number.KeySize]) == (number.Range{}).Bytes() {
		r.Raw(number.KeySize)
		return number.Range{}
	}
	return r.Key()
}
