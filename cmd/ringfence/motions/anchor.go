package motions

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (h Host) anchor() *cobra.Command {
	p := api.Proposal{Kind: "anchor"}
	watch := false
	cmd := &cobra.Command{
		Use:   "anchor",
		Short: "Fix up to where the feeds count, now and not within the hour",
		Long: `Anchor proposes an anchor, on a regulator's node: it names, for each issuer whose feed
moved since it was anchored last, the batch up to which this node holds it, and the root
of the list that comes of these feeds alone. What waits for an anchor, such as the
deadline of a contest, begins and ends by it. The regulators' nodes propose one by
themselves an hour after the last, if something moved.

Nobody votes for an anchor by hand. Each regulator's node computes the list for itself and
votes for the anchor if it came to the same root; one that lacks a feed votes once it has
it. ringfence status tells where a node came to another root, and whose anchor it is.

--preview shows how far each feed would be anchored, and computes nothing.`,
		Example: `  ringfence motion propose anchor --preview
  ringfence motion propose anchor --watch`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return h.put(cmd, p, watch) },
	}
	f := cmd.Flags()
	f.StringVar(&p.Reason, "reason", "", "`why`, in words, for everybody to read")
	f.BoolVar(&p.Preview, "preview", false, "only tell how far each feed would be anchored")
	f.BoolVar(&watch, "watch", false, "wait until it is enacted or has ended, and tell each vote")
	slip.Exclusive(cmd, "preview", "watch")
	return cmd
}
