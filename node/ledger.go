package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"ringfence/node/authority"
	"ringfence/node/federation"
	"ringfence/store/charter"
	"ringfence/store/disk/certification"
	"ringfence/store/keys"
)

// raftDir is where a regulator's Raft lies in a data directory.
const raftDir = "raft"

// openLedger folds the ledger that is held here.
func (n *Node) openLedger() error {
	seat, err := n.seat()
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.under, err = authority.Open(context.Background(), authority.Config{
		Genesis: n.genesis, Ledger: n.store.Ledger(), Enacted: n.enact, Seat: seat, Now: n.cfg.Now, Logger: n.log,
	})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// enact takes what the regulators decided to the list.
func (n *Node) enact(decided []charter.Enacted) error {
	if n.view == nil {
		n.decided = append(n.decided, decided...)
		return nil
	}
	if err := n.view.Enact(decided...); err != nil {
		return err
	}
	n.wake()
	return nil
}

// seat is what this node has to take part in keeping the ledger; nil if it is no
// regulator's, or has not all the keys.
func (n *Node) seat() (*authority.Seat, error) {
	if n.ring == nil || n.host.IsZero() {
		return nil, nil
	}
	s := authority.Seat{Host: n.host.Public(), Dir: filepath.Join(n.cfg.Dir, raftDir), Timing: n.cfg.Quorum}
	for purpose, key := range map[keys.Purpose]*keys.Private{keys.PurposeVote: &s.Vote, keys.PurposeCosign: &s.Cosign, keys.PurposeLog: &s.Log} {
		var err error
		if *key, err = n.ring.Private(purpose); err != nil {
			return nil, nil // whoever lacks one is no regulator, or not on this node
		}
	}
	cosign := s.Cosign.Public()
	seated := slices.ContainsFunc(n.state.Regulators(), func(r charter.RegulatorSeat) bool { return r.Cosign == cosign && r.Vote == s.Vote.Public() })
	if !seated || s.Log.Public() != n.state.LogKey() {
		return nil, nil
	}
	file, err := certification.Open(filepath.Join(n.cfg.Dir, StoreDir), cosign)
	if err != nil {
		return nil, err
	}
	if n.keeper, err = authority.NewKeeper(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	s.Keeper = n.keeper
	return &s, nil
}

// runLedger follows the ledger among the others until ctx ends.
func (n *Node) runLedger(ctx context.Context, f *federation.Federation) error {
	if f == nil {
		<-ctx.Done()
		return nil
	}
	if err := n.under.Run(ctx, f.Overlay(), f.Spread); err != nil {
		n.log.Error("this node takes no part in the ledger any more; all else goes on", "reason", err)
	}
	<-ctx.Done()
	return nil
}

// Ledger returns the node's place under the regulators' ledger.
func (n *Node) Ledger() *authority.Authority { return n.under }

// NewCertification makes the state of a regulator's cosigning key, which has signed
// nothing yet. The directory must have its store.
func NewCertification(dir string, cosign keys.Public) error {
	if err := certification.Create(filepath.Join(dir, StoreDir), cosign); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}
