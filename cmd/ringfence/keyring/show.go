package keyring

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/store/keys"
)

// Keys is the verb keys, with all that stand below it.
func (h Host) Keys() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Look at the keys of this node, and change them"}
	cmd.AddCommand(h.show(), h.rotate(), h.recover(), h.reinstate(), h.seat(), h.exportLog(), h.importLog())
	return cmd
}

func (h Host) show() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the public halves of this node's keys",
		Long: `Show lists the public half of each key in the data directory, which others may
know. Nothing is unlocked and no private key is ever shown.`,
		Example: `  ringfence keys show --dir acme`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, _, err := h.Place(cmd)
			if err != nil {
				return err
			}
			halves, err := keys.List(filepath.Join(dir, found.KeysDir))
			if err != nil {
				return bad(err)
			}
			shown := struct {
				Directory string     `json:"directory"`
				Keys      []show.Key `json:"keys"`
			}{dir, []show.Key{}}
			for _, half := range halves {
				shown.Keys = append(shown.Keys, show.Key{Purpose: string(half.Purpose), Public: half.Text()})
			}
			return h.Answer(cmd, shown, func(p *show.Page) { show.Keys(p, shown.Keys) })
		},
	}
}
