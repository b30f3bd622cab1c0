package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/config"
)

func (a *app) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the node until it is stopped",
		Long: `Run opens the data directory, brings the list up to date and serves: the API over
TCP for those who ask, a unix socket for the owner's commands. It tells on
standard output where it listens once it does, the addresses for its peers among
them, and logs to standard error; on a terminal a bar shows how it catches up.
Ctrl-C and SIGTERM stop it; a kill at any moment loses nothing acknowledged.

A node without a key that opens its keys still reads and screens: --no-keys.`,
		Example: `  ringfence run --dir acme --key-file acme.key
  ringfence run --dir acme --peers-listen 0.0.0.0:7400
  ringfence run --dir acme --no-keys --listen none`,
		Args: slip.Exactly(),
	}
	noKeys := cmd.Flags().Bool("no-keys", false, "unlock no keys: read and screen only")
	config.AddFlags(cmd.Flags(), "listen", "peers.listen", "peers.announce", "peers.bootstrap", "peers.lan",
		"local_rules", "free_floor", "log.level", "log.format")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *noKeys {
			return a.serve(cmd, asks)
		}
		return a.serve(cmd, speaks)
	}
	return cmd
}

// gcPercent is how much a node's memory may grow before garbage is collected. Most
// of it is what the node knows and keeps, so the runtime's usual doubling would
// pay for a catch-up with half as much memory again. GOGC overrules it.
const gcPercent = 30

// listening is where a running node is reached.
type listening struct {
	Address   string `json:"address,omitempty"` // none when it does not listen on TCP
	Socket    string `json:"socket"`
	Directory string `json:"directory"`
	// Peers are the addresses by which other nodes reach this one, if it listens
	// for them: what to give to who joins.
	Peers []string `json:"peers,omitempty"`
}

func (a *app) serve(cmd *cobra.Command, n need) (err error) {
	cfg, err := a.settings(cmd)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if runs(cfg.Socket) {
		return api.Errorf(api.Refused, "a node runs on %s already", cfg.Socket)
	}
	var opened *node.Node
	err = whileLocked(cmd.Context(), func() error {
		opened, err = a.open(cfg, n, a.logger(cfg.Log))
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	ended := make(chan error, 1)
	go func() { ended <- opened.Run(cmd.Context()) }()
	select {
	case err := <-ended:
		return err
	case <-opened.Ready():
	}
	if err := answer(a, cmd, where(opened, cfg), tellListening); err != nil {
		return errors.Join(err, <-ended)
	}
	if isTerminal(a.err) && !a.json {
		catchUp(cmd.Context(), opened.Standing, a.bars())
	}
	return <-ended
}

func where(n *node.Node, cfg config.Config) listening {
	l := listening{Address: address(n), Socket: cfg.Socket, Directory: cfg.Dir}
	if s := n.Standing(); s != nil {
		l.Peers = s.Addresses
	}
	return l
}

func tellListening(p *show.Page, l listening) {
	if l.Address == "" {
		p.Say("listening_socket", l.Socket)
	} else {
		p.Say("listening", l.Address, l.Socket)
	}
	for _, a := range l.Peers {
		p.Say("listening_peers", a)
	}
}

// catchUp draws how a node gets what its peers have, until it has it.
func catchUp(ctx context.Context, standing func() *api.Standing, draw func(string, api.Progress)) {
	tick := time.NewTicker(time.Second) // what takes less is not worth a bar
	defer tick.Stop()
	drawn := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s := standing()
		if s == nil {
			return
		}
		at := api.Progress{Phase: "catching up", Done: int64(s.BatchesDone), Total: int64(s.BatchesTotal)}
		switch {
		case s.Ready && drawn:
			at.Done = max(at.Total, 1) // wipes it
		case s.Ready:
			return
		case at.Total == 0:
			continue // nobody has told yet what there is
		default:
			at.Done = min(at.Done, at.Total-1) // more may become known
		}
		draw("", at)
		drawn = true
		if s.Ready {
			return
		}
	}
}

func address(n *node.Node) string {
	if n.Addr() == "" {
		return ""
	}
	return "http://" + n.Addr()
}

func (a *app) logger(l config.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: l.Level}
	if l.JSON {
		return slog.New(slog.NewJSONHandler(a.err, opts))
	}
	return slog.New(slog.NewTextHandler(a.err, opts))
}
