package quorumtest

import (
	"errors"
	"sync"

	"ringfence/consensus/cosign"
)

// Keeper is a certification state in memory, which outlives its regulator. The zero Keeper
// holds none yet. It may be used concurrently.
type Keeper struct {
	mu    sync.Mutex
	state cosign.State
	lost  string
}

// State returns what was kept last, and why it was forgotten; "" if it was not.
func (k *Keeper) State() (cosign.State, string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state, k.lost
}

// Keep keeps a state, unless it was forgotten.
func (k *Keeper) Keep(s cosign.State) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lost != "" {
		return errors.New("the state is lost: " + k.lost)
	}
	k.state = s
	return nil
}

// Forget notes that the state cannot be trusted any more.
func (k *Keeper) Forget(why string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost = why
	return nil
}

// Adopt keeps a state that can be trusted again.
func (k *Keeper) Adopt(s cosign.State) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state, k.lost = s, ""
	return nil
}
