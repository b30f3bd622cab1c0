package overlay_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"go.uber.org/goleak"

	"ringfence/node/overlay"
	"ringfence/node/overlay/desk"
	"ringfence/node/overlay/overlaytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo gives back what it is told.
func echo(s overlay.Stream) {
	defer func() { _ = s.Close() }()
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
	defer func() { _ = s.Close() }()
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
	overlaytest.Whole(t, overlaytest.Patience, all...)
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
		if !p.Connected || !p.Trouble.IsZero() || int(p.Member) != i+1 || p.In == 0 || p.Out == 0 || p.Address == "" || p.Since.IsZero() {
			t.Errorf("peer %d: %+v", i, p)
		}
	}
}

// Certificates have dates, and a member whose clock is a day off must be met to be
// told so: TCP goes without.
func TestTCPNeedsNoCertificate(t *testing.T) {
	f := overlaytest.Found("a", 2)
	listen := f.Config(1)
	listen.Listen = []string{"127.0.0.1:0"}
	to, _ := overlaytest.Start(t, listen)
	cfg := f.Config(0)
	cfg.Bootstrap = []string{addressOf(t, tcpAddress(t, to), f.Keys[1].Public())}
	from, _ := overlaytest.Start(t, cfg)
	overlaytest.Whole(t, overlaytest.Patience, from, to)
	for _, conn := range from.Host().Network().Conns() {
		if s := conn.ConnState(); s.Transport == "tcp" && s.Security != noise.ID {
			t.Errorf("a connection by TCP speaks %q", s.Security)
		} else if s.Transport == "tcp" {
			return
		}
	}
	t.Error("no connection by TCP")
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

func TestPeersWaitUntilRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("a", 2)
		cfg := f.Config(0)
		cfg.Options = sim.Options(0)
		late, err := overlay.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		cfg = f.Config(1)
		cfg.Options, cfg.Bootstrap = sim.Options(1), late.Addresses()
		early, stop := overlaytest.Start(t, cfg)
		defer stop()
		time.Sleep(time.Minute)
		if n := len(early.Neighbours()) + len(late.Neighbours()); n != 0 {
			t.Errorf("%d neighbours before Run", n)
		}
		ended := make(chan error, 1)
		go func() { ended <- late.Run(t.Context()) }()
		overlaytest.Whole(t, 10*time.Second, early, late)
		if err := late.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestCloseLetsGoOfWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		cfg := overlaytest.Found("a", 1).Config(0)
		cfg.Options = sim.Options(0)
		never, err := overlay.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan error, 1)
		go func() {
			_, err := desk.Ask(t.Context(), desk.AskConfig{Address: never.Addresses()[0], Options: sim.Options(1)})
			asked <- err
		}()
		time.Sleep(5 * time.Second)
		if err := never.Close(); err != nil {
			t.Error(err)
		}
		if err := <-asked; err == nil {
			t.Error("an overlay that never ran has a desk")
		}
	})
}
