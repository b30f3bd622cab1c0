package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"ringfence/node/bound"
)

func (n *Node) bound() *bound.Store {
	return &bound.Store{Store: n.store, Dir: n.cfg.Dir, Genesis: GenesisFile, Issuer: n.whose(), Log: n.log}
}

// bind makes the store that of the node's federation.
func (n *Node) bind() error { return n.bound().Bind(n.founded.Federation()) }

// FederationOf returns in which federation the store of a data directory, where no
// node runs, said or heard anything: ours, if it did so there; undefined, if in none.
func FederationOf(dir string, ours cid.Cid) (of cid.Cid, err error) {
	switch _, err := os.Stat(filepath.Join(dir, StoreDir)); {
	case errors.Is(err, fs.ErrNotExist):
		return cid.Undef, nil
	case err != nil:
		return cid.Undef, fmt.Errorf("node: %w", err)
	}
	n := &Node{cfg: complete(Config{Dir: dir})}
	n.log = n.cfg.Logger
	if err := n.openStore(); err != nil {
		return cid.Undef, err
	}
	defer func() { err = errors.Join(err, n.store.Close()) }()
	if err := n.recallIssuer(); err != nil {
		return cid.Undef, err
	}
	if _, of, err = n.bound().SpokenIn(ours); err != nil {
		return cid.Undef, fmt.Errorf("node: of which federation the store in %s is: %w", dir, err)
	}
	return of, nil
}
