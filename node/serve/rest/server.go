package rest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"ringfence/node/serve/rest/internal/limit"
)

// ServerConfig is what a Server needs. Only Handler is required; zero fields
// take the defaults.
type ServerConfig struct {
	Handler http.Handler
	Logger  *slog.Logger

	HeaderTimeout time.Duration // to send the headers; default 5 s
	ReadTimeout   time.Duration // to send a small request; default 15 s
	WriteTimeout  time.Duration // to do and take an answer that is no stream; default 5 min
	IdleTimeout   time.Duration // between requests; default 60 s
	Grace         time.Duration // for requests under way when the server ends; default 5 s

	Connections int // open at once; default 1,024
	PerAddress  int // of these from one address that is not loopback; default 64
}

// maxHeaderBytes bounds request line and headers together.
const maxHeaderBytes = 16 << 10

// Server serves a handler on any number of listeners.
type Server struct {
	http  http.Server
	cfg   ServerConfig
	door  *limit.Door
	begun sync.Once
}

// NewServer makes a server. It serves once.
func NewServer(cfg ServerConfig) (*Server, error) {
	if cfg.Handler == nil {
		return nil, errors.New("rest: no handler to serve")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	otherwise := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	otherwise(&cfg.HeaderTimeout, 5*time.Second)
	otherwise(&cfg.ReadTimeout, 15*time.Second)
	otherwise(&cfg.WriteTimeout, 5*time.Minute)
	otherwise(&cfg.IdleTimeout, time.Minute)
	otherwise(&cfg.Grace, 5*time.Second)
	cfg.Connections = positive(cfg.Connections, 1_024)
	cfg.PerAddress = positive(cfg.PerAddress, 64)
	return &Server{
		cfg: cfg,
		http: http.Server{
			Handler:           cfg.Handler,
			ReadHeaderTimeout: cfg.HeaderTimeout,
			ReadTimeout:       cfg.ReadTimeout,
			WriteTimeout:      cfg.WriteTimeout,
			IdleTimeout:       cfg.IdleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ConnContext:       ConnContext,
			ErrorLog:          slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug),
		},
		door: limit.NewDoor(cfg.Connections, cfg.PerAddress),
	}, nil
}

// Serve serves until ctx ends, then lets requests under way finish within
// Grace and cuts the rest off. It closes the listeners. The error is that of a
// listener which failed; the others are ended then.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	first := false
	s.begun.Do(func() { first = true })
	if !first {
		return errors.New("rest: a server serves once")
	}
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	s.http.BaseContext = func(net.Listener) context.Context { return base }
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() {
			err := s.http.Serve(s.door.Behind(l))
			if !errors.Is(err, http.ErrServerClosed) {
				err = fmt.Errorf("serve %s: %w", l.Addr(), err)
			} else {
				err = nil
			}
			ended <- err
		}()
	}
	var failed error
	waiting := len(listeners)
	select {
	case <-ctx.Done():
	case failed = <-ended:
		waiting--
	}
	grace, enough := context.WithTimeout(base, s.cfg.Grace)
	defer enough()
	if err := s.http.Shutdown(grace); err != nil {
		s.cfg.Logger.Warn("requests cut off", "after", s.cfg.Grace)
		cut()
		_ = s.http.Close() // nothing is left to be told: the connections are given up
	}
	for range waiting {
		failed = errors.Join(failed, <-ended)
	}
	return failed
}

// longestSocket is what the kernel takes as the path of a unix socket.
const longestSocket = 107

// ListenSocket opens the owner's door: a unix socket that only the user of
// this process can open. The file that a killed node left is taken away; one
// that somebody still answers at is not.
func ListenSocket(path string) (net.Listener, error) {
	if len(path) > longestSocket {
		return nil, fmt.Errorf("listen on %s: a socket's path has at most %d bytes; choose a shorter one", path, longestSocket)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&fs.ModeSocket == 0 {
			return nil, fmt.Errorf("listen on %s: something that is no socket lies there; move it away or choose another path", path)
		}
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close() // only asked whether somebody is there
			return nil, fmt.Errorf("listen on %s: a node is running there already", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the socket that an earlier node left: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("close %s to others: %w", path, err), l.Close())
	}
	return l, nil
}
