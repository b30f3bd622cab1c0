// Package snapshot keeps a node's list in a file, so that the next start need not replay
// the feeds.
//
// The file is of one store: what a store that was put in place of another holds may have
// arrived in another order, and the list's records point into it. So it begins with an ID
// that was drawn for the store and lies in it.
//
// Floor 11. The file can be thrown away: it only saves time.
package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"ringfence/node/api"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// File is the snapshot of one store's list. It may be used concurrently.
type File struct {
	Path  string
	Store interface {
		Get(space, key string) ([]byte, bool, error)
		Put(space, key string, value []byte) error
	}
	Space  string // of the ID in Store
	Random io.Reader
	// Write writes a file of about size bytes so that it is there whole or not at all,
	// and durable when it returns. It refuses (api.Refused) where there is no room.
	Write func(name string, size int, fill func(io.Writer) error) error

	saved atomic.Pointer[view.Stamp]
}

// Beside returns another file of the same store, which nothing was saved in yet.
func (f *File) Beside(path string) *File {
	return &File{Path: path, Store: f.Store, Space: f.Space, Random: f.Random, Write: f.Write}
}

const (
	keyStore = "store-id"
	idSize   = 16
)

// id tells this store's records from those of any other.
func (f *File) id() ([]byte, error) {
	id, ok, err := f.Store.Get(f.Space, keyStore)
	if err != nil || ok {
		return id, err
	}
	id = make([]byte, idSize)
	if _, err := io.ReadFull(f.Random, id); err != nil {
		return nil, err
	}
	return id, f.Store.Put(f.Space, keyStore, id)
}

// Load returns the view that the file holds; nil without one. A list of a day after
// latest is none that can be gone on from.
func (f *File) Load(cfg view.Config, latest taxonomy.Day) (*view.View, error) {
	b, err := os.ReadFile(f.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := f.id()
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(b, id) {
		return nil, errors.New("it is of another store")
	}
	v, err := view.Load(cfg, b[len(id):])
	if err != nil {
		return nil, err
	}
	stamp := v.List().Stamp()
	if stamp.Day > latest {
		return nil, fmt.Errorf("it stands on %s, which is after today", stamp.Day)
	}
	f.saved.Store(&stamp)
	return v, nil
}

// Save writes the list's snapshot if the list changed since the last. Where there is no
// room for it, that is told to tell, and no error.
func (f *File) Save(v *view.View, tell func(why error)) error {
	l := v.List()
	stamp := l.Stamp()
	if saved := f.saved.Load(); saved != nil && *saved == stamp {
		return nil
	}
	id, err := f.id()
	if err != nil {
		return fmt.Errorf("save the list's snapshot: %w", err)
	}
	const perKey, perStatement, rest = 32, 48, 1 << 20 // bytes, rounded up
	c := l.Counts()
	err = f.Write(filepath.Clean(f.Path), c.Keys*perKey+c.Statements*perStatement+c.Suspended*(perKey+perStatement)+rest, func(w io.Writer) error {
		if _, err := w.Write(id); err != nil {
			return err
		}
		return v.Save(w)
	})
	if api.KindOf(err) == api.Refused {
		tell(err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("save the list's snapshot: %w", err)
	}
	f.saved.Store(&stamp)
	return nil
}
