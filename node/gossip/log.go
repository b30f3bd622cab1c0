package gossip

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-msgio"
	"github.com/multiformats/go-varint"
)

// libraryLog returns the log that the library writes to. What it calls news (that
// it ends, that a queue is full) is of use to whoever looks for a fault; the
// operator hears of such things by the counts, and of nothing at a plain end. Each
// of its warnings is told once a minute at most, however often a peer provokes it.
func libraryLog(to *slog.Logger) *slog.Logger {
	if to == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(muted{to.Handler(), new(calm)})
}

// muted turns news into details, and lets of each warning one a minute pass.
type muted struct {
	slog.Handler
	told *calm
}

func level(l slog.Level) slog.Level {
	if l == slog.LevelInfo {
		return slog.LevelDebug
	}
	return l
}

func (m muted) Enabled(ctx context.Context, l slog.Level) bool {
	return m.Handler.Enabled(ctx, level(l))
}

func (m muted) Handle(ctx context.Context, r slog.Record) error {
	r.Level = level(r.Level)
	if r.Level >= slog.LevelWarn {
		times := m.told.times(r.Message, r.Time)
		if times == 0 {
			return nil
		}
		r.AddAttrs(slog.Int("times", times))
	}
	return m.Handler.Handle(ctx, r)
}

func (m muted) WithAttrs(a []slog.Attr) slog.Handler { return muted{m.Handler.WithAttrs(a), m.told} }
func (m muted) WithGroup(name string) slog.Handler   { return muted{m.Handler.WithGroup(name), m.told} }

// messageLog returns the log of the library's readers of streams. What it warns of is
// always the same: a peer has sent bytes that are no message, and its stream is reset.
// A peer can do that many times a second; the operator reads it once a minute, in our
// words. It is also the one place where the library tells whose bytes they were, so
// they are held against that peer here.
func (g *Gossip) messageLog() *slog.Logger {
	to := slog.DiscardHandler
	if g.cfg.Logger != nil {
		to = g.cfg.Logger.Handler()
	}
	return slog.New(garbled{muted{to, new(calm)}, g})
}

type garbled struct {
	muted
	g *Gossip
}

// Enabled hears everything: of a length that no message has, the library tells the
// same way as of a line that broke.
func (h garbled) Enabled(context.Context, slog.Level) bool { return true }

func (h garbled) Handle(ctx context.Context, r slog.Record) error {
	var from peer.ID
	var reason error
	r.Attrs(func(a slog.Attr) bool {
		switch v := a.Value.Any().(type) {
		case peer.ID:
			from = v
		case error:
			reason = v
		}
		return true
	})
	if r.Level < slog.LevelWarn && !noLength(reason) {
		if !h.muted.Enabled(ctx, r.Level) {
			return nil
		}
		return h.muted.Handle(ctx, r)
	}
	h.g.blame(from, Garbled)
	host := from.String()
	if k, ok := h.g.names.host(from); ok {
		host = k.Short()
	}
	times := h.told.times(host, r.Time)
	if times == 0 || !h.Handler.Enabled(ctx, slog.LevelWarn) {
		return nil
	}
	words := slog.NewRecord(r.Time, slog.LevelWarn, "a member sends what is no message; its stream is reset each time", r.PC)
	words.AddAttrs(slog.String("host", host), slog.Int("times", times), slog.Any("error", reason))
	return h.Handler.Handle(ctx, words)
}

// noLength reports whether a stream could not be read for the length that a peer
// wrote, and not because the line broke.
func noLength(err error) bool {
	return errors.Is(err, msgio.ErrMsgTooLarge) || errors.Is(err, varint.ErrOverflow) || errors.Is(err, varint.ErrNotMinimal)
}

// calm counts what happens again and again, and says once a minute how often. Its
// zero value is ready.
type calm struct {
	mu  sync.Mutex
	all map[string]*spell
}

type spell struct {
	told  time.Time
	times int // since
}

// saidEvery is how often the operator is told of the same.
const saidEvery = time.Minute

// times counts one more of what; it returns how many there were since it was last
// told, 0 when it is not to be told now.
func (c *calm) times(what string, now time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.all[what]
	if s == nil {
		if c.all == nil || len(c.all) >= mostNames {
			c.all = make(map[string]*spell)
		}
		s = new(spell)
		c.all[what] = s
	}
	s.times++
	if !s.told.IsZero() && now.Sub(s.told) < saidEvery {
		return 0
	}
	n := s.times
	*s = spell{told: now}
	return n
}
