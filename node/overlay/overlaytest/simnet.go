package overlaytest

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/marcopolo/simnet"
	quicgo "github.com/quic-go/quic-go"
	"go.uber.org/fx"

	"ringfence/node/overlay"
	"ringfence/store/keys"
)

// SimnetConfig says how a virtual network carries packets. Nodes are numbers
// from 0.
type SimnetConfig struct {
	Latency       func(from, to int) time.Duration // one way; nil: 25 ms
	Jitter        time.Duration                    // at random, added to the latency
	Loss          float64                          // share of packets that are lost
	BitsPerSecond int                              // of each node's link, either way; 0: 100 million
}

// Simnet is a virtual network for QUIC in a synctest bubble.
type Simnet struct {
	cfg  SimnetConfig
	loss atomic.Uint64 // millionths
	side atomic.Pointer[func(node int) int]

	mu  sync.Mutex // makes endpoints one after the other
	net *simnet.Simnet
}

// port is every node's.
const port = 7400

// NewSimnet starts a virtual network. Close it when all that use it is closed.
func NewSimnet(cfg SimnetConfig) *Simnet {
	if cfg.Latency == nil {
		cfg.Latency = func(int, int) time.Duration { return 25 * time.Millisecond }
	}
	if cfg.BitsPerSecond == 0 {
		cfg.BitsPerSecond = 100_000_000
	}
	s := &Simnet{cfg: cfg}
	s.SetLoss(cfg.Loss)
	s.net = &simnet.Simnet{Logger: slog.New(slog.DiscardHandler), LatencyFunc: func(p *simnet.Packet) time.Duration {
		d := cfg.Latency(node(p.From), node(p.To))
		if cfg.Jitter > 0 {
			d += rand.N(cfg.Jitter)
		}
		return d
	}}
	s.net.Start()
	return s
}

// Close ends the network.
func (s *Simnet) Close() { s.net.Close() }

// SetLoss changes the share of packets that are lost.
func (s *Simnet) SetLoss(share float64) { s.loss.Store(uint64(share * 1e6)) }

// Partition splits the network: packets between nodes of different sides are
// lost. With nil it is whole again.
func (s *Simnet) Partition(side func(node int) int) {
	if side == nil {
		s.side.Store(nil)
		return
	}
	s.side.Store(&side)
}

// Options returns what Config.Options and AskConfig.Options need for a node.
func (s *Simnet) Options(i int) []libp2p.Option {
	source := &sourceIP{ip: address(i)}
	return []libp2p.Option{
		libp2p.Transport(quic.NewTransport),
		libp2p.ListenAddrStrings(fmt.Sprintf("/ip4/%s/udp/%d/quic-v1", address(i), port)),
		libp2p.QUICReuse(
			func(life fx.Lifecycle, reset quicgo.StatelessResetKey, token quicgo.TokenGeneratorKey, options ...quicreuse.Option) (*quicreuse.ConnManager, error) {
				m, err := quicreuse.NewConnManager(reset, token, options...)
				if err == nil {
					life.Append(fx.StopHook(m.Close))
				}
				return m, err
			},
			quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return source, nil }),
			quicreuse.OverrideListenUDP(func(_ string, at *net.UDPAddr) (net.PacketConn, error) { return s.endpoint(i, at), nil })),
	}
}

// Bootstrap returns the multiaddr of a node with a host key.
func (s *Simnet) Bootstrap(t testing.TB, i int, host keys.Public) string {
	t.Helper()
	id, err := overlay.PeerID(host)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/ip4/%s/udp/%d/quic-v1/p2p/%s", address(i), port, id)
}

// Net starts a federation on the network, host i at node i, each starting from
// the one before it. Stop ends them all.
func (s *Simnet) Net(t testing.TB, f *Federation, change func(i int, cfg *overlay.Config), prepare ...func(*overlay.Overlay)) (all []*overlay.Overlay, stop func()) {
	t.Helper()
	var stops []func()
	for i := range f.Keys {
		cfg := f.Config(i)
		cfg.Options = s.Options(i)
		if i > 0 {
			cfg.Bootstrap = []string{s.Bootstrap(t, i-1, f.Keys[i-1].Public())}
		}
		if change != nil {
			change(i, &cfg)
		}
		o, end := Start(t, cfg, prepare...)
		all, stops = append(all, o), append(stops, end)
	}
	return all, func() {
		var wait sync.WaitGroup
		for _, end := range stops {
			wait.Go(end)
		}
		wait.Wait()
	}
}

// first is node 0's address; others follow. They are public ones, because
// libp2p dials private ones in another order.
const first = 1<<24 + 1

func address(i int) net.IP {
	n := first + i
	return net.IPv4(byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// node returns whose address it is.
func node(a net.Addr) int {
	udp, ok := a.(*net.UDPAddr)
	if !ok {
		return -1
	}
	b := udp.IP.To4()
	if b == nil {
		return -1
	}
	return int(b[0])<<24 + int(b[1])<<16 + int(b[2])<<8 + int(b[3]) - first
}

func (s *Simnet) endpoint(i int, at *net.UDPAddr) net.PacketConn {
	link := simnet.LinkSettings{BitsPerSecond: s.cfg.BitsPerSecond}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &lossy{s.net.NewEndpoint(at, simnet.NodeBiDiLinkSettings{Downlink: link, Uplink: link}), s, i}
}

// lossy is a node's socket.
type lossy struct {
	*simnet.SimConn
	net  *Simnet
	node int
}

// WriteTo loses what the network loses.
func (l *lossy) WriteTo(p []byte, to net.Addr) (int, error) {
	if side := l.net.side.Load(); side != nil && (*side)(l.node) != (*side)(node(to)) {
		return len(p), nil
	}
	if loss := l.net.loss.Load(); loss > 0 && rand.Uint64N(1e6) < loss {
		return len(p), nil
	}
	return l.SimConn.WriteTo(p, to)
}

// sourceIP is the one address of a node.
type sourceIP struct{ ip net.IP }

func (s *sourceIP) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) { return s.ip, nil }
