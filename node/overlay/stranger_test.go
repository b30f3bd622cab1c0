package overlay_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay"
	"ringfence/node/overlay/desk"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/keys"
)

// plain returns a libp2p host of nobody's making, until the test ends.
func plain(t testing.TB, options ...libp2p.Option) host.Host {
	t.Helper()
	h, done := bare(t, options...)
	t.Cleanup(done)
	return h
}

func bare(t testing.TB, options ...libp2p.Option) (h host.Host, done func()) {
	h, err := libp2p.New(append(options, libp2p.NoListenAddrs, libp2p.DisableMetrics(), libp2p.DisableRelay(),
		libp2p.Transport(tcp.NewTCPTransport), libp2p.Transport(quic.NewTransport),
		libp2p.ResourceManager(&network.NullResourceManager{}))...)
	if err != nil {
		panic(err) // its goroutine may not be the test's
	}
	return h, func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

func identityOf(t testing.TB, k keys.Private) libp2p.Option {
	t.Helper()
	seed := k.Seed()
	public := k.Public()
	private, err := crypto.UnmarshalEd25519PrivateKey(append(seed[:], public[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	return libp2p.Identity(private)
}

func where(t testing.TB, o *overlay.Overlay) peer.AddrInfo {
	t.Helper()
	infos, err := peer.AddrInfosFromP2pAddrs(multiaddrs(t, o.Addresses())...)
	if err != nil || len(infos) != 1 {
		t.Fatal(infos, err)
	}
	return infos[0]
}

func multiaddrs(t testing.TB, texts []string) (out []ma.Multiaddr) {
	t.Helper()
	for _, s := range texts {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// speaks reports whether a protocol can be spoken: something comes back.
func speaks(h host.Host, to peer.AddrInfo, id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.Connect(ctx, to); err != nil {
		return err
	}
	s, err := h.NewStream(ctx, to.ID, protocol.ID(id))
	if err != nil {
		return err
	}
	defer func() { _ = s.Reset() }()
	if err := s.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if err := overlay.WriteFrame(s, []byte("hello")); err != nil {
		return err
	}
	_, err = overlay.ReadFrame(s, 1<<10)
	return err
}

func TestStrangersOpenTheDeskAlone(t *testing.T) {
	f := overlaytest.Found("a", 1)
	o := overlaytest.Net(t, f, nil)[0]
	o.Handle(echoProtocol, echo)
	const mesh = "/test/meshsub/1.2.0"
	seen := make(chan struct{}, 10)
	o.Host().SetStreamHandler(mesh, func(s network.Stream) { seen <- struct{}{}; _ = s.Close() })
	h := plain(t)
	peers := overlay.ProtocolsOf(f.ID).Peers
	for _, id := range []string{echoProtocol, mesh, peers, "/test/nothing/1", "/ipfs/ping/1.0.0", "/ipfs/id/push/1.0.0"} {
		if err := speaks(h, where(t, o), id); err == nil {
			t.Errorf("a stranger speaks %s", id)
		}
	}
	if len(seen) > 0 {
		t.Error("a stranger's stream reached the handler of the gated host")
	}
	if _, err := o.Host().NewStream(t.Context(), h.ID(), mesh); err == nil || !strings.Contains(err.Error(), "no member") {
		t.Errorf("a stream to a stranger: %v", err)
	}
	if _, err := desk.Ask(t.Context(), desk.AskConfig{Address: o.Addresses()[0]}); err != nil {
		t.Errorf("ask at the desk: %v", err)
	}
}

func TestOnlyEd25519IdentitiesExist(t *testing.T) {
	f := overlaytest.Found("a", 1)
	o := overlaytest.Net(t, f, nil)[0]
	k := f.Keys[0].Public()
	id, err := overlay.PeerID(k)
	if back, ok := overlay.HostKey(id); err != nil || !ok || back != k {
		t.Errorf("%s comes back as %s, %v", k, back, err)
	}
	if _, err := overlay.PeerID(keys.Public{}); err == nil {
		t.Error("none has a peer ID")
	}
	for name, kind := range map[string]int{"RSA": crypto.RSA, "secp256k1": crypto.Secp256k1, "ECDSA": crypto.ECDSA} {
		private, _, err := crypto.GenerateKeyPairWithReader(kind, 2048, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h := plain(t, libp2p.Identity(private))
		if k, ok := overlay.HostKey(h.ID()); ok {
			t.Errorf("%s: host key %s", name, k)
		}
		if err := speaks(h, where(t, o), layout.DeskProtocol); err == nil {
			t.Errorf("%s: speaks at the desk", name)
		}
	}
	if o.Strangers() != 0 {
		t.Errorf("%d strangers", o.Strangers())
	}
}

// pair returns two overlays that hear each other.
func pair(t *testing.T) (a, b *overlay.Overlay) {
	t.Helper()
	all := overlaytest.Net(t, overlaytest.Found("a", 2), nil)
	overlaytest.Whole(t, overlaytest.Patience, all...)
	for _, o := range all {
		o.Handle(echoProtocol, echo)
	}
	return all[0], all[1]
}

// settled waits until as many goroutines run as before. A QUIC connection whose
// other end is gone without a word stays half a minute.
func settled(t testing.TB, before int) {
	t.Helper()
	overlaytest.Within(t, overlaytest.Patience, fmt.Sprintf("%d goroutines as before", before), func() bool { return runtime.NumGoroutine() <= before })
}

func TestNothingIsLeftOfAThousandConnects(t *testing.T) {
	a, b := pair(t)
	to := where(t, a)
	before := runtime.NumGoroutine()
	member := overlaytest.Found("a", 2).Keys[1]
	var wait sync.WaitGroup
	var connects atomic.Int64
	for worker := range 8 {
		wait.Go(func() {
			var options []libp2p.Option
			if worker >= 3 { // the others are strangers
				options = append(options, identityOf(t, member))
			}
			h, done := bare(t, options...)
			defer done()
			for i := range 140 {
				if visit(t, h, to, i) {
					connects.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if n := connects.Load(); n < 1000 {
		t.Errorf("only %d connects", n)
	}
	if err := say(t.Context(), b, a, "still here"); err != nil {
		t.Error(err)
	}
	settled(t, before)
	overlaytest.Within(t, overlaytest.Patience, "connections and streams are gone", func() bool {
		return a.Strangers() == 0 && streams(t, a) == 0 && len(a.Host().Network().Conns()) <= 2
	})
}

// visit connects by TCP or QUIC, opens streams and leaves in the middle of them.
func visit(t *testing.T, h host.Host, to peer.AddrInfo, i int) bool {
	ctx, cancel := context.WithTimeout(t.Context(), overlaytest.Patience)
	defer cancel()
	defer func() { _ = h.Network().ClosePeer(to.ID) }()
	if h.Connect(ctx, peer.AddrInfo{ID: to.ID, Addrs: to.Addrs[i%len(to.Addrs) : i%len(to.Addrs)+1]}) != nil {
		return false
	}
	for _, id := range []protocol.ID{echoProtocol, layout.DeskProtocol} {
		if s, err := h.NewStream(ctx, to.ID, id); err == nil {
			_, _ = s.Write([]byte{0, 0, 0, 9})
		}
	}
	return true
}

func streams(t testing.TB, o *overlay.Overlay) (n int) {
	t.Helper()
	err := o.Resources().ViewSystem(func(s network.ResourceScope) error {
		n = s.Stat().NumStreamsInbound + s.Stat().NumStreamsOutbound
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// F27: members stay connected and hear each other, and what strangers have stays
// bounded: 500 hold a connection and say nothing, and 500 dial in a loop.
func TestFiveHundredStrangersDialInALoop(t *testing.T) {
	const many = 500
	var parted atomic.Int64
	all := overlaytest.Net(t, overlaytest.Found("a", 2), func(_ int, cfg *overlay.Config) {
		cfg.Changed = func(_ keys.Public, joined bool) {
			if !joined {
				parted.Add(1)
			}
		}
	}, func(o *overlay.Overlay) { o.Handle(echoProtocol, echo) })
	a, b := all[0], all[1]
	overlaytest.Whole(t, overlaytest.Patience, a, b)
	to := where(t, a)
	silent := idle(t, to, many)
	var most usage
	overlaytest.Within(t, overlaytest.Patience, "as many half-open connections as there may be", func() bool {
		most = most.or(talk(t, b, a))
		return most.halfOpen >= layout.MaxHalfOpen
	})
	for _, c := range silent {
		_ = c.Close() // it may be gone
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wait sync.WaitGroup
	var tries atomic.Int64
	for i := range many {
		wait.Go(func() { nuisance(ctx, t, to, i, &tries) })
	}
	overlaytest.Within(t, overlaytest.Patience, "thousands of tries, and as many strangers as one address may have", func() bool {
		most = most.or(talk(t, b, a))
		return tries.Load() >= 10*many && most.strangers >= layout.MaxStrangersAt
	})
	cancel()
	wait.Wait()
	t.Logf("at most %+v", most)
	if bounds := (usage{layout.MaxStrangersAt, layout.MaxConns, layout.MaxHalfOpen, layout.MaxMemory}); most.or(bounds) != bounds {
		t.Errorf("at most %+v, beyond the bounds %+v", most, bounds)
	}
	if n := parted.Load(); n > 0 {
		t.Errorf("members lost each other %d times", n)
	}
}

// usage is what connections use of a host: in all, and by those that are not
// proven yet.
type usage struct{ strangers, conns, halfOpen, memory int }

func (u usage) or(v usage) usage {
	return usage{max(u.strangers, v.strangers), max(u.conns, v.conns), max(u.halfOpen, v.halfOpen), max(u.memory, v.memory)}
}

// talk lets one member say something to another, and returns what the other's
// host uses.
func talk(t *testing.T, from, to *overlay.Overlay) usage {
	t.Helper()
	if err := say(t.Context(), from, to, "above the noise"); err != nil {
		t.Fatalf("members cannot talk: %v", err)
	}
	u := usage{strangers: to.Strangers()}
	err := to.Resources().ViewSystem(func(s network.ResourceScope) error {
		u.conns, u.memory = s.Stat().NumConnsInbound+s.Stat().NumConnsOutbound, int(s.Stat().Memory)
		return nil
	})
	if err == nil {
		err = to.Resources().ViewTransient(func(s network.ResourceScope) error {
			u.halfOpen = s.Stat().NumConnsInbound + s.Stat().NumConnsOutbound
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// idle opens connections and says nothing on them.
func idle(t *testing.T, to peer.AddrInfo, n int) (all []net.Conn) {
	t.Helper()
	for range n {
		c, err := net.Dial("tcp", tcpOf(to))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// tcpOf returns the host:port of a host's TCP.
func tcpOf(to peer.AddrInfo) string {
	for _, a := range to.Addrs {
		if a[1].Protocol().Code == ma.P_TCP {
			return net.JoinHostPort(a[0].Value(), a[1].Value())
		}
	}
	return ""
}

// nuisance bothers a node: most open a connection and say nothing, some connect
// in earnest and open what they may not.
func nuisance(ctx context.Context, t *testing.T, to peer.AddrInfo, i int, tries *atomic.Int64) {
	var h host.Host
	if i%25 == 0 {
		h = plain(t)
	}
	var dialer net.Dialer
	for ctx.Err() == nil {
		tries.Add(1)
		if h == nil {
			c, err := dialer.DialContext(ctx, "tcp", tcpOf(to))
			if err != nil {
				continue
			}
			if i%2 == 0 {
				_, _ = c.Write([]byte("\x13/multistream/1.0.0\n\x09/nothing\n"))
			}
			_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
			_, _ = c.Read(make([]byte, 64))
			_ = c.Close()
			pause(ctx)
			continue
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		if h.Connect(short, to) == nil {
			for _, id := range []protocol.ID{echoProtocol, "/no/such/1", layout.DeskProtocol, "/meshsub/1.1.0"} {
				if s, err := h.NewStream(short, to.ID, id); err == nil {
					_, _ = s.Write(make([]byte, 8))
				}
			}
		}
		cancel()
		_ = h.Network().ClosePeer(to.ID)
		pause(ctx)
	}
}

// pause leaves the tested node some of the machine that it shares with those who
// bother it.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

func TestStrangersAreFewAndGoAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer net.Close()
		f := overlaytest.Found("a", 2)
		all, stop := net.Net(t, f, nil)
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all...)
		to := where(t, all[0])
		var hosts []host.Host
		for i := range layout.MaxStrangers + 20 {
			h, err := libp2p.New(append(net.Options(100+i), libp2p.DisableMetrics(), libp2p.DisableRelay(), libp2p.DisableIdentifyAddressDiscovery())...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close() }()
			hosts = append(hosts, h)
			_ = h.Connect(t.Context(), to) // the last ones may be refused now or in a moment
		}
		time.Sleep(time.Second)
		if n := all[0].Strangers(); n != layout.MaxStrangers {
			t.Errorf("%d strangers, want %d", n, layout.MaxStrangers)
		}
		all[0].Handle(echoProtocol, echo)
		if err := say(t.Context(), all[1], all[0], "hello"); err != nil {
			t.Error(err)
		}
		time.Sleep(layout.StrangerTime + 10*time.Second)
		if n := all[0].Strangers(); n != 0 {
			t.Errorf("%d strangers are left after their time", n)
		}
		if len(all[0].Neighbours()) != 1 {
			t.Error("the member is gone too")
		}
		for _, h := range hosts {
			if h.Network().Connectedness(to.ID) == network.Connected {
				t.Error("a stranger believes that he is connected")
			}
		}
	})
}
