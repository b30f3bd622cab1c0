package federation

import (
	"encoding/hex"

	"ringfence/store/keys"
)

// spacePeers is where the signed records of peers lie, by host key.
const spacePeers = "peer"

// book keeps peers' addresses over restarts.
type book struct{ store Store }

// Records implements overlay.Book.
func (b book) Records() ([][]byte, error) {
	var all [][]byte
	err := b.store.List(spacePeers, func(_ string, record []byte) error {
		all = append(all, record)
		return nil
	})
	return all, err
}

// Keep implements overlay.Book.
func (b book) Keep(host keys.Public, record []byte) error {
	return b.store.Put(spacePeers, hex.EncodeToString(host[:]), record)
}
