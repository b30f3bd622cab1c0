package gate

import (
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	ma "github.com/multiformats/go-multiaddr"
)

// Trust lets a member in from where it is known to be even when strangers use up
// what half-open connections may have. It replaces the addresses of before by
// those of now.
func Trust(m network.ResourceManager, id peer.ID, before, now []ma.Multiaddr) {
	list := rcmgr.GetAllowlist(m)
	if list == nil {
		return
	}
	for _, a := range places(id, before) {
		_ = list.Remove(a) // it was not there
	}
	for _, a := range places(id, now) {
		_ = list.Add(a) // it has an IP address
	}
}

// places returns the IP addresses among addresses, each once, with whose they are.
func places(id peer.ID, addrs []ma.Multiaddr) []ma.Multiaddr {
	whose, err := ma.NewComponent("p2p", id.String())
	if err != nil {
		return nil
	}
	var out []ma.Multiaddr
	for _, a := range addrs {
		if len(a) == 0 || (a[0].Protocol().Code != ma.P_IP4 && a[0].Protocol().Code != ma.P_IP6) {
			continue
		}
		if at := (ma.Multiaddr{a[0], *whose}); !ma.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}
