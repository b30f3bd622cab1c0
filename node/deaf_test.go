package node

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/node/phrase"
)

// A node that does not listen any more where it should says so in its status, and no
// longer once it listens again.
func TestStatusSaysThatANodeDoesNotListen(t *testing.T) {
	h := newHome(t)
	must(t, h.node.Close())
	var o *overlay.Overlay
	h.cfg.Network.Listen = []string{"127.0.0.1:0"}
	h.cfg.Network.Open = func(cfg overlay.Config) (made *overlay.Overlay, err error) {
		o, err = overlay.New(cfg)
		return o, err
	}
	h.open()
	h.run()
	says := func() bool {
		s, err := h.node.Status(context.Background())
		must(t, err)
		return slices.ContainsFunc(s.Problems, func(p phrase.Phrase) bool { return strings.Contains(p.Text, "does not listen on 127.0.0.1:") })
	}
	if says() {
		t.Error("it says so though it listens")
	}
	s, ok := o.Host().Network().(interface {
		ListenAddresses() []ma.Multiaddr
		ListenClose(at ...ma.Multiaddr)
	})
	if !ok {
		t.Fatal("the network's listeners cannot be closed")
	}
	var tcp ma.Multiaddr
	for _, a := range s.ListenAddresses() {
		if a[1].Protocol().Code == ma.P_TCP {
			tcp = a
		}
	}
	var other net.Listener
	overlaytest.Within(t, overlaytest.Patience, "another program takes its place", func() (taken bool) {
		s.ListenClose(tcp)
		var err error
		other, err = net.Listen("tcp", net.JoinHostPort(tcp[0].Value(), tcp[1].Value()))
		return err == nil
	})
	overlaytest.Within(t, overlaytest.Patience, "it says that it does not listen", says)
	must(t, other.Close())
	overlaytest.Within(t, overlaytest.Patience, "it listens again", func() bool { return !says() })
}
