package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

func (a *app) blockCommand() *cobra.Command {
	s := api.Say{Kind: "block"}
	cmd := &cobra.Command{
		Use:   "block NUMBER|RANGE --category CODE --reason TEXT",
		Short: "Block a number on the member's own nodes, or ask the regulators to",
		Long: `Block signs a block. With --scope own it acts on the member's own nodes as
local.block and nowhere else; with --scope ask it asks the regulators for
ratification and is evidence in the list like a flag.`,
		Example: `  ringfence block +8613800138000 --category crm.fraud.impersonation --reason "fake police desk"
  ringfence block +8613800138000 --category crm.fraud.impersonation --reason "fake police desk" --scope ask --preview`,
		Args: slip.Exactly("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch "" {
			case s.Category:
				return slip.Missing(cmd, "--category")
			case s.Reason:
				return slip.Missing(cmd, "--reason", phrase.New("usage.reason", "whoever is blocked may ask for it"))
			}
			s.Subject = args[0]
			return a.say(cmd, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.Category, "category", "", "category `code`, such as crm.fraud.impersonation")
	f.StringVar(&s.Reason, "reason", "", "`why`, in words")
	f.StringVar(&s.Scope, "scope", "own", "`own` nodes, or ask for ratification: own or ask")
	sayFlags(f, &s)
	return cmd
}
