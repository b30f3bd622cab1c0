package authority

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
)

// What another regulator can bring about ends no regulator's part: it begins anew, and not
// all the time. What its own disk did ends it.
func TestARegulatorBeginsAnew(t *testing.T) {
	a := &Authority{log: slog.New(slog.DiscardHandler)}
	for _, why := range []error{group.ErrRewritten, group.ErrSnapshot, group.ErrHung, group.ErrStuck, group.ErrAstray, errors.New("it has wrong voters")} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			begun, runs := time.Now(), 0
			err := a.preside(ctx, func(ctx context.Context) error {
				switch runs++; runs {
				case 7: // it went on for a while, and then was stopped once more
					if waited := time.Since(begun); waited < 30*time.Second || waited > 2*time.Minute {
						t.Errorf("%v: the seventh run begins after %v", why, waited)
					}
					time.Sleep(time.Hour)
					begun = time.Now()
				case 8:
					if waited := time.Since(begun); waited > 2*time.Second {
						t.Errorf("%v: after an hour it begins anew after %v", why, waited)
					}
					cancel()
					return nil
				}
				return fmt.Errorf("quorum: %w", why)
			})
			if err != nil || runs != 8 {
				t.Errorf("%v: %d runs, %v", why, runs, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		begun, runs := time.Now(), 0
		a.cfg.Seat = &Seat{Room: func() error {
			if now := time.Since(begun); now < time.Hour || now > time.Hour+time.Second && now < 2*time.Hour {
				return errors.New("full")
			}
			return nil
		}}
		err := a.preside(t.Context(), func(context.Context) error {
			if runs++; runs == 1 {
				return fmt.Errorf("quorum: %w", group.ErrFull)
			}
			return nil
		})
		if waited := time.Since(begun); err != nil || runs != 2 || waited < 2*time.Hour || waited > 2*time.Hour+5*time.Second || a.full.Load() {
			t.Errorf("with room for a moment and again for good: %d runs, %v after %v", runs, err, waited)
		}
		ctx, cancel := context.WithCancel(t.Context())
		a.cfg.Seat.Room = func() error {
			if !a.full.Load() {
				t.Error("it does not tell that it waits")
			}
			cancel()
			return errors.New("full")
		}
		if err := a.preside(ctx, func(context.Context) error { return group.ErrFull }); err != nil {
			t.Errorf("stopped while it waits: %v", err)
		}
	})
	for _, why := range []error{certify.ErrBroken, group.ErrDisk, group.ErrDamaged} {
		if err := a.preside(t.Context(), func(context.Context) error { return why }); !errors.Is(err, why) {
			t.Errorf("%v: it begins anew: %v", why, err)
		}
	}
}
