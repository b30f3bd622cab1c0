package authority

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
)

// How long a regulator that could not go on waits before it begins anew: twice as long
// each time, and as little as at first after it went on for a while.
const (
	beginSoon = time.Second
	beginLate = 10 * time.Second
)

// preside has a regulator take part until ctx ends, anew whenever it could not go on: what
// another regulator sends must not unseat it, and it can be asked to realign only while it
// takes part. It ends with what its own disk did, which no new beginning mends.
func (a *Authority) preside(ctx context.Context, run func(context.Context) error) error {
	for wait := beginSoon; ; wait = min(2*wait, beginLate) {
		begun := time.Now()
		err := run(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
			return nil
		case errors.Is(err, certify.ErrBroken) || errors.Is(err, group.ErrDisk) || errors.Is(err, group.ErrDamaged):
			return fmt.Errorf("authority: %w", err)
		}
		if time.Since(begun) > beginLate {
			wait = beginSoon
		}
		a.log.Error("this regulator could not go on, and begins anew", "in", wait, "reason", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}
