package engine

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	badger "github.com/dgraph-io/badger/v4"

	"ringfence/store/disk/internal/damage"
)

// sealSize is what seal adds to a value, in bytes.
const sealSize = 4

// seal appends the CRC-32C of key and payload, so that neither a flipped bit
// nor a value that came to lie under another key is taken for what was
// written. It may use what room payload has behind it.
func seal(key, payload []byte) []byte {
	return binary.BigEndian.AppendUint32(payload, sealOf(key, payload))
}

func sealOf(key, payload []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, payload)
}

func unseal(key, value []byte) ([]byte, error) {
	n := len(value) - sealSize
	if n < 0 {
		return nil, damage.Errorf("the value of key %x has %d bytes", key, len(value))
	}
	if sealOf(key, value[:n]) != binary.BigEndian.Uint32(value[n:]) {
		return nil, damage.Errorf("the value of key %x does not have its checksum", key)
	}
	return value[:n:n], nil
}

// Txn is a transaction: a view of one moment, and for the writer what it
// changes.
type Txn struct{ txn *badger.Txn }

// Get returns the value that was Set under key, and whether there is one. It is
// the caller's.
func (t Txn) Get(key []byte) ([]byte, bool, error) {
	value, ok, err := t.GetLarge(key)
	if err != nil || !ok {
		return nil, false, err
	}
	payload, err := unseal(key, value)
	return payload, err == nil, err
}

// GetLarge returns the value that was SetLarge under key, and whether there is
// one. It may be damaged, and empty when Badger found out.
func (t Txn) GetLarge(key []byte) ([]byte, bool, error) {
	item, err := t.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	value, err := item.ValueCopy(nil)
	return value, err == nil, err
}

// Set keeps a value with its checksum. Key and value are the transaction's
// from now on, with the room behind the value.
func (t Txn) Set(key, value []byte) error { return t.txn.Set(key, seal(key, value)) }

// SetLarge keeps a value whose checksum stands elsewhere, without copying it;
// it must not change before the transaction is committed.
func (t Txn) SetLarge(key, value []byte) error { return t.txn.Set(key, value) }

// Delete forgets a value, if there is one.
func (t Txn) Delete(key []byte) error { return t.txn.Delete(key) }

// Each calls fn for the values that were Set under keys that begin with prefix,
// in order, with what follows prefix in the key. Both are fn's only for the
// call. Badger ends an iteration early over a damaged table, so it is whole
// only if the tables are.
func (t Txn) Each(prefix []byte, fn func(rest, value []byte) error) error {
	opts := badger.DefaultIteratorOptions
	opts.Prefix = prefix
	opts.PrefetchSize = 16
	it := t.txn.NewIterator(opts)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		err := item.Value(func(value []byte) error {
			payload, err := unseal(item.Key(), value)
			if err != nil {
				return err
			}
			return fn(item.Key()[len(prefix):], payload)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Last returns the highest key that begins with prefix, and whether there is
// one. No key of prefix may have eight bytes 0xFF behind it.
func (t Txn) Last(prefix []byte) ([]byte, bool) {
	opts := badger.DefaultIteratorOptions
	opts.Reverse, opts.PrefetchValues = true, false
	opts.Prefix = prefix
	it := t.txn.NewIterator(opts)
	defer it.Close()
	it.Seek(binary.BigEndian.AppendUint64(append([]byte{}, prefix...), 1<<64-1))
	if !it.Valid() {
		return nil, false
	}
	return it.Item().KeyCopy(nil), true
}

// Keys returns what follows prefix in the keys that begin with it, in order. Like
// Each it is whole only if the tables are.
func (t Txn) Keys(prefix []byte) [][]byte {
	opts := badger.DefaultIteratorOptions
	opts.Prefix, opts.PrefetchValues = prefix, false
	it := t.txn.NewIterator(opts)
	defer it.Close()
	var keys [][]byte
	for it.Rewind(); it.Valid(); it.Next() {
		keys = append(keys, it.Item().KeyCopy(nil)[len(prefix):])
	}
	return keys
}
