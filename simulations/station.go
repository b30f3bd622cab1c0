package simulations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"ringfence/node"
	"ringfence/store/keys"
)

// station is one node of the demo, running or not.
type station struct {
	seat
	cfg   node.Config
	voice Voice

	node   *node.Node // nil while it is stopped
	halted context.CancelFunc
	ended  chan error
}

// KeyFileName is the file of a demo node's directory that opens its keys: a
// demonstration needs no passphrase, and a real node should not keep the two
// together.
const KeyFileName = "demo.key"

// MakeVoice makes the directory of a node and the keys by which it speaks and is
// known, at rest as any node's. With the ledger's key it is a regulator's.
func MakeVoice(dir string, random io.Reader, log keys.Private) (Voice, keys.Unlock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Voice{}, keys.Unlock{}, err
	}
	file := filepath.Join(dir, KeyFileName)
	if err := keys.CreateKeyFile(file, random); err != nil {
		return Voice{}, keys.Unlock{}, err
	}
	ring, unlock := filepath.Join(dir, node.KeysDir), keys.KeyFile(file)
	purposes := []keys.Purpose{keys.PurposeIssuer, keys.PurposeHost}
	if !log.IsZero() {
		purposes = append(purposes, keys.PurposeVote, keys.PurposeCosign)
		if _, err := keys.Import(ring, keys.PurposeLog, log, unlock, random); err != nil {
			return Voice{}, keys.Unlock{}, err
		}
	}
	for _, p := range purposes {
		if _, err := keys.Create(ring, p, unlock, random); err != nil {
			return Voice{}, keys.Unlock{}, err
		}
	}
	opened, err := keys.Open(ring, unlock)
	if err != nil {
		return Voice{}, keys.Unlock{}, err
	}
	var v Voice
	for p, key := range map[keys.Purpose]*keys.Private{keys.PurposeIssuer: &v.Issuer, keys.PurposeHost: &v.Host, keys.PurposeVote: &v.Vote, keys.PurposeCosign: &v.Cosign} {
		if !slices.Contains(purposes, p) {
			continue
		}
		if *key, err = opened.Private(p); err != nil {
			return Voice{}, keys.Unlock{}, err
		}
	}
	return v, unlock, nil
}

// Settle gives a directory the sealed charter and the store from which its new
// key signs; a regulator's also what certification is kept in.
func Settle(dir string, sealed []byte, v Voice) error {
	if err := os.WriteFile(filepath.Join(dir, node.GenesisFile), sealed, 0o644); err != nil {
		return err
	}
	err := node.NewStore(dir, v.Issuer.Public())
	if err == nil && !v.Cosign.IsZero() {
		err = node.NewCertification(dir, v.Cosign.Public())
	}
	return err
}

// start opens the node and runs it until halt. It returns once its faces
// listen.
func (s *station) start() error {
	opened, err := node.Open(s.cfg)
	if err != nil {
		return fmt.Errorf("%s: %w", s.id, err)
	}
	ctx, halted := context.WithCancel(context.Background())
	s.node, s.halted, s.ended = opened, halted, make(chan error, 1)
	go func(ended chan<- error) { ended <- opened.Run(ctx) }(s.ended)
	select {
	case <-opened.Ready():
		return nil
	case err := <-s.ended:
		s.ended <- err
		return s.halt()
	}
}

// halt ends the node, if it runs, and closes its directory.
func (s *station) halt() error {
	if s.node == nil {
		return nil
	}
	s.halted()
	err := errors.Join(<-s.ended, s.node.Close())
	s.node = nil
	if err != nil {
		return fmt.Errorf("%s: %w", s.id, err)
	}
	return nil
}

// socket is where the node listens for its owner.
func (s *station) socket() string { return filepath.Join(s.cfg.Dir, "node.sock") }
