package follow

import (
	"context"
	"errors"
	"fmt"

	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
)

// ErrPin is what errors wrap that say: a ledger that is offered, or held, does not have
// the checkpoint that was pinned.
var ErrPin = errors.New("it is not the ledger whose checkpoint was pinned")

// pinned compares a ledger with the pin, as soon as it is large enough. Whoever knows no
// more than the genesis cannot tell the ledger from one that the regulators of old times
// certify with the keys that they gave up; with a pin he can. That it differs ends
// nothing: anybody may offer such a ledger, and the next one may be the right one.
func (f *Follower) pinned(ctx context.Context, r *ledger.Reader, n checkpoint.Note) error {
	pin := f.cfg.Pin
	if n.Size < pin.Size || f.at.Load().past.Size() >= pin.Size {
		return nil
	}
	then, err := r.At(ctx, pin.Size)
	if err == nil && then.Head() != pin {
		err = fmt.Errorf("%w: %s was pinned, and it had %s; ask those who told the pin whether it is right: either it is not, or whoever serves this ledger forged it", ErrPin, pin, then.Head())
	}
	return err
}
