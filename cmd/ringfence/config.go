package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/config"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Look at the settings of this node"}
	cmd.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Check the settings and show where each comes from",
		Long: `Check reads the settings as the node would, looks at the files that they name,
and tells everything that is wrong at once: an unknown key with its line and the
nearest key that exists, a value that makes no sense, a file that others can
read. When nothing is wrong it shows every setting and where it comes from, and
warns of what a node there still lacks: a genesis charter, an address of a peer.`,
		Example: `  ringfence config check --dir acme
  ringfence config check --config /etc/ringfence/ringfence.yaml`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, problems := config.Check(a.options(cmd))
			checked := show.Checked{OK: len(problems) == 0, File: cfg.File, Problems: problems, Settings: cfg.Settings()}
			if checked.OK {
				checked.Problems, checked.Warnings = []config.Problem{}, config.Lacks(cfg)
			}
			if err := answer(a, cmd, checked, show.Config); err != nil || checked.OK {
				return err
			}
			return errNo
		},
	})
	return cmd
}
