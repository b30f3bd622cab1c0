package overlay

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/book"
	"ringfence/node/overlay/internal/frame"
	"ringfence/node/overlay/internal/gate"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// greeting returns what this node says: its own record and others.
func (o *Overlay) greeting(brief bool) book.Greeting {
	g := book.Greeting{Session: o.session, Brief: brief}
	if !brief {
		g.Records = o.book.Records(o.reach())
	}
	return g
}

// learn hears from the book where a host is.
func (o *Overlay) learn(host keys.Public, before, now []ma.Multiaddr) {
	id, err := hosts.PeerID(host)
	if err != nil {
		return // no host by that key can ever prove itself
	}
	gate.Trust(o.resources, id, before, now)
	o.mu.Lock()
	o.learned = true
	elsewhere := slices.ContainsFunc(now, func(a ma.Multiaddr) bool { return !ma.Contains(before, a) })
	if w := o.way(host); w != nil && elsewhere {
		w.next = time.Now() // it may be there
	}
	o.mu.Unlock()
	o.nudge()
}

// exchange begins an exchange with a member that is connected; with it the
// member is met.
func (o *Overlay) exchange(with keys.Public, brief bool, within time.Duration) error {
	ctx, cancel := context.WithTimeout(o.ctx, within)
	defer cancel()
	s, err := o.stream(ctx, with, o.protocols.Peers)
	if err != nil {
		return err
	}
	g, err := o.greetOn(s, brief, within)
	if err != nil {
		_ = s.Reset() // it is gone either way
		return err
	}
	_ = s.Close() // all is read
	o.meet(with, g.Session)
	return nil
}

func (o *Overlay) greetOn(s *stream, brief bool, within time.Duration) (book.Greeting, error) {
	if err := s.SetDeadline(time.Now().Add(within)); err != nil {
		return book.Greeting{}, err
	}
	if err := frame.Write(s, o.greeting(brief).Encode()); err != nil {
		return book.Greeting{}, err
	}
	return o.hear(s)
}

// hear reads the other end's greeting and learns from it.
func (o *Overlay) hear(s Stream) (book.Greeting, error) {
	b, err := frame.Read(s, layout.MaxExchange)
	if err != nil {
		return book.Greeting{}, err
	}
	g, err := book.DecodeGreeting(b)
	if err != nil {
		return book.Greeting{}, err
	}
	for _, r := range g.Records {
		if err := o.book.Take(r); err != nil {
			return book.Greeting{}, err
		}
	}
	return g, nil
}

// serveExchange answers one that another member begins. It reads before it
// writes: two ends that both write first can wait for each other.
func (o *Overlay) serveExchange(s Stream) {
	defer func() { _ = s.Close() }() // nothing is left to be read
	o.mu.Lock()
	w := o.way(s.Peer())
	allowed := w != nil && w.limit.Allow()
	o.mu.Unlock()
	if !allowed || s.SetDeadline(time.Now().Add(layout.ExchangeTime)) != nil {
		return
	}
	g, err := o.hear(s)
	if err == nil {
		err = frame.Write(s, o.greeting(g.Brief).Encode())
	}
	if err != nil {
		o.complain(w, err)
		return
	}
	o.meet(s.Peer(), g.Session)
}

// complain tells the log of an exchange that failed, of each member once a minute:
// it can begin one a second.
func (o *Overlay) complain(w *way, err error) {
	now := time.Now()
	o.mu.Lock()
	level := slog.LevelDebug
	if w.complained.IsZero() || now.Sub(w.complained) >= time.Minute {
		level, w.complained = slog.LevelInfo, now
	}
	o.mu.Unlock()
	o.cfg.Logger.Log(o.ctx, level, "an exchange of records failed", "host", w.host.Short(), "error", err)
}

// greet exchanges records with a member that was just dialled. When that fails
// the desk tells why, the connection is of no use, and the redial goes on.
func (o *Overlay) greet(host keys.Public, conn network.Conn) {
	err := o.exchange(host, false, layout.ExchangeTime)
	if err == nil || o.ctx.Err() != nil {
		return
	}
	trouble := o.diagnose(host)
	o.mu.Lock()
	w := o.way(host)
	met := w != nil && w.met
	kept := false
	if w != nil && !met {
		w.trouble = trouble
		kept = w.visits > 0
		w.kept = kept
	}
	o.mu.Unlock()
	o.cfg.Logger.Debug("a member is connected, but of no use", "host", host.Short(), "trouble", trouble, "error", err)
	if !met && !kept {
		_ = conn.Close() // it is gone either way
	}
}
