package overlay

import (
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Resources returns an overlay's limits.
func (o *Overlay) Resources() network.ResourceManager { return o.resources }

// Strangers returns how many connections of strangers there are.
func (o *Overlay) Strangers() int { return o.gate.Strangers() }

// Find tells an overlay what mDNS has found.
func (o *Overlay) Find(info peer.AddrInfo) { finder{o}.HandlePeerFound(info) }
