package overlay_test

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/logtest"
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

// What is written twice is a slip; libp2p panics at it.
func TestAnAddressThatIsWrittenTwiceIsSaidSo(t *testing.T) {
	f := overlaytest.Found("a", 2)
	for _, at := range []string{free(t), "127.0.0.1:0"} {
		cfg := f.Config(0)
		cfg.Listen = []string{at, at}
		o, err := overlay.New(cfg)
		if err == nil || !strings.Contains(err.Error(), at) || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%s: %v", at, err)
		}
		if err == nil {
			_ = o.Close()
		}
	}
}

// A listener that the system ends is opened again; while its port is taken the node
// says that nobody reaches it there.
func TestListeningThatEndedIsTakenUpAgain(t *testing.T) {
	f := overlaytest.Found("a", 2)
	cfg := f.Config(0)
	cfg.Listen = []string{"127.0.0.1:0"}
	o, stop := overlaytest.Start(t, cfg)
	defer stop()
	s, ok := o.Host().Network().(*swarm.Swarm)
	if !ok {
		t.Fatal("the network is no swarm")
	}
	had := s.ListenAddresses()
	tcp := overTCP(t, had)
	s.ListenClose(tcp)
	// The first attempt may come before the system has given the port back, and what
	// it said is taken back only after the one that succeeds.
	overlaytest.Within(t, overlaytest.Patience, "it listens again, and has nothing to say of it", func() bool {
		return ma.Contains(s.ListenAddresses(), tcp) && o.Deaf() == nil
	})
	if len(s.ListenAddresses()) != len(had) {
		t.Errorf("it listens on %v, want %v", s.ListenAddresses(), had)
	}
	at := net.JoinHostPort(tcp[0].Value(), tcp[1].Value())
	var other net.Listener
	overlaytest.Within(t, overlaytest.Patience, "another program takes its place, sooner than it does itself", func() (taken bool) {
		s.ListenClose(tcp)
		var err error
		other, err = net.Listen("tcp", at)
		return err == nil
	})
	overlaytest.Within(t, overlaytest.Patience, "it says that it hears nobody there", func() bool {
		deaf := o.Deaf()
		return len(deaf) == 1 && strings.Contains(deaf[0].Text, at+" (tcp)") && strings.Contains(deaf[0].Text, "another program")
	})
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	overlaytest.Within(t, overlaytest.Patience, "it listens there again", func() bool { return o.Deaf() == nil })
	cfg = f.Config(1)
	cfg.Listen, cfg.Bootstrap = []string{"127.0.0.1:0"}, o.Addresses()
	b, stopB := overlaytest.Start(t, cfg)
	defer stopB()
	overlaytest.Whole(t, overlaytest.Patience, o, b)
}

// Each address that fails is told in the log, also when another has failed before, and
// each once.
func TestEachAddressThatFailsIsLogged(t *testing.T) {
	f := overlaytest.Found("a", 1)
	var said logtest.Paper
	cfg := f.Config(0)
	cfg.Listen, cfg.Logger = []string{free(t), free(t)}, slog.New(slog.NewTextHandler(&said, nil))
	o, stop := overlaytest.Start(t, cfg)
	defer stop()
	s, ok := o.Host().Network().(*swarm.Swarm)
	if !ok {
		t.Fatal("the network is no swarm")
	}
	for _, a := range s.ListenAddresses() {
		if a[1].Protocol().Code != ma.P_TCP {
			continue
		}
		before, at := len(o.Deaf()), net.JoinHostPort(a[0].Value(), a[1].Value())
		overlaytest.Within(t, overlaytest.Patience, "another program takes its place", func() bool {
			s.ListenClose(a)
			other, err := net.Listen("tcp", at)
			if err == nil {
				t.Cleanup(func() { _ = other.Close() })
			}
			return err == nil
		})
		overlaytest.Within(t, overlaytest.Patience, "it says that it hears nobody there", func() bool { return len(o.Deaf()) == before+1 })
		overlaytest.Within(t, overlaytest.Patience, "the log says so", func() bool {
			return strings.Count(said.String(), "level=ERROR") == before+1 && strings.Contains(said.String(), "does not listen on "+at)
		})
	}
	if len(o.Deaf()) != 2 {
		t.Errorf("it is deaf at %q", o.Deaf())
	}
}

func overTCP(t *testing.T, all []ma.Multiaddr) ma.Multiaddr {
	t.Helper()
	for _, a := range all {
		if a[1].Protocol().Code == ma.P_TCP {
			return a
		}
	}
	t.Fatalf("no TCP among %v", all)
	return nil
}
