package disk

import (
	"bytes"
	"fmt"

	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
)

// Put keeps a named value of at most 1 MiB, durably. A space has 1 to 255
// bytes, a key 1 to 1,024.
func (s *Store) Put(space, key string, value []byte) error {
	if err := layout.CheckName(space, key, value); err != nil {
		return fmt.Errorf("disk: put %w", err)
	}
	return s.db.Write(len(value), func() error {
		err := s.db.Commit(func(txn engine.Txn) error { return txn.Set(layout.NamedKey(space, key), bytes.Clone(value)) })
		if err != nil {
			return fmt.Errorf("disk: put %s/%s: %w", space, key, err)
		}
		return s.db.Settle()
	})
}

// Get returns a named value, and whether there is one.
func (s *Store) Get(space, key string) ([]byte, bool, error) {
	var value []byte
	var ok bool
	err := s.db.View(func(txn engine.Txn) error {
		var err error
		value, ok, err = txn.Get(layout.NamedKey(space, key))
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("disk: get %s/%s: %w", space, key, err)
	}
	return value, ok, nil
}

// List calls fn for the values of a space as they are now, in the byte order
// of their keys. fn may use the store.
func (s *Store) List(space string, fn func(key string, value []byte) error) error {
	var names []string
	err := s.db.View(func(txn engine.Txn) error {
		return txn.Each(layout.NamedPrefix(space), func(rest, _ []byte) error {
			names = append(names, string(rest))
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("disk: list %s: %w", space, err)
	}
	for _, key := range names {
		value, ok, err := s.Get(space, key)
		if err != nil {
			return err
		}
		if !ok {
			continue // deleted since
		}
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}

// Delete forgets a named value, durably, if there is one.
func (s *Store) Delete(space, key string) error {
	if err := layout.CheckName(space, key, nil); err != nil {
		return fmt.Errorf("disk: delete %w", err)
	}
	return s.db.Write(0, func() error {
		err := s.db.Commit(func(txn engine.Txn) error { return txn.Delete(layout.NamedKey(space, key)) })
		if err != nil {
			return fmt.Errorf("disk: delete %s/%s: %w", space, key, err)
		}
		return s.db.Settle()
	})
}

// eachNamed calls fn for every named value, by space and key.
func eachNamed(txn engine.Txn, fn func(space, key string, value []byte) error) error {
	return txn.Each([]byte{layout.SpaceNamed}, func(rest, payload []byte) error {
		space, key, err := layout.DecodeNamed(rest)
		if err != nil {
			return err
		}
		return fn(space, key, bytes.Clone(payload))
	})
}
