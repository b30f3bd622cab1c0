// Package sample proves something of a node's ledger, to say how large that is.
//
// Floor 14, a room of simulations.
package sample

import (
	"context"
	"errors"

	"ringfence/node/authority"
	"ringfence/store/ledger"
)

// Proof returns the size of a proof file for the entry before the last tick, a ratified
// one, in bytes, checked as a stranger would.
func Proof(ctx context.Context, under *authority.Authority) (int, error) {
	follower := under.Follower()
	standing := follower.Standing()
	r := ledger.NewReader(follower.Tree(), under)
	index := standing.Note.Size - 2 // before the last tick
	entries, err := r.Entries(ctx, index/ledger.Full)
	if err != nil {
		return 0, err
	}
	openings, err := r.Openings(ctx, index/ledger.Full)
	if err != nil {
		return 0, err
	}
	entry := entries[index%ledger.Full]
	path, err := r.Inclusion(ctx, index, standing.Note.Size)
	if err != nil {
		return 0, err
	}
	p := ledger.Proof{Extra: append(append([]byte(nil), entry...), openings[index%ledger.Full]...), Index: index, Path: path, Checkpoint: standing.Note.Bytes()}
	if _, err := p.Verify(entry, under.LogKey(), standing.State.Cosigners()); err != nil {
		return 0, err
	}
	if len(openings[index%ledger.Full]) == 0 {
		return 0, errors.New("the last entry before the tick is not a ratified one")
	}
	return len(p.Bytes()), nil
}
