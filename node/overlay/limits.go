package overlay

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
		return both(maxConnsMember, maxStreamsMember, maxMemoryMember)
	}
	return both(maxConnsStranger, maxStreamStranger, maxMemoryStranger)
}

// both returns limits that hold for each direction and for their sum.
func both(conns, streams int, memory int64) *rcmgr.BaseLimit {
	return &rcmgr.BaseLimit{
		Conns: conns, ConnsInbound: conns, ConnsOutbound: conns, FD: conns,
		Streams: streams, StreamsInbound: streams, StreamsOutbound: streams,
		Memory: memory,
	}
}

func newResources(member func(peer.ID) bool) (network.ResourceManager, error) {
	system, member1 := both(maxConns, maxStreams, maxMemory), both(maxConnsMember, maxStreamsMember, maxMemoryMember)
	desk := both(maxConns, maxStrangers, maxStrangers*maxMemoryStranger)
	one := both(1, 1, maxMemoryMember)
	cfg := rcmgr.PartialLimitConfig{
		System:               system.ToResourceLimits(),
		Transient:            both(maxHalfOpen, maxStreams, maxMemory/4).ToResourceLimits(),
		AllowlistedSystem:    both(maxConns, maxStreams, maxMemory).ToResourceLimits(),
		AllowlistedTransient: both(maxHalfOpenMembers, maxStreams, maxMemory/4).ToResourceLimits(),
		ServiceDefault:       system.ToResourceLimits(),
		ServicePeerDefault:   member1.ToResourceLimits(),
		ProtocolDefault:      system.ToResourceLimits(),
		Protocol:             map[protocol.ID]rcmgr.ResourceLimits{DeskProtocol: desk.ToResourceLimits()},
		ProtocolPeerDefault:  member1.ToResourceLimits(),
		PeerDefault:          member1.ToResourceLimits(),
		Conn:                 one.ToResourceLimits(),
		Stream:               one.ToResourceLimits(),
	}
	fixed := rcmgr.NewFixedLimiter(cfg.Build(rcmgr.InfiniteLimits))
	m, err := rcmgr.NewResourceManager(limits{fixed, member}, rcmgr.WithMetricsDisabled(),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: maxConnsAt}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: maxConnsAt}, {PrefixLength: 48, ConnCount: maxConnsNear}}),
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
	at := rate.Limit{RPS: connRateAt, Burst: connBurstAt}
	return &rate.Limiter{
		GlobalLimit: rate.Limit{RPS: connRate, Burst: connBurst},
		NetworkPrefixLimits: []rate.PrefixLimit{
			{Prefix: netip.MustParsePrefix("127.0.0.0/8"), Limit: rate.Limit{RPS: connRateHere, Burst: connBurstHere}},
			{Prefix: netip.MustParsePrefix("::1/128"), Limit: rate.Limit{RPS: connRateHere, Burst: connBurstHere}},
		},
		SubnetRateLimiter: rate.SubnetLimiter{
			IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: at}},
			IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: at}},
			GracePeriod:      time.Minute,
		},
	}
}
