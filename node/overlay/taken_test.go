package overlay_test

import (
	"net"
	"strings"
	"testing"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
)

func TestAnAddressThatIsTakenIsSaidSo(t *testing.T) {
	f := overlaytest.Found("a", 2)
	for name, hold := range map[string]func() (at string, release func()){
		"TCP by another program": func() (string, func()) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			return l.Addr().String(), func() { _ = l.Close() }
		},
		"UDP by another program": func() (string, func()) {
			l, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			return l.LocalAddr().String(), func() { _ = l.Close() }
		},
		"TCP by another host": func() (string, func()) {
			h, done := bare(t)
			if err := h.Network().Listen(multiaddrs(t, []string{"/ip4/127.0.0.1/tcp/0"})[0]); err != nil {
				t.Fatal(err)
			}
			return net.JoinHostPort(h.Addrs()[0][0].Value(), h.Addrs()[0][1].Value()), done
		},
		"by another node": func() (string, func()) {
			cfg := f.Config(1)
			cfg.Listen = []string{free(t)}
			_, stop := overlaytest.Start(t, cfg)
			return cfg.Listen[0], stop
		},
	} {
		at, release := hold()
		cfg := f.Config(0)
		cfg.Listen = []string{at}
		o, err := overlay.New(cfg)
		if err == nil {
			t.Errorf("%s: two listen on %s", name, at)
			_ = o.Close()
		} else if !strings.Contains(err.Error(), at) || !strings.Contains(err.Error(), "another") {
			t.Errorf("%s: the error does not tell: %v", name, err)
		}
		release()
	}
}
