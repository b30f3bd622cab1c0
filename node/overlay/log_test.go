package overlay_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/overlay/overlaytest"
)

// paper is a log that may be read while it is written.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) count(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.text.String(), text)
}

// A member that sends garbage instead of records, once a second, costs a line a
// minute.
func TestAFailedExchangeIsToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("a", 2)
		var said paper
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
		if n := said.count("an exchange of records failed"); n < minutes || n > minutes+1 {
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
