package hosts

import (
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"

	"ringfence/node/overlay/internal/layout"
)

// Transports returns TCP and QUIC. TCP has its ports for itself: libp2p would share
// them with every other libp2p program of this user, and the kernel would deal
// connections out to one or the other.
func Transports() []libp2p.Option {
	return []libp2p.Option{libp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport()), libp2p.Transport(quic.NewTransport)}
}

// Options is what every host here has, also one that only asks at a desk: no
// relay, no help through NAT, no ping, no metrics, and no guesses about the
// network. After a partition a detector of black holes would keep a node from
// dialling. TCP speaks Noise and not TLS: certificates have dates, and a node whose
// clock is more than an hour off could tell nobody, and would be told by nobody.
func Options(private crypto.PrivKey, version string) []libp2p.Option {
	return []libp2p.Option{
		libp2p.Identity(private), libp2p.UserAgent("ringfence/" + version), libp2p.Security(noise.ID, noise.New),
		libp2p.DisableRelay(), libp2p.Ping(false), libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery(), libp2p.ForceReachabilityPublic(),
		libp2p.UDPBlackHoleSuccessCounter(nil), libp2p.IPv6BlackHoleSuccessCounter(nil),
		libp2p.WithDialTimeout(layout.DialTimeout),
		libp2p.SwarmOpts(swarm.WithDialTimeoutLocal(layout.DialTimeout)),
	}
}
