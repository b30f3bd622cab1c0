package overlay

import (
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"

	"ringfence/node/overlay/internal/layout"
)

// finder takes what mDNS finds. Anyone on the network can say anything there;
// who it is shows when he is dialled.
type finder struct{ o *Overlay }

// HandlePeerFound keeps the addresses of a member that says where it is.
func (f finder) HandlePeerFound(info peer.AddrInfo) {
	k, ok := f.o.member(info.ID)
	if !ok {
		return
	}
	first := f.o.book.Find(k, info.Addrs)
	f.o.mu.Lock()
	defer f.o.mu.Unlock()
	if w := f.o.way(k); w != nil {
		if first {
			w.next = time.Now()
		}
		f.o.nudge()
	}
}

// look looks for members on the local network, when it should, until stopped.
func (o *Overlay) look() (stop func(), err error) {
	if !o.cfg.LAN {
		return func() {}, nil
	}
	s := mdns.NewMdnsService(o.host, layout.ServiceOf(o.cfg.Federation), finder{o})
	if err := s.Start(); err != nil {
		return nil, fmt.Errorf("overlay: look for members on the local network (mDNS): %w", err)
	}
	return func() { _ = s.Close() }, nil // it returns no error
}
