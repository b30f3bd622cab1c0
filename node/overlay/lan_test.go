package overlay_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/keys"
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

// On a local network anybody can say anything as often as he likes. It costs a
// node no more than a look every 20 ms.
func TestChatterOnTheLocalNetworkDoesNotKeepANodeBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("lan", 2)
		cfg := f.Config(0)
		cfg.Options = sim.Options(0)
		var passes atomic.Int64
		cfg.Hosts = func() []keys.Public { passes.Add(1); return f.Hosts() } // once in each pass
		o, stop := overlaytest.Start(t, cfg)
		defer stop()
		id, err := overlay.PeerID(f.Hosts()[1])
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		before := passes.Load()
		for i := range 1000 {
			o.Find(peer.AddrInfo{ID: id, Addrs: multiaddrs(t, []string{fmt.Sprintf("/ip4/10.0.0.1/udp/%d/quic-v1", i+1)})})
			time.Sleep(time.Millisecond)
		}
		if n := passes.Load() - before; n > 60 || n < 2 {
			t.Errorf("a second of chatter made %d passes, want about 50", n)
		}
	})
}
