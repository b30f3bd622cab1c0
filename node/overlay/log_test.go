package overlay_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"

	"ringfence/node/logtest"
	"ringfence/node/overlay"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/overlay/overlaytest"
)

// A member that sends garbage instead of records, once a second, costs a line a
// minute.
func TestAFailedExchangeIsToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("a", 2)
		var said logtest.Paper
		all, stop := sim.Net(t, f, func(i int, cfg *overlay.Config) {
			if i == 0 {
				cfg.Logger = slog.New(slog.NewTextHandler(&said, nil))
			}
		})
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all...)
		const minutes = 3
		for range minutes * 60 {
			s, err := all[1].Open(t.Context(), all[0].Self(), layout.ProtocolsOf(f.ID).Peers)
			if err != nil {
				t.Fatal(err)
			}
			if err := overlay.WriteFrame(s, []byte("garbage")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			_ = s.Close()
		}
		if n := said.Count("an exchange of records failed"); n < minutes || n > minutes+1 {
			t.Errorf("%d lines in %d minutes", n, minutes)
		}
	})
}

// Whoever is not connected, there is a reason: before the first try, while it is
// tried, and right after a connection has ended.
func TestWhoIsNotConnectedHasAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		all, stop := sim.Net(t, overlaytest.Found("a", 2), nil)
		defer stop()
		look := func(when string, connected bool) {
			t.Helper()
			for {
				p := all[0].Peers()[0]
				if !p.Connected && p.Trouble.IsZero() {
					t.Fatalf("%s: no reason: %+v", when, p)
				}
				if p.Connected == connected {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}
		look("at the start", true)
		id, err := overlay.PeerID(all[1].Self())
		if err != nil {
			t.Fatal(err)
		}
		if err := all[0].Host().Network().ClosePeer(id); err != nil {
			t.Fatal(err)
		}
		look("cut off", false)
		look("until it is back", true)
	})
}

// A flood of strangers costs a line a minute as long as it goes on, which says how
// many were refused, from how many addresses, and why; each is counted.
func TestAFloodOfStrangersIsToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer net.Close()
		f := overlaytest.Found("a", 2)
		var said logtest.Paper
		var counted atomic.Int64
		all, stop := net.Net(t, f, func(i int, cfg *overlay.Config) {
			if i == 0 {
				cfg.Logger = slog.New(slog.NewTextHandler(&said, nil))
				cfg.Refused = func(string) { counted.Add(1) }
			}
		})
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all...)
		const line, strangers, minutes = "connections that others opened were refused", 3, 3
		time.Sleep(2 * time.Minute)
		if said.Count(line) != 0 || counted.Load() != 0 {
			t.Errorf("%d lines and %d refused while nobody came", said.Count(line), counted.Load())
		}
		to, began := where(t, all[0]), time.Now()
		for time.Since(began) < minutes*time.Minute {
			for i := range strangers {
				key, _, err := crypto.GenerateKeyPair(crypto.ECDSA, 0) // none of ours
				if err != nil {
					t.Fatal(err)
				}
				h, err := libp2p.New(append(net.Options(100+i), libp2p.Identity(key), libp2p.DisableMetrics(), libp2p.DisableRelay(), libp2p.DisableIdentifyAddressDiscovery())...)
				if err != nil {
					t.Fatal(err)
				}
				_ = h.Connect(context.Background(), to) // it is refused, now or in a moment
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			}
			time.Sleep(10 * time.Second)
		}
		time.Sleep(2 * time.Minute)
		told, n := said.Count(line), counted.Load()
		if told < minutes || told > minutes+1 {
			t.Errorf("%d lines in %d minutes", told, minutes)
		}
		if said.Count("addresses=3 ") != told || said.Count("most_for=identity ") != told || n < 3*minutes*strangers {
			t.Errorf("%d were refused; told:\n%s", n, said.String())
		}
		time.Sleep(10 * time.Minute)
		if said.Count(line) != told {
			t.Error("it is told on after it has ended")
		}
	})
}
