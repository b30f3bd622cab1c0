package gate

import (
	"errors"
	"fmt"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/layout"
)

func TestManyNodesMayLiveBehindOneAddress(t *testing.T) {
	m, err := NewResources(func(peer.ID) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	at := func(format string, i int) error {
		_, err := m.OpenConnection(network.DirInbound, false, ma.StringCast(fmt.Sprintf(format, i+1)))
		return err
	}
	for i := range 128 { // 64 nodes, each twice when both ends dial at once
		if err := at("/ip4/192.0.2.7/udp/%d/quic-v1", i); err != nil {
			t.Fatalf("connection %d from one address: %v", i, err)
		}
	}
	var refused error
	for i := range layout.MaxConnsAt {
		refused = errors.Join(refused, at("/ip4/192.0.2.7/udp/%d/quic-v1", i))
	}
	if refused == nil {
		t.Error("one address has more connections than one may")
	}
	if err := at("/ip4/198.51.100.9/udp/%d/quic-v1", 0); err != nil {
		t.Errorf("from another address: %v", err)
	}
}
