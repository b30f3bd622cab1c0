package gossip

import (
	"context"
	"log/slog"
)

// libraryLog returns the log that the library writes to. What it calls news (that
// it ends, that a queue is full) is of use to whoever looks for a fault; the
// operator hears of such things by the counts, and of nothing at a plain end.
func libraryLog(to *slog.Logger) *slog.Logger {
	if to == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(muted{to.Handler()})
}

// muted turns news into details; warnings stay what they are.
type muted struct{ slog.Handler }

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
	return m.Handler.Handle(ctx, r)
}

func (m muted) WithAttrs(a []slog.Attr) slog.Handler { return muted{m.Handler.WithAttrs(a)} }
func (m muted) WithGroup(name string) slog.Handler   { return muted{m.Handler.WithGroup(name)} }
