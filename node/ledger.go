package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"ringfence/node/authority"
	"ringfence/node/federation"
	"ringfence/node/forks"
	"ringfence/node/succession"
	"ringfence/store/charter"
	"ringfence/store/disk/certification"
	"ringfence/store/keys"
)

// openLedger folds the ledger that is held here.
func (n *Node) openLedger() error {
	cfg := authority.Config{Genesis: n.genesis, Ledger: n.store.Ledger(), Exhibits: n.store, Enacted: n.enact, Now: n.cfg.Now, Logger: n.log}
	var err error
	if cfg.Pin, err = authority.ReadPin(n.cfg.Dir, n.founded); err == nil && n.ring != nil && !n.host.IsZero() {
		if err = n.inherit(n.seated); err != nil {
			return err
		}
		cfg.Seat, err = authority.Take(n.founded, n.ring, n.cfg.Dir, filepath.Join(n.cfg.Dir, StoreDir))
	}
	if cfg.Seat != nil {
		cfg.Seat.Timing, cfg.Seat.Room = n.cfg.Quorum, n.store.Writable
	}
	if err == nil {
		n.under, err = authority.Open(context.Background(), cfg)
	}
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// seated takes up a regulator's keys that wait, where its seat names them.
func (n *Node) seated(h succession.Heir) (*keys.Ring, error) {
	return h.Seat(func() (*charter.State, error) {
		return authority.Constitution(context.Background(), n.genesis, n.store.Ledger())
	})
}

// enact takes what the regulators decided to the list.
func (n *Node) enact(decided []charter.Enacted) error {
	n.history.Add(decided)
	n.pieces.Add(decided)
	if err := n.heads.Add(decided); err != nil {
		return err
	}
	if n.view == nil {
		n.decided = append(n.decided, decided...)
	} else if err := n.view.Enact(decided...); err != nil {
		return err
	}
	if err := forks.Noted(decided, n.door.Note); err != nil || n.view == nil {
		return err
	}
	n.wake()
	return nil
}

// State returns the constitution as the ledger stands that the list is made of. Whoever
// asks who is a member, an issuer or a regulator asks it anew each time.
func (n *Node) State() *charter.State { return n.view.List().State() }

// EverAdmitted implements intake.Roster.
func (n *Node) EverAdmitted(issuer keys.Public) bool { return n.State().EverAdmitted(issuer) }

// runLedger follows the ledger among the others until ctx ends.
func (n *Node) runLedger(ctx context.Context, f *federation.Federation) error {
	if f == nil {
		<-ctx.Done()
		return nil
	}
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { n.Council.Run(ctx, f.Overlay()) })
	if err := n.under.Run(ctx, f.Overlay(), f.Spread); err != nil {
		n.log.Error("this node takes no part in the ledger any more; all else goes on", "reason", err)
	}
	<-ctx.Done()
	return nil
}

// Ledger returns the node's place under the regulators' ledger.
func (n *Node) Ledger() *authority.Authority { return n.under }

// EnsureCertification is NewCertification for a key that may have it already, because
// making use of it was cut short.
func EnsureCertification(dir string, cosign keys.Public) error {
	if err := NewCertification(dir, cosign); err != nil && !errors.Is(err, certification.ErrExists) {
		return err
	}
	return nil
}

// NewCertification makes the state of a regulator's cosigning key, which has signed
// nothing yet. The directory must have its store.
func NewCertification(dir string, cosign keys.Public) error {
	if err := certification.Create(filepath.Join(dir, StoreDir), cosign); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}
