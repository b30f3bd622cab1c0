package overlay_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo gives back what it is told.
func echo(s overlay.Stream) {
	defer s.Close()
	b, err := overlay.ReadFrame(s, 1<<20)
	if err == nil {
		_ = overlay.WriteFrame(s, b)
	}
}

const echoProtocol = "/test/echo/1"

// say asks an echo.
func say(ctx context.Context, from, to *overlay.Overlay, what string) error {
	s, err := from.Open(ctx, to.Self(), echoProtocol)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if err := overlay.WriteFrame(s, []byte(what)); err != nil {
		return err
	}
	b, err := overlay.ReadFrame(s, 1<<20)
	if err != nil {
		return err
	}
	if string(b) != what {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func TestMembersFindAndHearEachOther(t *testing.T) {
	f := overlaytest.Found("a", 4)
	all := overlaytest.Net(t, f, nil)
	overlaytest.Whole(t, 20*time.Second, all...)
	for _, o := range all {
		o.Handle(echoProtocol, echo)
	}
	for i, from := range all {
		for j, to := range all {
			if i != j {
				if err := say(t.Context(), from, to, "hello"); err != nil {
					t.Errorf("%d to %d: %v", i, j, err)
				}
			}
		}
	}
	for i, p := range all[0].Peers() {
		if !p.Connected || p.Trouble != "" || int(p.Member) != i+1 || p.In == 0 || p.Out == 0 || p.Address == "" || p.Since.IsZero() {
			t.Errorf("peer %d: %+v", i, p)
		}
	}
}

func TestPartitionHealsWithinTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer net.Close()
		all, stop := net.Net(t, overlaytest.Found("a", 8), nil)
		defer stop()
		overlaytest.Whole(t, 20*time.Second, all...)
		net.Partition(func(node int) int { return node % 2 })
		overlaytest.Within(t, 2*time.Minute, "each half sees only itself", func() bool {
			for _, o := range all {
				if len(o.Neighbours()) != 3 {
					return false
				}
			}
			return true
		})
		time.Sleep(10 * time.Minute)
		net.Partition(nil)
		overlaytest.Whole(t, 10*time.Second, all...)
	})
}
