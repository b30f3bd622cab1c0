package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show how the node stands",
		Long: `Status tells who the node is, what it holds (feeds, statements, list, plans), how
old the list is, how much room the disk has, and what is wrong.`,
		Example: `  ringfence status --dir acme --json`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := ask(a, cmd, tells, func(s api.Service) (api.Status, error) { return s.Status(cmd.Context()) })
			if err != nil {
				return err
			}
			return answer(a, cmd, &s, show.Status)
		},
	}
}
