package gossip

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
)

// A member whose stream to another ends, while the other's to it lives on, is not
// told again what the other hears. It notices, and they begin anew.
func TestWhoIsHalfInTheMeshComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("gossip", 3)
		var all []*member
		overlays, stop := sim.Net(t, f, nil, func(o *overlay.Overlay) {
			all = append(all, joinAs(t, o, func(c *Config) { c.Federation = f.ID }))
		})
		defer stop()
		defer func() {
			for _, m := range all {
				_ = m.Close()
			}
		}()
		overlaytest.Whole(t, 10*time.Second, overlays...)
		for _, m := range all {
			m.meshed(t, 2)
		}
		a, b := all[0], all[1]
		newest, _ := a.versions()
		ended := 0
		for _, conn := range a.host.Network().ConnsToPeer(b.host.ID()) {
			for _, s := range conn.GetStreams() {
				if s.Protocol() == newest && s.Stat().Direction == network.DirOutbound {
					_ = s.Reset()
					ended++
				}
			}
		}
		time.Sleep(time.Second)
		if ended != 1 || a.hears() != 1 || b.hears() != 2 {
			t.Fatalf("%d streams ended; one hears %d peers and the other %d, want 1 and 2: the library mends it now, and watch has no use any more", ended, a.hears(), b.hears())
		}
		overlaytest.Within(t, (lookTwice+1)*watchEvery, "everybody hears everybody", func() bool {
			return a.hears() == 2 && b.hears() == 2 && len(overlays[0].Neighbours()) == 2
		})
		// Nobody is hung up on without a reason.
		met := a.host.Network().ConnsToPeer(b.host.ID())[0].Stat().Opened
		time.Sleep(10 * time.Minute)
		if again := a.host.Network().ConnsToPeer(b.host.ID())[0].Stat().Opened; !again.Equal(met) {
			t.Error("they were connected anew though both heard each other")
		}
	})
}
