package overlay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/quic-go/quic-go"

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
func Ask(ctx context.Context, cfg AskConfig) (Welcome, error) {
	info, err := parseAddress(cfg.Address)
	if err != nil {
		return Welcome{}, err
	}
	key := cfg.Key
	if key.IsZero() {
		if key, err = keys.Generate(rand.Reader); err != nil {
			return Welcome{}, err
		}
	}
	private, _, err := identity(key)
	if err != nil {
		return Welcome{}, err
	}
	options := cfg.Options
	if options == nil {
		options = append(plainTransports(), libp2p.NoListenAddrs)
	}
	h, err := libp2p.New(append(append([]libp2p.Option(nil), options...), hostOptions(private, cfg.Version)...)...)
	if err != nil {
		return Welcome{}, fmt.Errorf("overlay: make a host to ask from: %w", err)
	}
	w, err := ask(ctx, h, *info, cfg.Genesis)
	return w, errors.Join(err, h.Close())
}

func ask(ctx context.Context, h host.Host, info peer.AddrInfo, genesis bool) (Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, DialTimeout)
	defer cancel()
	if err := h.Connect(ctx, info); err != nil {
		return Welcome{}, fmt.Errorf("overlay: ask at %s: %w: %s", places(info.Addrs), dialError(err), firstCause(err))
	}
	w, err := converse(ctx, h, info.ID, genesis)
	if err != nil {
		return w, fmt.Errorf("overlay: ask at %s: %w", places(info.Addrs), err)
	}
	return w, nil
}

// converse asks at the desk of a host that is connected.
func converse(ctx context.Context, h host.Host, id peer.ID, genesis bool) (Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, StreamTimeout)
	defer cancel()
	s, err := h.NewStream(network.WithNoDial(ctx, "it is connected"), id, DeskProtocol)
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
	if err := s.SetDeadline(time.Now().Add(deskTime)); err != nil {
		return Welcome{}, err
	}
	if err := WriteFrame(s, q.encode()); err != nil {
		return Welcome{}, fmt.Errorf("%w: %w", ErrNoDesk, err)
	}
	b, err := ReadFrame(s, maxWelcome)
	if err != nil {
		return Welcome{}, fmt.Errorf("%w: %w", ErrNoDesk, err)
	}
	if len(b) == 0 {
		return Welcome{}, ErrBusy
	}
	return decodeWelcome(b)
}

// dialError returns which of the errors above a failed dial is.
func dialError(err error) error {
	var other sec.ErrPeerIDMismatch
	if errors.As(err, &other) {
		return ErrOtherIdentity
	}
	return ErrUnreachable
}

// silent reports whether a dial failed because nobody answers, and not because
// somebody who does would not have it.
func silent(err error) bool {
	var op *net.OpError
	var timed net.Error
	var idle *quic.IdleTimeoutError
	var shake *quic.HandshakeTimeoutError
	return (errors.As(err, &timed) && timed.Timeout()) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &idle) || errors.As(err, &shake) ||
		(errors.As(err, &op) && op.Op == "dial") || errors.Is(err, swarm.ErrNoAddresses) || errors.Is(err, swarm.ErrNoGoodAddresses)
}

// firstCause cuts libp2p's many lines down to one.
func firstCause(err error) string {
	var dial *swarm.DialError
	if errors.As(err, &dial) && len(dial.DialErrors) > 0 {
		return clip(dial.DialErrors[0].Cause.Error(), maxName)
	}
	return clip(err.Error(), maxName)
}

// dialTrouble says in words why a try failed.
func dialTrouble(info peer.AddrInfo, err error) string {
	var dial *swarm.DialError
	if !errors.As(err, &dial) {
		return fmt.Sprintf("nobody answers at %s", places(info.Addrs))
	}
	for _, e := range dial.DialErrors {
		var other sec.ErrPeerIDMismatch
		if errors.As(e.Cause, &other) {
			return fmt.Sprintf("another identity answers at %s: %s", place(e.Address), other.Actual)
		}
	}
	for _, e := range dial.DialErrors {
		if !silent(e.Cause) {
			return fmt.Sprintf("whoever answers at %s ends the connection: %s", place(e.Address), clip(e.Cause.Error(), maxName))
		}
	}
	return fmt.Sprintf("nobody answers at %s", places(info.Addrs))
}

// diagnose asks at the desk of a member that is connected, but does not exchange
// records, what stands between us.
func (o *Overlay) diagnose(with keys.Public) string {
	id, err := PeerID(with)
	if err != nil {
		return err.Error()
	}
	w, err := converse(o.ctx, o.host, id, false)
	switch {
	case errors.Is(err, ErrBusy):
		return "it does not exchange records, and its desk is busy"
	case err != nil:
		return "it answers, but speaks nothing of ours, not even at the desk"
	case w.Federation != o.cfg.Federation:
		return fmt.Sprintf("it speaks federation %s (%s), not ours", w.Federation, w.Name)
	case Version < w.Lowest || Version > w.Highest:
		return fmt.Sprintf("it speaks protocol versions %d to %d (release %q), this release speaks %d: upgrade the older one", w.Lowest, w.Highest, w.Version, Version)
	case !w.Member:
		return "it does not know this host as a member: its charter or the host key here is not the one it should be"
	}
	return "it knows this host, but does not exchange records"
}

func refusal(d dropped) string {
	return fmt.Sprintf("dropped until %s: %s", d.until.UTC().Format(time.RFC3339), d.why)
}
