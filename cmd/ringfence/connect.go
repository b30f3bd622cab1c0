package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/config"
	"ringfence/node/federation"
	"ringfence/node/phrase"
	"ringfence/store/disk"
	"ringfence/store/keys"
)

// need is what a verb wants of a node.
type need uint8

const (
	asks   need = iota // reads alone: no key is unlocked
	tells              // unlocks keys if that asks nobody, to tell who it is
	speaks             // signs in the member's name
)

// connect returns whom a verb asks: the node that runs on this directory, else
// the directory itself, opened for the time of the verb. The caller calls done.
func (a *app) connect(cmd *cobra.Command, n need) (s api.Service, done func() error, err error) {
	cfg, err := a.settings(cmd)
	if err != nil {
		return nil, nil, err
	}
	err = whileLocked(cmd.Context(), func() error {
		if runs(cfg.Socket) {
			client, err := client.New(client.Config{Socket: cfg.Socket})
			if err == nil {
				s, done = client, client.Close
			}
			return err
		}
		opened, err := a.open(cfg, n, slog.New(slog.DiscardHandler))
		if err == nil {
			s, done = opened, opened.Close
		}
		return err
	})
	return s, done, err
}

// How long a verb waits for a directory that another process holds: one that is
// about to answer, or another verb that is about to end.
const (
	lockPatience = 5 * time.Second
	lockPause    = 50 * time.Millisecond
)

// whileLocked tries again while another process holds the directory.
func whileLocked(ctx context.Context, try func() error) error {
	ctx, stop := context.WithTimeout(ctx, lockPatience)
	defer stop()
	for {
		err := try()
		if !errors.Is(err, disk.ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return api.Tell(api.Unavailable, phrase.Join(phrase.New("error.locked", "another process holds the data directory, and no node answers for it"), phrase.Plain(err.Error())))
		case <-time.After(lockPause):
		}
	}
}

// runs reports whether something answers on a node's socket. A socket that a
// killed node left behind refuses; one that may not be opened is tried, so that
// the person learns why.
func runs(socket string) bool {
	const patience = 2 * time.Second
	c, err := net.DialTimeout("unix", socket, patience)
	if err == nil {
		_ = c.Close()
		return true
	}
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ENOTDIR)
}

// open opens the data directory in this process.
func (a *app) open(cfg config.Config, n need, log *slog.Logger) (*node.Node, error) {
	if _, err := os.Stat(filepath.Join(cfg.Dir, node.GenesisFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, api.Tell(api.Unavailable, phrase.New("error.nobody", "%s holds no %s, and no node runs on %s: name the directory with --dir, join a federation with ringfence join, or see ringfence init and ringfence federation new",
			cfg.Dir, node.GenesisFile, cfg.Socket))
	}
	var unlock keys.Unlock
	if n == speaks || n == tells && (cfg.KeyFile != "" || os.Getenv(config.EnvPassphrase) != "") {
		unlock = a.unlock(cfg.KeyFile, false)
	}
	return node.Open(node.Config{
		Dir: cfg.Dir, Unlock: unlock, Home: cfg.Home, Listen: cfg.Listen, Socket: cfg.Socket, LocalRules: cfg.LocalRules,
		Screening: cfg.Screening, FreeFloor: cfg.FreeFloor,
		Network: network(cfg.Peers),
		Version: thisVersion().Version, Logger: log, Now: a.now, Random: a.random,
	})
}

// network says how a node meets the others.
func network(p config.Peers) federation.Network {
	n := federation.Network{Announce: p.Announce, Bootstrap: p.Bootstrap, LAN: p.LAN}
	if p.Listen != "" {
		n.Listen = []string{p.Listen}
	}
	return n
}

// ask runs a verb's question and shows the answer, letting go of the node in
// between: what is shown may be piped to something slow.
func ask[T any](a *app, cmd *cobra.Command, n need, question func(api.Service) (T, error)) (value T, err error) {
	s, done, err := a.connect(cmd, n)
	if err != nil {
		return value, err
	}
	value, err = question(s)
	return value, errors.Join(err, done())
}
