package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/disk"
)

// restored is where a backup went.
type restored struct {
	Directory string `json:"directory"`
	Barred    bool   `json:"signing_barred"`
}

func (a *app) restoreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore FILE|-",
		Short: "Restore a backup into a directory without a store",
		Long: `Restore reads a backup into the data directory, verifying every batch. The store
must be empty; keys and genesis.cbor are put there as for a new node.

Nobody here knows what the issuer published after the backup, and two batches
for one place would be a fork. So its key is barred from signing until the node
runs and two other members, having caught up themselves, confirm where its feed
ends; what it lacks comes from them. Where fewer can be reached, name the last
batch that it published, as another node shows it: restore lift HEAD. Until then
what it is told to say is queued, and publications shows it.`,
		Example: `  ringfence restore /backup/ringfence-2026-11-24 --dir new
  ringfence restore lift bafyreib… --dir new --key-file acme.key`,
		Args: slip.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restore(cmd, args[0]) },
	}
	cmd.AddCommand(a.liftCommand())
	return cmd
}

func (a *app) restore(cmd *cobra.Command, file string) (err error) {
	cfg, err := a.settings(cmd)
	if err != nil {
		return err
	}
	if runs(cfg.Socket) {
		return api.Tell(api.Refused, phrase.New("usage.node_runs", "a node runs on %s; stop it before restoring into its directory", cfg.Socket))
	}
	in, err := a.input(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	into := disk.Config{Dir: filepath.Join(cfg.Dir, node.StoreDir), FreeFloor: cfg.FreeFloor}
	if _, state, err := node.ReadGenesis(cfg.Dir); err == nil {
		into.Federation = state.Federation()
	}
	err = disk.Restore(in, into)
	if errors.Is(err, disk.ErrLocked) || errors.Is(err, disk.ErrUsed) || errors.Is(err, disk.ErrDiskFull) {
		return api.Errorf(api.Refused, "%v", err)
	}
	if err != nil {
		return api.Errorf(api.BadInput, "%v", err)
	}
	// Snapshots of the list as it stood before are not those of the backup.
	for _, saved := range []string{node.SnapshotFile, node.AnchoredFile} {
		if err := os.Remove(filepath.Join(cfg.Dir, saved)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return answer(a, cmd, restored{cfg.Dir, true}, func(p *show.Page, r restored) { p.Say("restored", r.Directory) })
}

func (a *app) liftCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lift HEAD",
		Short: "Let a barred issuer sign again",
		Long: `Lift ends the bar that a restore, or the loss of the store, put on signing. HEAD is
the CID of the last batch that the issuer published, as ringfence status shows it
on another node. It must be held here: fetch what is missing first. HEAD is none
for a key that has never signed anything, on any machine. A node that runs and
reaches two other members needs no lift: they confirm its feed. Of a stolen key only
a lift ends the bar, and nothing does once its feed is proved to be forked.`,
		Example: `  ringfence restore lift bafyreib… --key-file acme.key
  ringfence restore lift none --key-file acme.key`,
		Args: slip.Exactly("HEAD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			type lifted struct {
				Head string `json:"head"`
			}
			l, err := ask(a, cmd, speaks, func(s api.Service) (lifted, error) {
				return lifted{args[0]}, s.Lift(cmd.Context(), args[0])
			})
			if err != nil {
				return err
			}
			return answer(a, cmd, l, func(p *show.Page, l lifted) {
				p.Say("lifted")
				if l.Head == api.NoHead {
					p.Say("lifted_none")
				}
			})
		},
	}
}
