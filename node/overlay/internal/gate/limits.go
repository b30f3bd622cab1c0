package gate

import (
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/x/rate"

	"ringfence/node/overlay/internal/layout"
)

// limits are what connections and streams may use. A member's host may use more
// than a stranger; who is which is asked when it comes.
type limits struct {
	rcmgr.Limiter
	member func(peer.ID) bool
}

// GetPeerLimits returns the limits of one peer.
func (l limits) GetPeerLimits(id peer.ID) rcmgr.Limit {
	if l.member(id) {
		return both(layout.MaxConnsMember, layout.MaxStreamsMember, layout.MaxMemoryMember)
	}
	return both(layout.MaxConnsStranger, layout.MaxStreamStranger, layout.MaxMemoryStranger)
}

// both returns limits that hold for each direction and for their sum.
func both(conns, streams int, memory int64) *rcmgr.BaseLimit {
	return &rcmgr.BaseLimit{
		Conns: conns, ConnsInbound: conns, ConnsOutbound: conns, FD: conns,
		Streams: streams, StreamsInbound: streams, StreamsOutbound: streams,
		Memory: memory,
	}
}

// NewResources returns the resource manager of a host, to whom the hosts for which
// member is true are members.
func NewResources(member func(peer.ID) bool) (network.ResourceManager, error) {
	system, member1 := both(layout.MaxConns, layout.MaxStreams, layout.MaxMemory), both(layout.MaxConnsMember, layout.MaxStreamsMember, layout.MaxMemoryMember)
	desk := both(layout.MaxConns, layout.MaxStrangers, layout.MaxStrangers*layout.MaxMemoryStranger)
	one := both(1, 1, layout.MaxMemoryMember)
	cfg := rcmgr.PartialLimitConfig{
		System:               system.ToResourceLimits(),
		Transient:            both(layout.MaxHalfOpen, layout.MaxStreams, layout.MaxMemory/4).ToResourceLimits(),
		AllowlistedSystem:    both(layout.MaxConns, layout.MaxStreams, layout.MaxMemory).ToResourceLimits(),
		AllowlistedTransient: both(layout.MaxHalfOpenMembers, layout.MaxStreams, layout.MaxMemory/4).ToResourceLimits(),
		ServiceDefault:       system.ToResourceLimits(),
		ServicePeerDefault:   member1.ToResourceLimits(),
		ProtocolDefault:      system.ToResourceLimits(),
		Protocol:             map[protocol.ID]rcmgr.ResourceLimits{layout.DeskProtocol: desk.ToResourceLimits()},
		ProtocolPeerDefault:  member1.ToResourceLimits(),
		PeerDefault:          member1.ToResourceLimits(),
		Conn:                 one.ToResourceLimits(),
		Stream:               one.ToResourceLimits(),
	}
	fixed := rcmgr.NewFixedLimiter(cfg.Build(rcmgr.InfiniteLimits))
	m, err := rcmgr.NewResourceManager(limits{fixed, member}, rcmgr.WithMetricsDisabled(),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: layout.MaxConnsAt}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: layout.MaxConnsAt}, {PrefixLength: 48, ConnCount: layout.MaxConnsNear}}),
		// Addresses of this machine are as many hosts as one likes: tests, demonstrations.
		rcmgr.WithNetworkPrefixLimit(
			[]rcmgr.NetworkPrefixLimit{{Network: netip.MustParsePrefix("127.0.0.0/8"), ConnCount: math.MaxInt}},
			[]rcmgr.NetworkPrefixLimit{{Network: netip.MustParsePrefix("::1/128"), ConnCount: math.MaxInt}}),
		rcmgr.WithConnRateLimiters(connRates()))
	if err != nil {
		return nil, fmt.Errorf("overlay: set the limits of connections: %w", err)
	}
	return m, nil
}

// connRates says how fast new connections may come.
func connRates() *rate.Limiter {
	at := rate.Limit{RPS: layout.ConnRateAt, Burst: layout.ConnBurstAt}
	return &rate.Limiter{
		GlobalLimit: rate.Limit{RPS: layout.ConnRate, Burst: layout.ConnBurst},
		NetworkPrefixLimits: []rate.PrefixLimit{
			{Prefix: netip.MustParsePrefix("127.0.0.0/8"), Limit: rate.Limit{RPS: layout.ConnRateHere, Burst: layout.ConnBurstHere}},
			{Prefix: netip.MustParsePrefix("::1/128"), Limit: rate.Limit{RPS: layout.ConnRateHere, Burst: layout.ConnBurstHere}},
		},
		SubnetRateLimiter: rate.SubnetLimiter{
			IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: at}},
			IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: at}},
			GracePeriod:      time.Minute,
		},
	}
}
