// Package torn is a file system in memory that loses what was not synced, as a
// power cut does, and fails when it is told to.
//
// For tests only, beside store/disk/internal/slots on floor 6.
package torn

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"ringfence/store/disk/internal/slots"
)

// Sector is how many bytes a disk writes whole or not at all.
const Sector = 512

// ErrIO is what a call that was told to fail answers.
var ErrIO = errors.New("input/output error")

// FS holds files of one directory. The zero value is empty. It serves one goroutine.
type FS struct {
	Syncs  int // of files and of the directory, so far
	FailAt int // the sync that fails, counted from 1; 0 for none

	names, durable map[string]*file
}

// file is what a program sees of a file, and what the disk surely holds.
type file struct {
	now, synced []byte
}

type handle struct {
	file *file
	fs   *FS
}

// Open implements slots.FS.
func (fs *FS) Open(path string) (slots.Handle, error) {
	f := fs.names[path]
	if f == nil {
		f = &file{}
		fs.name(path, f)
	}
	return handle{f, fs}, nil
}

// Create implements slots.FS.
func (fs *FS) Create(path string) (slots.Handle, error) {
	f := &file{}
	fs.name(path, f)
	return handle{f, fs}, nil
}

func (fs *FS) name(path string, f *file) {
	if fs.names == nil {
		fs.names = make(map[string]*file)
	}
	fs.names[path] = f
}

// Has reports whether a file is there.
func (fs *FS) Has(path string) bool { return fs.names[path] != nil }

// Flip changes a bit of a file, also where the disk holds it.
func (fs *FS) Flip(path string, bit int) {
	f := fs.names[path]
	f.now[bit/8] ^= 1 << (bit % 8)
	f.synced = bytes.Clone(f.now)
}

// Len returns the size of a file.
func (fs *FS) Len(path string) int { return len(fs.names[path].now) }

// Remove removes a file, durably.
func (fs *FS) Remove(path string) {
	delete(fs.names, path)
	delete(fs.durable, path)
}

// Rename implements slots.FS.
func (fs *FS) Rename(from, to string) error {
	fs.name(to, fs.names[from])
	delete(fs.names, from)
	return nil
}

// SyncDir implements slots.FS.
func (fs *FS) SyncDir(string) error {
	if err := fs.sync(); err != nil {
		return err
	}
	fs.durable = maps.Clone(fs.names)
	return nil
}

func (fs *FS) sync() error {
	if fs.Syncs++; fs.Syncs == fs.FailAt {
		return ErrIO
	}
	return nil
}

func (h handle) ReadAt(b []byte, at int64) (int, error) {
	if at >= int64(len(h.file.now)) {
		return 0, io.EOF
	}
	n := copy(b, h.file.now[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (h handle) WriteAt(b []byte, at int64) (int, error) {
	if missing := int(at) + len(b) - len(h.file.now); missing > 0 {
		h.file.now = append(h.file.now, make([]byte, missing)...)
	}
	return copy(h.file.now[at:], b), nil
}

func grown(b []byte, size int) []byte {
	return append(bytes.Clone(b), make([]byte, max(0, size-len(b)))...)
}

func (h handle) Sync() error {
	if err := h.fs.sync(); err != nil {
		return err
	}
	h.file.synced = bytes.Clone(h.file.now)
	return nil
}

func (h handle) Close() error { return nil }

// Crash returns what a power cut leaves: of what was not synced some sectors, and
// some names.
func (fs *FS) Crash(random *rand.Rand) *FS {
	left := &FS{}
	paths := slices.AppendSeq(slices.Collect(maps.Keys(fs.names)), maps.Keys(fs.durable))
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		f := fs.durable[path]
		if f != fs.names[path] && random.IntN(2) == 0 {
			f = fs.names[path]
		}
		if f == nil {
			continue
		}
		b := grown(f.synced, len(f.now))
		for at := 0; at < len(b); at += Sector {
			if end := min(at+Sector, len(b)); random.IntN(2) == 0 {
				copy(b[at:end], f.now[at:end])
			}
		}
		left.name(filepath.Clean(path), &file{now: b, synced: bytes.Clone(b)})
	}
	left.durable = maps.Clone(left.names)
	return left
}
