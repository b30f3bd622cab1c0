package overlay_test

import (
	"net"
	"slices"
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
)

func TestMembersOnALocalNetworkFindEachOther(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(interfaces, func(i net.Interface) bool {
		return i.Flags&(net.FlagUp|net.FlagMulticast) == net.FlagUp|net.FlagMulticast
	}) {
		t.Skip("this machine has no network that carries multicast")
	}
	all := overlaytest.Net(t, overlaytest.Found("lan", 3), func(_ int, cfg *overlay.Config) {
		cfg.Bootstrap, cfg.LAN, cfg.Listen = nil, true, []string{":0"}
	})
	overlaytest.Whole(t, 30*time.Second, all...)
}
