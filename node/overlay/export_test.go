package overlay

import (
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Encode writes what a desk would say.
func (w Welcome) Encode() []byte { return w.encode() }

// NewResources returns the limits of an overlay to whom everyone is a member.
func NewResources() (network.ResourceManager, error) {
	return newResources(func(peer.ID) bool { return true })
}

// Resources returns an overlay's limits.
func (o *Overlay) Resources() network.ResourceManager { return o.resources }

// Strangers returns how many connections of strangers there are.
func (o *Overlay) Strangers() int {
	o.gate.mu.Lock()
	defer o.gate.mu.Unlock()
	return len(o.gate.strangers)
}

// Bounds that tests hold an overlay against.
const (
	MaxStrangers = maxStrangers
	MaxConns     = maxConns
	MaxConnsAt   = maxConnsAt
	MaxMemory    = maxMemory
	StrangerTime = strangerTime
)

// Find tells an overlay what mDNS has found.
func (o *Overlay) Find(info peer.AddrInfo) { finder{o}.HandlePeerFound(info) }
