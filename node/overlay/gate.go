package overlay

import (
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// gate decides which connections there are: to members only, from members and a
// few strangers, from Ed25519 identities only, and from nobody who was dropped.
type gate struct {
	o      *Overlay
	opened chan struct{} // closed when peers are let in
	once   sync.Once

	mu        sync.Mutex
	dropped   map[peer.ID]dropped
	strangers map[network.Conn]netip.Prefix
	at        map[netip.Prefix]int // strangers' connections by address
}

// dropped is who is refused for a while, and why.
type dropped struct {
	why   string
	until time.Time
}

func newGate(o *Overlay) *gate {
	return &gate{
		o: o, opened: make(chan struct{}), dropped: make(map[peer.ID]dropped),
		strangers: make(map[network.Conn]netip.Prefix), at: make(map[netip.Prefix]int),
	}
}

// open lets peers in.
func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

// drop refuses a peer until then. Only members are remembered, so the memory is
// as large as the charter.
func (g *gate) drop(id peer.ID, why string, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped[id] = dropped{why, until}
}

// refused reports whether a peer is dropped now.
func (g *gate) refused(id peer.ID) (dropped, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d, ok := g.dropped[id]
	if ok && !g.o.cfg.Now().Before(d.until) {
		delete(g.dropped, id)
		return dropped{}, false
	}
	return d, ok
}

// InterceptPeerDial lets this node dial members alone.
func (g *gate) InterceptPeerDial(id peer.ID) bool {
	_, member := g.o.member(id)
	_, refused := g.refused(id)
	return member && !refused
}

// InterceptAddrDial has nothing against an address.
func (g *gate) InterceptAddrDial(peer.ID, ma.Multiaddr) bool { return true }

// InterceptAccept makes peers wait until everything is registered: GossipSub does
// not ask a second time whether a peer speaks it.
func (g *gate) InterceptAccept(network.ConnMultiaddrs) bool {
	<-g.opened
	return g.o.ctx.Err() == nil
}

// InterceptSecured judges who it is.
func (g *gate) InterceptSecured(dir network.Direction, id peer.ID, conn network.ConnMultiaddrs) bool {
	if _, ok := HostKey(id); !ok {
		return false
	}
	if _, refused := g.refused(id); refused {
		return false
	}
	if _, member := g.o.member(id); member || dir == network.DirOutbound {
		return member
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.room(neighbourhood(conn.RemoteMultiaddr()))
}

// room reports whether one more stranger fits. The caller holds the lock.
func (g *gate) room(at netip.Prefix) bool {
	return len(g.strangers) < maxStrangers && g.at[at] < maxStrangersAt
}

// InterceptUpgraded has said all it has to say before.
func (g *gate) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// enter counts a stranger's connection; false when there is no room.
func (g *gate) enter(conn network.Conn) bool {
	at := neighbourhood(conn.RemoteMultiaddr())
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.room(at) {
		return false
	}
	g.strangers[conn] = at
	g.at[at]++
	return true
}

// leave forgets a connection that is gone.
func (g *gate) leave(conn network.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at, ok := g.strangers[conn]
	if !ok {
		return
	}
	delete(g.strangers, conn)
	if g.at[at]--; g.at[at] <= 0 {
		delete(g.at, at)
	}
}
