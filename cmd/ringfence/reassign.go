package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) reassignCommand() *cobra.Command {
	s := api.Say{Kind: "reassign"}
	cmd := &cobra.Command{
		Use:   "reassign NUMBER --date DATE",
		Short: "Say that a number changed hands, so that the old evidence ends",
		Long: `Reassign signs that a number has a new user since a date: evidence observed
before it is void for everyone. Only who holds, resells or serves the number
may say so.`,
		Example: `  ringfence reassign +8613800138000 --date 2026-06-01 --preview`,
		Args:    slip.Exactly("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.Date == "" {
				return slip.Missing(cmd, "--date")
			}
			s.Subject = args[0]
			return a.say(cmd, s)
		},
	}
	cmd.Flags().StringVar(&s.Date, "date", "", "`date` since which the new user has it")
	sayFlags(cmd.Flags(), &s)
	return cmd
}
