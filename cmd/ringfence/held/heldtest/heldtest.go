// Package heldtest makes directories of stopped nodes, for tests of verbs that go through
// what one holds.
//
// Floor 15, a room of cmd/ringfence.
package heldtest

import (
	"os"
	"path/filepath"
	"testing"

	"ringfence/consensus/audit/audittest"
	"ringfence/node"
	"ringfence/store/ledger"
)

// Directory returns a data directory that holds a world; change and members are those of
// its Keep.
func Directory(t testing.TB, w *audittest.World, change func([]ledger.Entry), members ...string) string {
	t.Helper()
	dir := t.TempDir()
	genesis, err := w.Genesis.Encode()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, node.GenesisFile), genesis, 0o600)
	}
	if err == nil {
		err = w.Keep(filepath.Join(dir, node.StoreDir), change, members...).Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
