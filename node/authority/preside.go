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

// How often a regulator that waits for room on its disk looks for it, and for how many
// looks in a row it must be there.
const (
	roomEvery = time.Second
	roomFor   = 3
)

// preside has a regulator take part until ctx ends, anew whenever it could not go on: what
// another regulator sends must not unseat it, and it can be asked to realign only while it
// takes part. On a disk that is too full it waits for room. It ends with what its own disk
// did, which no new beginning mends.
func (a *Authority) preside(ctx context.Context, run func(context.Context) error) error {
	for wait := beginSoon; ; wait = min(2*wait, beginLate) {
		begun := time.Now()
		err := run(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
			return nil
		case errors.Is(err, certify.ErrBroken) || errors.Is(err, group.ErrDisk) || errors.Is(err, group.ErrDamaged):
			return fmt.Errorf("authority: %w", err)
		case errors.Is(err, group.ErrFull):
			a.full.Store(true)
			a.log.Error("this regulator takes no part while its disk is too full, and goes on by itself once there is room", "reason", err)
			if !a.room(ctx) {
				return nil
			}
			a.full.Store(false)
			a.log.Info("there is room on the disk: this regulator goes on")
			wait = beginSoon / 2 // which the loop doubles
			continue
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

// room waits until there is room on the disk; false when ctx ended before.
func (a *Authority) room(ctx context.Context) bool {
	look := time.NewTicker(roomEvery)
	defer look.Stop()
	for there := 0; there < roomFor; there++ {
		select {
		case <-ctx.Done():
			return false
		case <-look.C:
		}
		if a.cfg.Seat.Room() != nil {
			there = -1
		}
	}
	return true
}
