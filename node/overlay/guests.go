package overlay

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/gate"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// HandleAll serves a protocol to everybody. Strangers share what layout.go gives
// them, and are written to as slowly as that demands; beyond it their streams are
// reset before serve sees them. Members are served as by Handle. Each stream is
// served in a goroutine of its own, and serve closes it.
func (o *Overlay) HandleAll(protocolName string, serve func(Stream)) {
	o.host.SetStreamHandler(protocol.ID(protocolName), func(s network.Stream) {
		k, ok := hosts.BareKey(s.Conn().RemotePeer())
		if !ok {
			_ = s.Reset() // it is gone either way
			return
		}
		one := &stream{Stream: s, o: o, peer: k}
		if _, member := o.member(s.Conn().RemotePeer()); member {
			serve(one)
			return
		}
		g := o.guests.Enter(address.Neighbourhood(s.Conn().RemoteMultiaddr()))
		if g == nil {
			_ = s.Reset() // it is gone either way
			return
		}
		defer g.Leave()
		serve(&guest{stream: one, share: g})
	})
}

// guest is a Stream with a stranger.
type guest struct {
	*stream
	share *gate.Guest

	mu       sync.Mutex
	deadline time.Time
}

// SetDeadline bounds all reads and writes until the next call.
func (g *guest) SetDeadline(t time.Time) error {
	g.mu.Lock()
	g.deadline = t
	g.mu.Unlock()
	return g.stream.SetDeadline(t)
}

// Write writes at the pace of a stranger's share.
func (g *guest) Write(b []byte) (n int, err error) {
	for first := true; first || n < len(b); first = false {
		piece := b[n:min(len(b), n+layout.GuestPiece)]
		d, undo := g.share.Charge(len(piece))
		if !g.wait(d) {
			undo()
			return n, os.ErrDeadlineExceeded
		}
		m, err := g.stream.Write(piece)
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// wait waits for a while; false when the deadline or the overlay's end comes first.
func (g *guest) wait(d time.Duration) bool {
	g.mu.Lock()
	deadline := g.deadline
	g.mu.Unlock()
	if !deadline.IsZero() && time.Now().Add(d).After(deadline) {
		return false
	}
	return pause(g.o.ctx, d)
}

// Visit opens a stream of a protocol that is served to everybody to a member's host,
// also when that does not know this node as a member yet: it is dialled if need be,
// and the connection stays as long as there are such streams and the other end bears
// a stranger, which is a minute.
func (o *Overlay) Visit(ctx context.Context, to keys.Public, protocolName string) (Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, layout.VisitTime)
	defer cancel()
	o.mu.Lock()
	w := o.way(to)
	if w == nil || o.closed {
		o.mu.Unlock()
		return nil, fmt.Errorf("overlay: visit %s: no other member's host, or the overlay is closed", to.Short())
	}
	w.visits++
	o.mu.Unlock()
	leave := sync.OnceFunc(func() { o.part(w) })
	s, err := o.visit(ctx, w, protocolName)
	if err != nil {
		leave()
		return nil, err
	}
	return &visit{stream: s, leave: leave}, nil
}

func (o *Overlay) visit(ctx context.Context, w *way, protocolName string) (*stream, error) {
	if o.host.Network().Connectedness(w.id) != network.Connected {
		info := peer.AddrInfo{ID: w.id, Addrs: o.book.Addresses(w.host)}
		if len(info.Addrs) == 0 {
			return nil, fmt.Errorf("overlay: visit %s: no address of it is known yet", w.host.Short())
		}
		if err := o.host.Connect(ctx, info); err != nil {
			return nil, fmt.Errorf("overlay: visit %s: %s", w.host.Short(), hosts.FirstCause(err))
		}
	}
	return o.stream(ctx, w.host, protocolName)
}

// part ends a visit. A connection that was only kept for visits is closed with the
// last of them, so that the member is dialled and met as soon as it lets itself be.
func (o *Overlay) part(w *way) {
	o.mu.Lock()
	w.visits--
	closes := w.visits == 0 && w.kept && !w.met
	if closes {
		w.kept = false
	}
	o.mu.Unlock()
	if closes {
		o.start(func() { _ = o.host.Network().ClosePeer(w.id) }) // it is gone either way
	}
}

// visit is a Stream of Visit.
type visit struct {
	*stream
	leave func()
}

// Close ends both directions and the visit.
func (v *visit) Close() error {
	defer v.leave()
	return v.stream.Close()
}
