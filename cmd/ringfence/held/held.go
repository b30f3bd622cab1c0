// Package held opens what the directory of a stopped node holds, for verbs that go through
// it without a node: the store, of the federation whose genesis lies beside it.
//
// It makes no store where none is, and refuses one of another federation.
//
// Floor 15, a room of cmd/ringfence.
package held

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/bound"
	"ringfence/node/config"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/disk"
)

// ErrNone is what the error wraps where no node has run yet.
var ErrNone = errors.New("the directory holds no store")

// Held is what was opened.
type Held struct {
	Genesis *charter.Genesis
	State   *charter.State // as the genesis has it
	Store   *disk.Store    // to be closed
}

// Open opens the store of a directory that has one, of this federation.
func Open(cfg config.Config) (Held, error) {
	genesis, state, err := node.ReadGenesis(cfg.Dir)
	if err != nil {
		return Held{}, api.Tell(api.BadInput, phrase.From(err))
	}
	dir := filepath.Join(cfg.Dir, node.StoreDir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return Held{}, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	log := slog.New(slog.DiscardHandler)
	store, err := disk.Open(disk.Config{Dir: dir, FreeFloor: cfg.FreeFloor, Federation: state.Federation(), Logger: log})
	if err != nil {
		return Held{}, err
	}
	whose := bound.Store{Store: store, Dir: cfg.Dir, Genesis: filepath.Join(cfg.Dir, node.GenesisFile), Log: log}
	if err := whose.Bind(state.Federation()); err != nil {
		return Held{}, errors.Join(err, store.Close())
	}
	return Held{genesis, state, store}, nil
}
