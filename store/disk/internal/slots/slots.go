// Package slots keeps one small value in a file of its own, so that it is never
// less than what was last acknowledged.
//
// There are two slots, written in turn, in place and synced, each with its generation
// and a SHA-256: a write that is cut short leaves the one before. A slot may be
// written in two copies, where falling back to the one before because a bit flipped
// would be as bad as losing it.
//
// After a failed sync nobody knows what the disk holds, and a second one that works
// proves nothing; so the first failure is final, and only opening the file again
// tells.
//
// Floor 6, a room of store/disk. It does not know what it keeps, and it refuses a file
// of which neither slot is whole.
package slots

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/datadir"
)

// Form is how a file is written. It never changes for what stands under one magic.
type Form struct {
	Magic  string   // 8 bytes that begin each slot
	Older  []string // others that are read
	Size   int      // of a slot in bytes
	Copies int      // of each slot: 1 or 2
}

// A slot is
//
//	magic 8, generation 8, size of the rest 4, value, SHA-256 of all before 32
const (
	magicSize = 8
	head      = magicSize + 8 + 4

	// Overhead is what a slot needs beside its value, in bytes.
	Overhead = head + sha256.Size
)

// FS is the part of a file system that is needed, so that tests can tear it.
type FS interface {
	// Open opens a file to read and write, and makes it when it is missing.
	Open(path string) (Handle, error)
	// Create opens a file to read and write, and empties it.
	Create(path string) (Handle, error)
	// Rename gives a file the place of another.
	Rename(from, to string) error
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
}

// Handle is an open file.
type Handle interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
}

// Disk is the operating system's file system.
type Disk struct{}

// Open implements FS; the file is for the owner alone.
func (Disk) Open(path string) (Handle, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

// Create implements FS; the file is for the owner alone.
func (Disk) Create(path string) (Handle, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
}

// Rename implements FS.
func (Disk) Rename(from, to string) error { return os.Rename(from, to) }

// SyncDir implements FS.
func (Disk) SyncDir(dir string) error { return datadir.Sync(dir) }

// What callers may want to tell apart, with errors.Is.
var (
	// ErrTooLarge tells that a value does not fit into a slot; nothing was written.
	ErrTooLarge = errors.New("it does not fit into a slot")
	// ErrFailed tells that a write failed, now or before.
	ErrFailed = errors.New("a write could not be made durable; the file must be opened again")
)

// File is an open file. It serves one writer.
type File struct {
	f    Handle
	path string
	form Form

	generation uint64 // 0 when nothing was ever kept
	now        []byte
	magic      string // of the slot in which it is kept
	failed     error
}

// Open opens a file, or makes an empty one. When something is in it and neither slot
// is whole, it is damaged.
func Open(fs FS, path string, form Form) (*File, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	file := &File{f: f, path: path, form: form}
	if err = file.load(); err == nil {
		err = fs.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return file, nil
}

// Create makes a file that holds a value, in the place of whatever is there, and opens
// it. It has all its room from the beginning, so that a full disk stops no write.
func Create(fs FS, path string, form Form, value []byte) (*File, error) {
	const unfinished = ".new"
	f, err := fs.Create(path + unfinished)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteAt(make([]byte, 2*form.Copies*form.Size), 0)
	if err == nil {
		err = (&File{f: f, path: path, form: form}).Keep(value)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fs.Rename(path+unfinished, path)
	}
	if err != nil {
		return nil, err
	}
	return Open(fs, path, form)
}

func (f *File) load() error {
	empty := true
	for place := range int64(2 * f.form.Copies) {
		b := make([]byte, f.form.Size)
		n, err := f.f.ReadAt(b, place*int64(f.form.Size))
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		empty = empty && n == 0
		if generation, value, ok := f.form.decode(b[:n]); ok && generation > f.generation {
			f.generation, f.now, f.magic = generation, value, string(b[:magicSize])
		}
	}
	if f.generation == 0 && !empty {
		return damage.Errorf("%s: neither slot is whole", f.path)
	}
	return nil
}

// IsNew reports whether nothing was ever kept in the file.
func (f *File) IsNew() bool { return f.generation == 0 }

// Now returns what is kept. It must not be changed.
func (f *File) Now() []byte { return f.now }

// Magic returns under which of the form's magics it is kept.
func (f *File) Magic() string { return f.magic }

// Keep makes value what is kept, durably. Except for ErrTooLarge an error is final,
// and leaves open what the file holds.
func (f *File) Keep(value []byte) error {
	if f.failed != nil {
		return f.failed
	}
	if most := f.form.Size - Overhead; len(value) > most {
		return fmt.Errorf("%w: it has %d bytes, the most is %d", ErrTooLarge, len(value), most)
	}
	next := f.generation + 1
	b := f.form.encode(next, value)
	slot := int64(next%2) * int64(f.form.Copies)
	var err error
	for i := range int64(f.form.Copies) {
		if err == nil {
			_, err = f.f.WriteAt(b, (slot+i)*int64(f.form.Size))
		}
	}
	if err == nil {
		err = f.f.Sync()
	}
	if err != nil {
		f.failed = fmt.Errorf("%s: %w: %w", f.path, ErrFailed, err)
		return f.failed
	}
	f.generation, f.now, f.magic = next, bytes.Clone(value), f.form.Magic
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

func (form *Form) encode(generation uint64, value []byte) []byte {
	b := append(make([]byte, 0, len(value)+Overhead), form.Magic...)
	b = binary.BigEndian.AppendUint64(b, generation)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)+sha256.Size))
	b = append(b, value...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func (form *Form) decode(b []byte) (generation uint64, value []byte, whole bool) {
	if len(b) < Overhead {
		return 0, nil, false
	}
	if magic := string(b[:magicSize]); magic != form.Magic && !slices.Contains(form.Older, magic) {
		return 0, nil, false
	}
	generation = binary.BigEndian.Uint64(b[magicSize:])
	size := binary.BigEndian.Uint32(b[head-4:])
	if size < sha256.Size || uint64(size) > uint64(len(b)-head) {
		return 0, nil, false
	}
	end := head + int(size) - sha256.Size
	if sum := sha256.Sum256(b[:end]); !bytes.Equal(sum[:], b[end:end+sha256.Size]) {
		return 0, nil, false
	}
	return generation, b[head:end:end], true
}
