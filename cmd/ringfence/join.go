package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/config"
	"ringfence/node/phrase"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

func (a *app) joinCommand() *cobra.Command {
	var peer string
	cmd := &cobra.Command{
		Use:   "join FEDERATION|GENESIS --peer ADDRESS",
		Short: "Join a federation that names this node in its charter",
		Long: `Join fetches the genesis charter from a node of the federation, checks that it is
the one with the ID given and that it names this directory's host key, and puts it
and the node's address where ringfence run finds them: genesis.cbor, and
peers.bootstrap in the configuration, whose comments stay. In place of the ID the
genesis file may be given.

A node is named by its member's card, before the charter is sealed. Anyone else is
told so, and whom to ask; nothing is changed then. ADDRESS is what ringfence peers
shows on a node of the federation, such as /ip4/192.0.2.1/tcp/7400/p2p/12D3KooW….`,
		Example: `  ringfence join bafyreib… --dir acme --peer /ip4/192.0.2.1/tcp/7400/p2p/12D3KooW…
  ringfence join genesis.cbor --dir acme --peer /dns/node.example.net/tcp/7400/p2p/12D3KooW…`,
		Args: slip.Exactly("FEDERATION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if peer == "" {
				return slip.Missing(cmd, "--peer", phrase.New("usage.peer", "name one node of the federation to begin with"))
			}
			return a.join(cmd, args[0], peer)
		},
	}
	cmd.Flags().StringVar(&peer, "peer", "", "`address` of a node of the federation, ending in /p2p/ and its ID")
	return cmd
}

func (a *app) join(cmd *cobra.Command, what, peer string) error {
	cfg, err := a.settings(cmd)
	if err != nil {
		return err
	}
	j := found.Joining{Dir: cfg.Dir, Config: cfg.File, Peer: peer, Version: thisVersion().Version, Now: a.now}
	if j.Config == "" {
		j.Config = filepath.Join(cfg.Dir, config.FileName)
	}
	if err := config.CheckPeer(peer); err != nil { // before anybody types a passphrase
		return bad(err)
	}
	if err := j.Find(what); err != nil {
		return err
	}
	ring, err := keys.Open(filepath.Join(cfg.Dir, found.KeysDir), a.unlock(cfg.KeyFile, false))
	if err == nil {
		j.Host, err = ring.Private(keys.PurposeHost)
	}
	if err != nil {
		return bad(err)
	}
	joined, err := found.Join(cmd.Context(), j)
	if err != nil {
		return err
	}
	shown := show.Joined{
		Federation: j.Federation.String(), Name: joined.Charter.Name, Member: joined.Member, Genesis: joined.Genesis, Config: j.Config,
		Peer: peer, Ahead: int64(joined.Ahead / time.Second), ClockOff: joined.Ahead.Abs() > intake.Ahead, Directory: cfg.Dir,
	}
	return answer(a, cmd, shown, show.Join)
}
