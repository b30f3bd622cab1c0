package motions

import (
	"github.com/spf13/cobra"

	"ringfence/node/api"
)

// Put puts a proposal to the regulators and shows what came of it, at once or once it is
// enacted or has ended.
func (h Host) Put(cmd *cobra.Command, p api.Proposal, watch bool) error { return h.put(cmd, p, watch) }
