package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/store/keys"
)

func (a *app) keysCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Look at the keys of this node"}
	cmd.AddCommand(&cobra.Command{
		Use:   "show",
		Short: "Show the public halves of this node's keys",
		Long: `Show lists the public half of each key in the data directory, which others may
know. Nothing is unlocked and no private key is ever shown.`,
		Example: `  ringfence keys show --dir acme`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.settings(cmd)
			if err != nil {
				return err
			}
			halves, err := keys.List(filepath.Join(cfg.Dir, found.KeysDir))
			if err != nil {
				return bad(err)
			}
			shown := struct {
				Directory string     `json:"directory"`
				Keys      []show.Key `json:"keys"`
			}{cfg.Dir, shownKeys(halves)}
			if a.json {
				return a.writeJSON(shown)
			}
			return answer(a, cmd, shown.Keys, show.Keys)
		},
	})
	return cmd
}
