package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/frame"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// Why asking at a desk fails. What wraps them says where.
var (
	ErrUnreachable   = errors.New("nobody answers there")
	ErrOtherIdentity = errors.New("another identity answers there")
	ErrNoDesk        = errors.New("who answers there has no desk")
	ErrBusy          = errors.New("the desk there is busy; ask again in a minute")
)

// AskConfig says who asks where.
type AskConfig struct {
	Key     keys.Private    // of purpose host; none: a fresh one
	Address string          // a multiaddr with /p2p/
	Genesis bool            // ask for the genesis too
	Version string          // of the release
	Options []libp2p.Option // instead of TCP and QUIC
}

// Ask asks at the desk of the host at an address.
func Ask(ctx context.Context, cfg AskConfig) (w Welcome, err error) {
	err = reach(ctx, cfg, func(ctx context.Context, h host.Host, id peer.ID) error {
		w, err = Converse(ctx, h, id, cfg.Genesis)
		return err
	})
	return w, err
}

// Line is a stream with the host that is asked.
type Line interface {
	io.ReadWriter
	SetDeadline(t time.Time) error
}

// Talk opens a stream of a protocol that is served to everybody to the host at an address,
// for as long as the talk takes.
func Talk(ctx context.Context, cfg AskConfig, protocolName string, talk func(Line) error) error {
	return reach(ctx, cfg, func(ctx context.Context, h host.Host, id peer.ID) error {
		s, err := h.NewStream(network.WithNoDial(ctx, "it is connected"), id, protocol.ID(protocolName))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoDesk, err)
		}
		if err := talk(s); err != nil {
			_ = s.Reset() // it is gone either way
			return err
		}
		_ = s.Close() // all is read
		return nil
	})
}

// reach connects to the host at an address from one that lives for as long as the talk
// takes.
func reach(ctx context.Context, cfg AskConfig, talk func(ctx context.Context, h host.Host, id peer.ID) error) error {
	info, err := address.Parse(cfg.Address)
	if err != nil {
		return err
	}
	key := cfg.Key
	if key.IsZero() {
		if key, err = keys.Generate(rand.Reader); err != nil {
			return err
		}
	}
	private, _, err := hosts.Identity(key)
	if err != nil {
		return err
	}
	options := cfg.Options
	if options == nil {
		options = append(hosts.Transports(), libp2p.NoListenAddrs)
	}
	h, err := libp2p.New(append(append([]libp2p.Option(nil), options...), hosts.Options(private, cfg.Version)...)...)
	if err != nil {
		return fmt.Errorf("overlay: make a host to ask from: %w", err)
	}
	within, cancel := context.WithTimeout(ctx, layout.DialTimeout)
	defer cancel()
	if err := h.Connect(within, *info); err != nil {
		return errors.Join(fmt.Errorf("%w: %s", unanswered(err), hosts.FirstCause(err)), h.Close())
	}
	return errors.Join(talk(within, h, info.ID), h.Close())
}

// Converse asks at the desk of a host that is connected.
func Converse(ctx context.Context, h host.Host, id peer.ID, genesis bool) (Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, layout.StreamTimeout)
	defer cancel()
	s, err := h.NewStream(network.WithNoDial(ctx, "it is connected"), id, layout.DeskProtocol)
	if err != nil {
		return Welcome{}, fmt.Errorf("%w: %w", ErrNoDesk, err)
	}
	w, err := question{genesis}.put(s)
	if err != nil {
		_ = s.Reset() // it is gone either way
		return w, err
	}
	_ = s.Close() // all is read
	return w, nil
}

// put asks on a stream.
func (q question) put(s network.Stream) (Welcome, error) {
	if err := s.SetDeadline(time.Now().Add(layout.DeskTime)); err != nil {
		return Welcome{}, err
	}
	if err := frame.Write(s, q.encode()); err != nil {
		return Welcome{}, fmt.Errorf("%w: %w", ErrNoDesk, err)
	}
	b, err := frame.Read(s, layout.MaxWelcome)
	if err != nil {
		return Welcome{}, fmt.Errorf("%w: %w", ErrNoDesk, err)
	}
	if len(b) == 0 {
		return Welcome{}, ErrBusy
	}
	return decodeWelcome(b)
}

// unanswered returns which of the errors above a failed dial is.
func unanswered(err error) error {
	if hosts.OtherIdentity(err) {
		return ErrOtherIdentity
	}
	return ErrUnreachable
}
