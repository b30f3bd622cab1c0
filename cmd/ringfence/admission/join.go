// Package admission is how a node comes into a federation: join, which asks for it.
//
// Floor 15, a room of cmd/ringfence.
package admission

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

// Host is what the verb stands on.
type Host struct {
	Settings func(cmd *cobra.Command) (config.Config, error)
	Unlock   func(keyFile string) keys.Unlock
	// Answer shows what came of a verb: as one JSON object, or as people read it.
	Answer func(cmd *cobra.Command, value any, human func(*show.Page)) error
	// Note tells people something on the way, not on standard output.
	Note    func(cmd *cobra.Command, human func(*show.Page)) error
	Version string
	Now     func() time.Time
}

// Join returns the verb.
func (h Host) Join() *cobra.Command {
	var peer string
	watch := false
	cmd := &cobra.Command{
		Use:   "join FEDERATION|GENESIS --peer ADDRESS",
		Short: "Join a federation, or ask to be admitted to it",
		Long: `Join fetches the genesis charter from a node of the federation, checks that it is
the one with the ID given, and puts it and the node's address where ringfence run finds
them: genesis.cbor, and peers.bootstrap in the configuration, whose comments stay. In
place of the ID the genesis file may be given.

A node whose member the charter names is in. Anyone else asks to be admitted: what the
card says, signed with the keys that it names, goes to the regulators over the node at
ADDRESS, and lies in request.pem. A quorum of the regulators has to admit it; --watch
waits for that and tells each signature, of which only those count here that a regulator
made whom the genesis names, or the running node's own ledger, whatever the node at
ADDRESS says; where that ledger shows that the node is admitted, as many were made as it
takes; else that is told as the word of the node at ADDRESS. Meanwhile the node may run: it reads the list
and follows the ledger, and is met by the others as soon as it is admitted. Asking again
is asking once.

ADDRESS is what ringfence peers shows on a node of the federation, such as
/ip4/192.0.2.1/tcp/7400/p2p/12D3KooW….`,
		Example: `  ringfence join bafyreib… --dir acme --peer /ip4/192.0.2.1/tcp/7400/p2p/12D3KooW… --watch
  ringfence join genesis.cbor --dir acme --peer /dns/node.example.net/tcp/7400/p2p/12D3KooW…`,
		Args: slip.Exactly("FEDERATION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if peer == "" {
				return slip.Missing(cmd, "--peer", phrase.New("usage.peer", "name one node of the federation to begin with"))
			}
			return h.join(cmd, args[0], peer, watch)
		},
	}
	cmd.Flags().StringVar(&peer, "peer", "", "`address` of a node of the federation, ending in /p2p/ and its ID")
	cmd.Flags().BoolVar(&watch, "watch", false, "wait until the regulators have admitted this node, and tell each signature")
	return cmd
}

func (h Host) join(cmd *cobra.Command, what, peer string, watch bool) error {
	cfg, err := h.Settings(cmd)
	if err != nil {
		return err
	}
	j := found.Joining{Dir: cfg.Dir, Config: cfg.File, Peer: peer, Version: h.Version, Now: h.Now}
	if j.Config == "" {
		j.Config = filepath.Join(cfg.Dir, config.FileName)
	}
	if err := config.CheckPeer(peer); err != nil { // before anybody types a passphrase
		return bad(err)
	}
	if err := j.Find(what); err != nil {
		return err
	}
	ring, err := keys.Open(filepath.Join(cfg.Dir, found.KeysDir), h.Unlock(cfg.KeyFile))
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
		Federation: j.Federation.String(), Name: joined.State.Charter().Name, Member: joined.Member, Genesis: joined.Genesis, Config: j.Config,
		Peer: peer, Ahead: int64(joined.Ahead / time.Second), ClockOff: joined.Ahead.Abs() > intake.Ahead, Directory: cfg.Dir,
	}
	if joined.Stranger {
		a := &asker{key: j.Host, peer: peer, version: h.Version, federation: j.Federation, socket: cfg.Socket, founding: joined.State}
		if shown.Request, err = h.ask(cmd, a, ring, cfg.Dir, watch); err != nil {
			return err
		}
		shown.Unseen = shown.Request == nil && !a.seen
		shown.Seen = a.seen
	}
	shown.Running = runs(cmd.Context(), cfg.Socket)
	return h.Answer(cmd, shown, func(p *show.Page) { show.Join(p, shown) })
}
