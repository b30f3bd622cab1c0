package gate

import (
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/phrase"
)

// Config says whose gate it is.
type Config struct {
	Member func(peer.ID) bool // whether the charter names a host
	Ended  func() bool        // the overlay is closed: nobody is let in any more
	Now    func() time.Time
	// Refusals counts whom the gate refuses.
	Refusals *Refusals
}

// Gate decides which connections there are: to members only, from members and a
// few strangers, from Ed25519 identities only, and from nobody who was dropped.
// It is libp2p's connection gater.
type Gate struct {
	cfg    Config
	opened chan struct{} // closed when peers are let in
	once   sync.Once

	mu        sync.Mutex
	dropped   map[peer.ID]Dropped
	strangers map[network.Conn]stranger
	at        map[netip.Prefix]int // strangers' connections by address
}

// stranger is a connection of one: from where, and since when.
type stranger struct {
	at    netip.Prefix
	since time.Time
}

// Dropped is why somebody is refused, and how long.
type Dropped struct {
	Why   phrase.Phrase
	Until time.Time
}

// New makes a gate that is shut.
func New(cfg Config) *Gate {
	return &Gate{
		cfg: cfg, opened: make(chan struct{}), dropped: make(map[peer.ID]Dropped),
		strangers: make(map[network.Conn]stranger), at: make(map[netip.Prefix]int),
	}
}

// Open lets peers in.
func (g *Gate) Open() { g.once.Do(func() { close(g.opened) }) }

// Drop refuses a peer until then. Only members are remembered, so the memory is
// as large as the charter.
func (g *Gate) Drop(id peer.ID, why phrase.Phrase, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped[id] = Dropped{why, until}
}

// Refused reports whether a peer is dropped now.
func (g *Gate) Refused(id peer.ID) (Dropped, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d, ok := g.dropped[id]
	if ok && !g.cfg.Now().Before(d.Until) {
		delete(g.dropped, id)
		return Dropped{}, false
	}
	return d, ok
}

// InterceptPeerDial lets this node dial members alone.
func (g *Gate) InterceptPeerDial(id peer.ID) bool {
	_, refused := g.Refused(id)
	return g.cfg.Member(id) && !refused
}

// InterceptAddrDial has nothing against an address.
func (g *Gate) InterceptAddrDial(peer.ID, ma.Multiaddr) bool { return true }

// InterceptAccept makes peers wait until everything is registered: GossipSub does
// not ask a second time whether a peer speaks it.
func (g *Gate) InterceptAccept(network.ConnMultiaddrs) bool {
	<-g.opened
	return !g.cfg.Ended()
}

// InterceptSecured judges who it is.
func (g *Gate) InterceptSecured(dir network.Direction, id peer.ID, conn network.ConnMultiaddrs) bool {
	why := g.against(dir, id, conn)
	if why != "" && dir == network.DirInbound {
		g.cfg.Refusals.Add(why, conn.RemoteMultiaddr())
	}
	return why == ""
}

// against returns why somebody is not let in; "": he is.
func (g *Gate) against(dir network.Direction, id peer.ID, conn network.ConnMultiaddrs) Reason {
	if _, ok := hosts.Key(id); !ok {
		return NoKey
	}
	if _, refused := g.Refused(id); refused {
		return Lost
	}
	if g.cfg.Member(id) {
		return ""
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.room(address.Neighbourhood(conn.RemoteMultiaddr())); ok && dir == network.DirInbound {
		return ""
	}
	return Crowded
}

// room reports whether one more stranger fits, and who has to go for him: whoever
// has been here longest, once he has had the time for a question. Else a few who
// stay would keep everybody from the desk. The caller holds the lock.
func (g *Gate) room(at netip.Prefix) (goes network.Conn, ok bool) {
	crowded := g.at[at] >= layout.MaxStrangersAt
	if !crowded && len(g.strangers) < layout.MaxStrangers {
		return nil, true
	}
	oldest := time.Now().Add(-layout.DeskTime)
	for conn, s := range g.strangers {
		if (!crowded || s.at == at) && !s.since.After(oldest) {
			goes, oldest = conn, s.since
		}
	}
	return goes, goes != nil
}

// InterceptUpgraded has said all it has to say before.
func (g *Gate) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// Enter counts a stranger's connection; false when there is no room. Who has to go
// for it is returned too, and counts no longer.
func (g *Gate) Enter(conn network.Conn) (goes network.Conn, ok bool) {
	at := address.Neighbourhood(conn.RemoteMultiaddr())
	g.mu.Lock()
	defer g.mu.Unlock()
	if goes, ok = g.room(at); !ok {
		g.cfg.Refusals.Add(Crowded, conn.RemoteMultiaddr())
		return nil, false
	}
	if goes != nil {
		g.cfg.Refusals.Add(Displaced, goes.RemoteMultiaddr())
		g.leave(goes)
	}
	g.strangers[conn] = stranger{at, time.Now()}
	g.at[at]++
	return goes, true
}

// Leave forgets a connection that is gone.
func (g *Gate) Leave(conn network.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s, ok := g.strangers[conn]; ok && time.Since(s.since) >= layout.StrangerTime {
		g.cfg.Refusals.Add(Overstays, conn.RemoteMultiaddr())
	}
	g.leave(conn)
}

// leave is Leave. The caller holds the lock.
func (g *Gate) leave(conn network.Conn) {
	s, ok := g.strangers[conn]
	if !ok {
		return
	}
	delete(g.strangers, conn)
	if g.at[s.at]--; g.at[s.at] <= 0 {
		delete(g.at, s.at)
	}
}

// Strange reports whether a connection was a stranger's when it began.
func (g *Gate) Strange(conn network.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, strange := g.strangers[conn]
	return strange
}

// Strangers returns how many connections of strangers there are.
func (g *Gate) Strangers() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.strangers)
}
