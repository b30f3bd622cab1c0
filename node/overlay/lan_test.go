package overlay_test

import (
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
)

// What a local network says of a member is tried; what it says of others is not.
// That it says so by mDNS, TestRealHostsOnALocalNetwork in simulations/stage
// shows, where there is one.
func TestWhatTheLocalNetworkSays(t *testing.T) {
	f := overlaytest.Found("lan", 2)
	all := overlaytest.Net(t, f, func(_ int, cfg *overlay.Config) { cfg.Bootstrap = nil })
	stranger, _ := overlaytest.Start(t, stranger(t))
	for _, o := range []*overlay.Overlay{stranger, all[1]} {
		info, err := peer.AddrInfoFromString(o.Addresses()[0])
		if err != nil {
			t.Fatal(err)
		}
		all[0].Find(*info)
	}
	overlaytest.Whole(t, overlaytest.Patience, all...)
	if n := stranger.Strangers(); n != 0 {
		t.Errorf("a stranger was dialled: %d connections", n)
	}
}

// stranger returns a host of another federation.
func stranger(t *testing.T) overlay.Config {
	t.Helper()
	cfg := overlaytest.Found("another", 1).Config(0)
	cfg.Listen = []string{"127.0.0.1:0"}
	return cfg
}
