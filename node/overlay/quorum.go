package overlay

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/store/keys"
)

// HandleQuorum serves the regulators' Raft. Members' streams get to serve, in a
// goroutine of its own each; which of them are regulators the quorum knows, and
// closes the others' before it reads from them. Close resets: whoever waits at the
// other end knows at once.
func (o *Overlay) HandleQuorum(serve func(Stream)) {
	o.host.SetStreamHandler(protocol.ID(o.protocols.Quorum), func(s network.Stream) {
		k, ok := o.member(s.Conn().RemotePeer())
		if !ok || s.Conn().Stat().Limited {
			_ = s.Reset() // it is gone either way
			return
		}
		serve(abrupt{&stream{Stream: s, o: o, peer: k}})
	})
}

// OpenQuorum opens a stream to a regulator's HandleQuorum. The overlay must be
// connected to him.
func (o *Overlay) OpenQuorum(ctx context.Context, to keys.Public) (Stream, error) {
	s, err := o.stream(ctx, to, o.protocols.Quorum)
	if err != nil {
		return nil, err
	}
	if s.Conn().Stat().Limited {
		_ = s.Reset() // it is gone either way
		return nil, fmt.Errorf("overlay: open a stream to %s: it is reached over a relay alone", to.Short())
	}
	return abrupt{s}, nil
}

// abrupt is a stream that is reset when it is closed.
type abrupt struct{ *stream }

func (a abrupt) Close() error {
	if a.closed.Swap(true) {
		return nil
	}
	return a.Reset()
}
