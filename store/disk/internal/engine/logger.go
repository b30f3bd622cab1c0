package engine

import (
	"fmt"
	"log/slog"
	"strings"
)

// logger hands Badger's messages on. What Badger calls information is detail
// to everybody else.
type logger struct{ to *slog.Logger }

func text(format string, args []any) string {
	return strings.TrimSpace(fmt.Sprintf(format, args...))
}

func (l logger) Errorf(format string, args ...any) {
	l.to.Error("badger", "message", text(format, args))
}

func (l logger) Warningf(format string, args ...any) {
	l.to.Warn("badger", "message", text(format, args))
}

func (l logger) Infof(format string, args ...any) {
	l.to.Debug("badger", "message", text(format, args))
}

// Debugf drops: these messages hold keys and values.
func (l logger) Debugf(string, ...any) {}
