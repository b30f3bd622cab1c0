package group

import (
	"io"
	"log"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// quiet is Raft's logger. What Raft says is for developers, an error for every
// heartbeat that is lost among it; what an operator needs the group says itself.
type quiet struct{ to *slog.Logger }

func (q quiet) say(msg string, args []any) { q.to.Debug("raft: "+msg, args...) }

// The methods of hclog.Logger.

func (q quiet) Log(_ hclog.Level, msg string, args ...any) { q.say(msg, args) }
func (q quiet) Trace(string, ...any)                       {}
func (q quiet) Debug(msg string, args ...any)              { q.say(msg, args) }
func (q quiet) Info(msg string, args ...any)               { q.say(msg, args) }
func (q quiet) Warn(msg string, args ...any)               { q.say(msg, args) }
func (q quiet) Error(msg string, args ...any)              { q.say(msg, args) }
func (q quiet) IsTrace() bool                              { return false }
func (q quiet) IsDebug() bool                              { return true }
func (q quiet) IsInfo() bool                               { return true }
func (q quiet) IsWarn() bool                               { return true }
func (q quiet) IsError() bool                              { return true }
func (q quiet) ImpliedArgs() []any                         { return nil }
func (q quiet) With(args ...any) hclog.Logger              { return quiet{q.to.With(args...)} }
func (q quiet) Name() string                               { return "" }
func (q quiet) Named(string) hclog.Logger                  { return q }
func (q quiet) ResetNamed(string) hclog.Logger             { return q }
func (q quiet) SetLevel(hclog.Level)                       {}
func (q quiet) GetLevel() hclog.Level                      { return hclog.Debug }
func (q quiet) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return log.New(io.Discard, "", 0)
}
func (q quiet) StandardWriter(*hclog.StandardLoggerOptions) io.Writer { return io.Discard }
