package authority

import (
	"fmt"

	"ringfence/consensus/cosign"
	"ringfence/store/disk/certification"
)

// Keeper keeps a regulator's certification state in the file of its cosigning key. It
// implements quorum.Keeper.
type Keeper struct {
	file  *certification.Keeper
	state cosign.State
}

// NewKeeper reads what the file holds.
func NewKeeper(file *certification.Keeper) (*Keeper, error) {
	k := &Keeper{file: file}
	if condition, _ := file.Condition(); condition != certification.Held {
		return k, nil
	}
	var err error
	if k.state, err = cosign.DecodeState(file.State()); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return k, nil
}

// State returns what was kept last, and why it is lost, if it is.
func (k *Keeper) State() (cosign.State, string) {
	condition, why := k.file.Condition()
	if condition == certification.Lost {
		return k.state, why
	}
	return k.state, ""
}

// Keep makes a state durable.
func (k *Keeper) Keep(s cosign.State) error {
	if err := k.file.Keep(s.Encode()); err != nil {
		return err
	}
	k.state = s
	return nil
}

// Forget makes it durable that the state is lost.
func (k *Keeper) Forget(why string) error { return k.file.Lose(why) }

// Close closes the file.
func (k *Keeper) Close() error { return k.file.Close() }

// Adopt holds a lost state again.
func (k *Keeper) Adopt(s cosign.State) error {
	if err := k.file.Adopt(s.Encode()); err != nil {
		return err
	}
	k.state = s
	return nil
}
