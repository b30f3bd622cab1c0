package gossip

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// How long a peer may be half in the mesh.
const (
	watchEvery = 5 * time.Second
	lookTwice  = 2  // looks until it is hung up on, …
	lookAgain  = 12 // … and from then until it is again
)

// watch looks for peers that are half in the mesh, and lets go of those of which no
// more is borne, until ctx or the Gossip ends.
//
// A peer says once, at the start of its stream, which topics it is in. The library
// forgets that when its own stream to the peer ends, and then opens another; but
// the peer, whose stream may run over another connection that lives on, has no
// reason to say it again. And a stream that cannot be opened, because the
// connection that was picked is just being closed, is not tried a second time.
// Both happen when two ends dial at once, or by TCP and QUIC, and one of the
// connections goes: we would push nothing to that peer as long as the other stands.
// So whoever speaks the mesh's protocol and is not in it, both ways, is hung up on.
// The overlay dials it anew, and both begin from nothing.
func (g *Gossip) watch(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	half := make(map[peer.ID]int)
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.ended:
			return
		case <-ticker.C:
			half = g.look(half)
		case l := <-g.lost:
			g.cfg.Lose(l.peer, l.why)
		}
	}
}

// look counts for how many looks each peer has been half in the mesh, and hangs up
// on those that have been it too long.
func (g *Gossip) look(before map[peer.ID]int) map[peer.ID]int {
	heard := make(map[peer.ID]bool)
	for _, topic := range g.joined() {
		for _, p := range topic.ListPeers() {
			heard[p] = true
		}
	}
	newest, oldest := g.versions()
	half := make(map[peer.ID]int)
	if !g.mayMesh(g.host.ID()) {
		return half
	}
	for _, p := range g.host.Network().Peers() {
		g.mu.Lock()
		whole := heard[p] && g.spoken[p]
		g.mu.Unlock()
		if whole || !g.mayMesh(p) {
			continue
		}
		if speaks, err := g.host.Peerstore().SupportsProtocols(p, newest, oldest); err != nil || len(speaks) == 0 {
			continue
		}
		half[p] = before[p] + 1
		if half[p]%lookAgain == lookTwice {
			g.log.Debug("a peer is half in the mesh; hanging up on it", "peer", p)
			_ = g.host.Network().ClosePeer(p) // it is gone either way
		}
	}
	return half
}

// mayMesh reports whether a host has a place in the mesh.
func (g *Gossip) mayMesh(p peer.ID) bool {
	k, ok := g.names.host(p)
	return ok && g.cfg.Member(k)
}
