package overlay

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// stream is a Stream with one member.
type stream struct {
	network.Stream
	o      *Overlay
	peer   keys.Public
	heard  atomic.Bool // something was read
	closed atomic.Bool
}

func (s *stream) Peer() keys.Public { return s.peer }

func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	if n > 0 {
		s.heard.Store(true)
	}
	return n, err
}

// Close ends both directions. While the other end has said nothing, libp2p would
// wait for it to agree to the protocol; whoever closes need not.
func (s *stream) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	if s.heard.Load() || s.Stat().Direction == network.DirInbound {
		return s.Stream.Close()
	}
	if !s.o.start(func() { _ = s.Stream.Close() }) { // nobody is left to tell
		return s.Reset()
	}
	return nil
}

// Handle serves a protocol to members. A stranger's stream is reset before serve
// sees it. Each stream is served in a goroutine of its own, and serve closes it.
func (o *Overlay) Handle(protocolName string, serve func(Stream)) {
	o.host.SetStreamHandler(protocol.ID(protocolName), func(s network.Stream) {
		k, ok := o.member(s.Conn().RemotePeer())
		if !ok {
			_ = s.Reset() // it is gone either way
			return
		}
		serve(&stream{Stream: s, o: o, peer: k})
	})
}

// Open opens a stream to a member that is connected. That the other end does not
// speak the protocol may show only at the first read.
func (o *Overlay) Open(ctx context.Context, to keys.Public, protocolName string) (Stream, error) {
	s, err := o.stream(ctx, to, protocolName)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (o *Overlay) stream(ctx context.Context, to keys.Public, protocolName string) (*stream, error) {
	if _, ok := o.cfg.Roster.Host(to); !ok {
		return nil, fmt.Errorf("overlay: open a stream to %s: no member's host", to.Short())
	}
	id, err := hosts.PeerID(to)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, layout.StreamTimeout)
	defer cancel()
	s, err := o.host.NewStream(network.WithNoDial(ctx, "the overlay dials by itself"), id, protocol.ID(protocolName))
	if err != nil {
		return nil, fmt.Errorf("overlay: open a stream to %s: %w", to.Short(), err)
	}
	return &stream{Stream: s, o: o, peer: to}, nil
}

// Host returns a libp2p host for GossipSub. It is the overlay's own, but for
// streams: those of strangers are reset, and to strangers none is opened.
// GossipSub joins before Run: it asks a peer only once, at the start of a
// connection, whether that speaks it.
func (o *Overlay) Host() host.Host { return gated{o.host, o} }

// gated is a host whose streams are for members.
type gated struct {
	host.Host
	o *Overlay
}

func (g gated) only(serve network.StreamHandler) network.StreamHandler {
	return func(s network.Stream) {
		if _, ok := g.o.member(s.Conn().RemotePeer()); !ok {
			_ = s.Reset() // it is gone either way
			return
		}
		serve(s)
	}
}

func (g gated) SetStreamHandler(id protocol.ID, serve network.StreamHandler) {
	g.Host.SetStreamHandler(id, g.only(serve))
}

func (g gated) SetStreamHandlerMatch(id protocol.ID, match func(protocol.ID) bool, serve network.StreamHandler) {
	g.Host.SetStreamHandlerMatch(id, match, g.only(serve))
}

func (g gated) NewStream(ctx context.Context, to peer.ID, ids ...protocol.ID) (network.Stream, error) {
	if _, ok := g.o.member(to); !ok {
		return nil, fmt.Errorf("overlay: open a stream to %s: no member's host", to)
	}
	return g.Host.NewStream(ctx, to, ids...)
}

// Close does nothing: the overlay closes its host itself.
func (g gated) Close() error { return nil }
