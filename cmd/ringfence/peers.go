package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) peersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "peers",
		Short: "Show the other nodes of the federation, and how they stand",
		Long: `Peers lists every node that the charter names: since when it is connected and by
which address, whether it has the same list, how many batches it is ahead or
behind, how far its clock is off, what gossip thinks of it, the bytes that went
each way; of one that is not connected, why.

The address at the top is what others write into peers.bootstrap to reach this
node.`,
		Example: `  ringfence peers --dir acme
  ringfence peers --dir acme --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := ask(a, cmd, asks, func(s api.Service) (api.Peers, error) { return s.Peers(cmd.Context()) })
			if err != nil {
				return err
			}
			return answer(a, cmd, &all, show.Peers)
		},
	}
}
