package disk

import (
	"bytes"
	"fmt"

	badger "github.com/dgraph-io/badger/v4"
)

// maxNamed bounds a named value, in bytes: they are small by their purpose.
const maxNamed = 1 << 20

func checkName(verb, space, key string) error {
	if len(space) < 1 || len(space) > maxName || len(key) < 1 || len(key) > maxKey {
		return fmt.Errorf("disk: %s %q/%.64q: a space has 1 to %d bytes, a key 1 to %d", verb, space, key, maxName, maxKey)
	}
	return nil
}

// Put keeps a named value of at most 1 MiB, durably. A space has 1 to 255
// bytes, a key 1 to 1,024.
func (s *Store) Put(space, key string, value []byte) error {
	if err := checkName("put", space, key); err != nil {
		return err
	}
	if len(value) > maxNamed {
		return fmt.Errorf("disk: put %s/%s: %d bytes, the most is %d", space, key, len(value), maxNamed)
	}
	return s.write(len(value), func() error {
		err := s.commit(func(txn *badger.Txn) error { return set(txn, namedKey(space, key), value) })
		if err != nil {
			return fmt.Errorf("disk: put %s/%s: %w", space, key, err)
		}
		return s.settle()
	})
}

// Get returns a named value, and whether there is one.
func (s *Store) Get(space, key string) ([]byte, bool, error) {
	var value []byte
	var ok bool
	err := s.view(func(txn *badger.Txn) error {
		var err error
		value, ok, err = get(txn, namedKey(space, key))
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
	err := s.view(func(txn *badger.Txn) error {
		return each(txn, namedPrefix(space), func(rest, _ []byte) error {
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
	if err := checkName("delete", space, key); err != nil {
		return err
	}
	return s.write(0, func() error {
		err := s.commit(func(txn *badger.Txn) error { return txn.Delete(namedKey(space, key)) })
		if err != nil {
			return fmt.Errorf("disk: delete %s/%s: %w", space, key, err)
		}
		return s.settle()
	})
}

// eachNamed calls fn for every named value, by space and key.
func eachNamed(txn *badger.Txn, fn func(space, key string, value []byte) error) error {
	return each(txn, []byte{spaceNamed}, func(rest, payload []byte) error {
		if len(rest) < 1 || len(rest) < 1+int(rest[0]) {
			return damaged("the key %x of a named value", rest)
		}
		n := 1 + int(rest[0])
		return fn(string(rest[1:n]), string(rest[n:]), bytes.Clone(payload))
	})
}
